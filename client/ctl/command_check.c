#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "tables.h"

enum { CHECK_PAGE = 200, CHECK_GAPS_SHOWN = 10 };

struct check_settings {
    bool quick;
    bool gaps;
};

static const struct option_rule check_options[] = {
    {"quick", 'q', OPTION_FLAG, NULL, "leave out whether indexes fit their tables, and graphs",
     offsetof(struct check_settings, quick), NULL, NULL},
    {"gaps", 0, OPTION_FLAG, NULL, "look for numbers that are missing in runs, too",
     offsetof(struct check_settings, gaps), NULL, NULL},
};

struct gaps {
    struct ctl *ctl;
    struct hd_client *client;
    bool progress;
    int64_t runs; /* looked at */
    int64_t runs_with_gaps;
    int64_t missing;
};

/* A run without gaps has as many events as its highest number says. */
static int gaps_of_run(struct gaps *gaps, const struct hd_run *run)
{
    const struct hd_list_events_params params = {
        .run_id = run->id, .has_limit = true, .limit = 1, .has_count = true, .count = true};
    const struct hd_list_events_result *result;
    int64_t missing;
    int r = hd_list_events(gaps->client, &params, &result);

    if (r == HD_RUN_NOT_FOUND) /* deleted meanwhile */
        return 0;
    if (r != 0)
        return r;
    missing = result->last_seq - result->total;
    hd_result_free(result);
    gaps->runs++;
    if (missing <= 0)
        return 0;
    gaps->missing += missing;
    if (gaps->runs_with_gaps++ < CHECK_GAPS_SHOWN && !gaps->ctl->options.json) {
        output_text(&gaps->ctl->out, "run ");
        output_escaped(&gaps->ctl->out, run->id);
        output_format(&gaps->ctl->out, ": %" PRId64 " numbers up to %" PRId64 " are missing\n",
                      missing, run->last_seq);
    }
    return 0;
}

static int gaps_look(struct gaps *gaps)
{
    struct hd_list_runs_params params = {.has_limit = true, .limit = CHECK_PAGE};
    const struct hd_list_runs_result *page = NULL;
    int r;

    do {
        const struct hd_list_runs_result *before = page;

        params.cursor = before ? before->cursor : NULL;
        r = hd_list_runs(gaps->client, &params, &page);
        hd_result_free(before);
        if (r != 0)
            return r;
        for (size_t i = 0; r == 0 && i < page->n_runs; i++)
            r = gaps_of_run(gaps, &page->runs[i]);
        if (gaps->progress)
            fprintf(stderr, "\r%" PRId64 " runs", gaps->runs);
    } while (r == 0 && page->cursor);
    hd_result_free(page);
    if (gaps->progress)
        fprintf(stderr, "\r\033[K");
    return r;
}

static int check_gaps(struct ctl *ctl, struct hd_client *client)
{
    struct gaps gaps = {
        .ctl = ctl, .client = client, .progress = !ctl->options.json && isatty(STDERR_FILENO)};
    int r = gaps_look(&gaps);

    if (r != 0)
        return ctl_fail(ctl, r);
    output_format(&ctl->out,
                  ctl->options.json ? "{\"runs\":%" PRId64 ",\"runs_with_gaps\":%" PRId64
                                      ",\"missing\":%" PRId64 "}\n"
                                    : "%" PRId64 " runs, %" PRId64 " of them with gaps: %" PRId64
                                      " numbers are missing, which is no damage\n",
                  gaps.runs, gaps.runs_with_gaps, gaps.missing);
    return CTL_SUCCESS;
}

static int check_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct check_settings *wanted = settings;
    const struct hd_check_integrity_params params = {.has_quick = true, .quick = wanted->quick};
    struct hd_client *client = ctl_client(ctl);
    const struct hd_check_integrity_result *result;
    int exit_code = CTL_SUCCESS;
    bool sound;
    int r;

    (void)argc;
    (void)argv;
    if (!client)
        return CTL_FAILURE;
    if (!ctl->options.timeout.given)
        hd_client_set_timeout(client, 0);
    r = hd_check_integrity(client, &params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    sound = result->ok;
    if (ctl->options.json)
        exit_code = ctl_print_result(ctl, &hd_check_integrity_result_table, result);
    else if (sound)
        output_text(&ctl->out, "the database is sound\n");
    for (size_t i = 0; !ctl->options.json && i < result->n_problems; i++) {
        output_escaped(&ctl->out, result->problems[i]);
        output_text(&ctl->out, "\n");
    }
    hd_result_free(result);
    if (exit_code == CTL_SUCCESS && wanted->gaps)
        exit_code = check_gaps(ctl, client);
    return sound ? exit_code : CTL_FAILURE;
}

const struct command command_check = {
    .name = "check",
    .arguments = "",
    .summary = "Check the database for damage",
    .details =
        "Pages, rows, indexes, that what refers to a row finds it, and graphs. The exit code is 1 "
        "where something\nis wrong. Gaps in a run's numbers are no damage: senders may leave some. "
        "For administrators.\n",
    COMMAND_OPTIONS(check_options),
    .settings_size = sizeof(struct check_settings),
    .run = check_run,
};
