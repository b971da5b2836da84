#include <inttypes.h>

#include "command.h"
#include "event_text.h"
#include "moment.h"
#include "pages.h"
#include "tables.h"
#include "text_columns.h"

enum { EVENTS_DETAIL = 80 };

struct events_settings {
    const char *type;
    const char *unit;
    struct option_number task;
    struct option_number after_seq;
    struct option_number limit;
    bool all;
};

static const struct option_rule events_options[] = {
    {"type", 't', OPTION_TEXT, "TYPE", "only this type, or types that begin with it and a dot",
     offsetof(struct events_settings, type), NULL, NULL},
    {"unit", 'u', OPTION_TEXT, "UNIT", "only events of this unit",
     offsetof(struct events_settings, unit), NULL, NULL},
    {"task", 0, OPTION_NUMBER, "N", "only events of this task",
     offsetof(struct events_settings, task), NULL, NULL},
    {"after-seq", 0, OPTION_COUNT, "N", "only events numbered above N",
     offsetof(struct events_settings, after_seq), NULL, NULL},
    {"limit", 'n', OPTION_AMOUNT, "N", "at most N events (default 100)",
     offsetof(struct events_settings, limit), NULL, NULL},
    {"all", 'a', OPTION_FLAG, NULL, "all events, however many",
     offsetof(struct events_settings, all), NULL, NULL},
};

struct events_sink {
    struct ctl *ctl;
    size_t n_rows;
    bool begun;
};

static void events_add_row(struct columns *columns, const struct ctl *ctl,
                           const struct hd_event *event)
{
    struct buffer detail = BUFFER_INIT;
    char time[MOMENT_SIZE];

    moment_write_text(event->time, ctl->options.utc, 3, false, time);
    columns_format(columns, STYLE_PLAIN, "%" PRId64, event->seq);
    columns_add(columns, STYLE_PLAIN, time);
    columns_add(columns, event_text_style(event->type), event->type);
    columns_add(columns, STYLE_PLAIN, event->unit);
    event_text_detail(event, EVENTS_DETAIL, &detail);
    buffer_append_char(&detail, '\0');
    if (detail.failed)
        columns->failed = true;
    else
        columns_add(columns, event->error ? STYLE_BAD : STYLE_PLAIN, detail.data);
    buffer_clear(&detail);
}

/* Each page is aligned for itself: however long the list, it is not held in memory. */
static int events_page_text(void *userdata, const struct hd_list_events_result *page)
{
    static const struct column list[] = {
        {"SEQ", true}, {"TIME", false}, {"TYPE", false}, {"UNIT", false}, {"DETAIL", false}};
    struct events_sink *sink = userdata;
    struct columns columns;
    int r;

    columns_open(&columns, list, sizeof(list) / sizeof(list[0]));
    for (size_t i = 0; i < page->n_events; i++)
        events_add_row(&columns, sink->ctl, &page->events[i]);
    r = columns_print(&columns, !sink->begun, &sink->ctl->out, sink->ctl->colour);
    sink->begun = true;
    columns_close(&columns);
    if (r < 0)
        return ctl_fail_memory() + 1;
    return ctl_output_ended(sink->ctl);
}

static int events_page_json(void *userdata, const struct hd_list_events_result *page)
{
    struct events_sink *sink = userdata;
    struct buffer json = BUFFER_INIT;
    bool failed;

    if (!sink->begun)
        buffer_append_text(&json, "{\"events\":[");
    sink->begun = true;
    for (size_t i = 0; i < page->n_events; i++) {
        if (sink->n_rows++)
            buffer_append_char(&json, ',');
        codec_write(&hd_event_table, &page->events[i], &json);
    }
    failed = json.failed;
    if (!failed && json.size)
        output_json(&sink->ctl->out, json.data, json.size);
    buffer_clear(&json);
    if (failed)
        return ctl_fail_memory() + 1;
    return ctl_output_ended(sink->ctl);
}

static int events_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct events_settings *wanted = settings;
    struct hd_list_events_params params = {.run_id = argv[0],
                                           .has_after_seq = wanted->after_seq.given,
                                           .after_seq = wanted->after_seq.value,
                                           .type = wanted->type,
                                           .unit = wanted->unit,
                                           .has_task = wanted->task.given,
                                           .task = wanted->task.value};
    struct pages pages = {.most = wanted->limit.given ? wanted->limit.value : 100};
    struct events_sink sink = {.ctl = ctl};
    int exit_code;

    (void)argc;
    if (wanted->all)
        pages.most = -1;
    exit_code = pages_events(ctl, params, &pages,
                             ctl->options.json ? events_page_json : events_page_text, &sink);
    if (exit_code == CTL_SUCCESS && ctl->options.json)
        output_format(&ctl->out, "],\"has_more\":%s,\"last_seq\":%" PRId64 "}\n",
                      pages.has_more ? "true" : "false", pages.last_seq);
    else if (exit_code == CTL_SUCCESS && pages.has_more && ctl->out.terminal)
        output_text(&ctl->out, "… and later ones: --all or --limit N shows them\n");
    return exit_code;
}

const struct command command_events = {
    .name = "events",
    .arguments = "ID",
    .summary = "List a run's events by number",
    .details = "'historyctl watch ID' follows them as they come.\n",
    COMMAND_OPTIONS(events_options),
    .settings_size = sizeof(struct events_settings),
    .least = 1,
    .most = 1,
    .completion = "run",
    .run = events_run,
};
