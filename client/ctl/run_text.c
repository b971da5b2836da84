#include "run_text.h"

#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "moment.h"
#include "rfc3339.h"
#include "style.h"

void run_text_open(struct columns *columns)
{
    static const struct column list[] = {
        {"RUN", false}, {"STATUS", false}, {"STARTED", false}, {"DURATION", true},
        {"DONE", true}, {"FAILED", true},  {"TOTAL", true},    {"REPOSITORY", false}};

    columns_open(columns, list, sizeof(list) / sizeof(list[0]));
}

/* How long a run took, or takes already. */
static void run_text_duration(const struct hd_run *run, char text[MOMENT_SIZE])
{
    int64_t started, ended;

    text[0] = '\0';
    if (!rfc3339_read(run->started_at, &started))
        return;
    if (!run->completed_at || !rfc3339_read(run->completed_at, &ended))
        ended = rfc3339_now();
    moment_write_duration(ended - started, text);
}

void run_text_add(struct columns *columns, const struct ctl *ctl, const struct hd_run *run)
{
    char started[MOMENT_SIZE];
    char duration[MOMENT_SIZE];

    moment_write_text(run->started_at, ctl->options.utc, 0, false, started);
    run_text_duration(run, duration);
    columns_add(columns, STYLE_PLAIN, run->id);
    columns_add(columns, style_of_status(run->status), run->status);
    columns_add(columns, STYLE_PLAIN, started);
    columns_add(columns, STYLE_PLAIN, duration);
    columns_format(columns, STYLE_PLAIN, "%" PRId64, run->completed_units);
    columns_format(columns, run->failed_units ? STYLE_BAD : STYLE_PLAIN, "%" PRId64,
                   run->failed_units);
    columns_format(columns, STYLE_PLAIN, "%" PRId64, run->total_units);
    columns_add(columns, STYLE_PLAIN, run->repo_path);
}

void run_text_lines(struct output *output, const char *text, const char *indent, size_t most)
{
    while (*text && most-- > 0) {
        size_t size = strcspn(text, "\n");

        output_text(output, indent);
        output_escaped_bytes(output, text, size);
        output_text(output, "\n");
        text += size + (text[size] == '\n');
    }
    if (*text)
        output_format(output, "%s…\n", indent);
}

static void run_text_name(struct ctl *ctl, const char *name)
{
    output_format(&ctl->out, "%s%-11s%s", style_begin(STYLE_HEADING, ctl->colour), name,
                  style_end(STYLE_HEADING, ctl->colour));
}

static void run_text_field(struct ctl *ctl, const char *name, enum style style, const char *text)
{
    run_text_name(ctl, name);
    output_format(&ctl->out, " %s", style_begin(style, ctl->colour));
    output_escaped(&ctl->out, text);
    output_format(&ctl->out, "%s\n", style_end(style, ctl->colour));
}

static void run_text_counts(struct ctl *ctl, const struct hd_run *run)
{
    run_text_name(ctl, "Units");
    output_format(&ctl->out,
                  " %" PRId64 " in all, %" PRId64 " done, %" PRId64 " failed, %" PRId64
                  " blocked; %" PRId64 " at once\n",
                  run->total_units, run->completed_units, run->failed_units, run->blocked_units,
                  run->parallelism);
    run_text_name(ctl, "Events");
    output_format(&ctl->out, " up to number %" PRId64 "\n", run->last_seq);
}

void run_text_print(struct ctl *ctl, const struct hd_run *run)
{
    char text[MOMENT_SIZE];

    run_text_field(ctl, "Run", STYLE_PLAIN, run->id);
    run_text_field(ctl, "Repository", STYLE_PLAIN, run->repo_path);
    run_text_field(ctl, "Status", style_of_status(run->status), run->status);
    moment_write_text(run->started_at, ctl->options.utc, 3, true, text);
    run_text_field(ctl, "Started", STYLE_PLAIN, text);
    if (run->completed_at) {
        moment_write_text(run->completed_at, ctl->options.utc, 3, true, text);
        run_text_field(ctl, "Ended", STYLE_PLAIN, text);
    }
    run_text_duration(run, text);
    run_text_field(ctl, "Duration", STYLE_PLAIN, text);
    run_text_counts(ctl, run);
    if (run->tasks_dir)
        run_text_field(ctl, "Tasks", STYLE_PLAIN, run->tasks_dir);
    if (run->has_pinned && run->pinned)
        run_text_field(ctl, "Pinned", STYLE_PLAIN, "yes");
    if (run->dry_run)
        run_text_field(ctl, "Dry run", STYLE_PLAIN, "yes");
    if (run->error && !strchr(run->error, '\n')) {
        run_text_field(ctl, "Error", STYLE_BAD, run->error);
    } else if (run->error) {
        run_text_name(ctl, "Error");
        output_text(&ctl->out, "\n");
        run_text_lines(&ctl->out, run->error, "  ", SIZE_MAX);
    }
}

int run_text_print_changed(struct ctl *ctl, const struct table *table, const void *result,
                           const struct hd_run *run)
{
    if (ctl->options.json)
        return ctl_print_result(ctl, table, result);
    output_escaped(&ctl->out, run->id);
    output_format(&ctl->out, " %s", style_begin(style_of_status(run->status), ctl->colour));
    output_escaped(&ctl->out, run->status);
    output_format(&ctl->out, "%s\n", style_end(style_of_status(run->status), ctl->colour));
    return CTL_SUCCESS;
}
