#include "command.h"
#include "moment.h"
#include "pages.h"
#include "rfc3339.h"
#include "run_text.h"
#include "tables.h"

struct runs_settings {
    const char *repo;
    const char *status;
    const char *since;
    const char *until;
    struct option_number limit;
    bool all;
};

static const struct option_rule runs_options[] = {
    {"repo", 'r', OPTION_TEXT, "PATH", "only runs of this repository",
     offsetof(struct runs_settings, repo), .completion = "directory"},
    {"status", 0, OPTION_TEXT, "STATUS", "only runs with this status",
     offsetof(struct runs_settings, status), .choices = "running completed failed stopped"},
    {"since", 0, OPTION_TEXT, "TIME", "only runs started after this",
     offsetof(struct runs_settings, since), NULL, NULL},
    {"until", 0, OPTION_TEXT, "TIME", "only runs started before this",
     offsetof(struct runs_settings, until), NULL, NULL},
    {"limit", 'n', OPTION_AMOUNT, "N", "at most N runs (default 50)",
     offsetof(struct runs_settings, limit), NULL, NULL},
    {"all", 'a', OPTION_FLAG, NULL, "all runs, however many", offsetof(struct runs_settings, all),
     NULL, NULL},
};

/* Where the rows of all pages go. */
struct runs_sink {
    struct ctl *ctl;
    struct columns columns;
    size_t n_rows;
    bool begun;
};

static int runs_page_text(void *userdata, const struct hd_list_runs_result *page)
{
    struct runs_sink *sink = userdata;

    for (size_t i = 0; i < page->n_runs; i++)
        run_text_add(&sink->columns, sink->ctl, &page->runs[i]);
    sink->n_rows += page->n_runs;
    return sink->columns.failed ? ctl_fail_memory() + 1 : 0;
}

static int runs_page_json(void *userdata, const struct hd_list_runs_result *page)
{
    struct runs_sink *sink = userdata;
    struct buffer json = BUFFER_INIT;
    bool failed;

    if (!sink->begun)
        buffer_append_text(&json, "{\"runs\":[");
    sink->begun = true;
    for (size_t i = 0; i < page->n_runs; i++) {
        if (sink->n_rows++)
            buffer_append_char(&json, ',');
        codec_write(&hd_run_table, &page->runs[i], &json);
    }
    failed = json.failed;
    if (!failed && json.size)
        output_json(&sink->ctl->out, json.data, json.size);
    buffer_clear(&json);
    if (failed)
        return ctl_fail_memory() + 1;
    return ctl_output_ended(sink->ctl);
}

static int runs_print_json(struct ctl *ctl, const struct hd_list_runs_params *params,
                           struct pages *pages, struct runs_sink *sink)
{
    int exit_code = pages_runs(ctl, *params, pages, runs_page_json, sink);

    if (exit_code != CTL_SUCCESS)
        return exit_code;
    output_format(&ctl->out, "],\"has_more\":%s", pages->has_more ? "true" : "false");
    if (pages->cursor) {
        struct buffer cursor = BUFFER_INIT;

        json_write_string(&cursor, pages->cursor);
        output_text(&ctl->out, ",\"cursor\":");
        output_json(&ctl->out, cursor.data, cursor.size);
        output_needs(&ctl->out, &cursor);
        buffer_clear(&cursor);
    }
    output_text(&ctl->out, "}\n");
    return CTL_SUCCESS;
}

static int runs_print(struct ctl *ctl, const struct hd_list_runs_params *params,
                      struct pages *pages, struct runs_sink *sink)
{
    int exit_code;

    run_text_open(&sink->columns);
    exit_code = pages_runs(ctl, *params, pages, runs_page_text, sink);
    if (exit_code == CTL_SUCCESS && columns_print(&sink->columns, true, &ctl->out, ctl->colour) < 0)
        exit_code = ctl_fail_memory();
    if (exit_code == CTL_SUCCESS && pages->has_more && ctl->out.terminal)
        output_text(&ctl->out, "… and older ones: --all or --limit N shows them\n");
    columns_close(&sink->columns);
    return exit_code;
}

/* Turns what a person typed into a wire time; false after a message. */
static bool runs_time(const struct ctl *ctl, const char *option, const char *text,
                      char wire[RFC3339_SIZE], const char **ret_wire)
{
    int64_t microseconds;

    if (!text)
        return true;
    if (!moment_read(text, ctl->options.utc, rfc3339_now(), &microseconds) || microseconds < 0) {
        ctl_usage(ctl,
                  "--%s: '%.60s' is no time: try 2026-01-20, '2026-01-20 15:30', an RFC 3339 time, "
                  "today, yesterday, or 90s, 30m, 2h, 7d, 1w ago",
                  option, text);
        return false;
    }
    rfc3339_write(microseconds, wire);
    *ret_wire = wire;
    return true;
}

static int runs_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct runs_settings *wanted = settings;
    struct hd_list_runs_params params = {.status = wanted->status};
    struct pages pages = {.most = wanted->limit.given ? wanted->limit.value : 50};
    struct runs_sink sink = {.ctl = ctl};
    char since[RFC3339_SIZE];
    char until[RFC3339_SIZE];
    char resolved[PATH_MAX];
    int exit_code;

    (void)argc;
    (void)argv;
    if (!runs_time(ctl, "since", wanted->since, since, &params.started_after) ||
        !runs_time(ctl, "until", wanted->until, until, &params.started_before))
        return CTL_USAGE;
    if (wanted->repo)
        params.repo_path = ctl_repo_path(wanted->repo, resolved);
    if (wanted->all)
        pages.most = -1;
    exit_code = ctl->options.json ? runs_print_json(ctl, &params, &pages, &sink)
                                  : runs_print(ctl, &params, &pages, &sink);
    pages_close(&pages);
    return exit_code;
}

const struct command command_runs = {
    .name = "runs",
    .arguments = "",
    .summary = "List runs, newest first",
    .details = "A TIME is RFC 3339, 2026-01-20, '2026-01-20 15:30', today, yesterday, or how long "
               "ago: 90s,\n30m, 2h, 7d, 1w.\n",
    COMMAND_OPTIONS(runs_options),
    .settings_size = sizeof(struct runs_settings),
    .run = runs_run,
};
