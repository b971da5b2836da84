#include <inttypes.h>

#include "command.h"
#include "event_text.h"
#include "pages.h"
#include "run_text.h"
#include "tables.h"

enum { SHOW_FAILURES = 10, SHOW_ERROR_LINES = 6 };

static int show_failures(void *userdata, const struct hd_list_events_result *page)
{
    struct ctl *ctl = userdata;

    for (size_t i = 0; i < page->n_events; i++) {
        const struct hd_event *event = &page->events[i];

        output_format(&ctl->out, "%sFailed%s      ", style_begin(STYLE_BAD, ctl->colour),
                      style_end(STYLE_BAD, ctl->colour));
        output_escaped(&ctl->out, event->unit ? event->unit : "");
        output_format(&ctl->out, " (event %" PRId64 ")\n", event->seq);
        if (event->error)
            run_text_lines(&ctl->out, event->error, "  ", SHOW_ERROR_LINES);
    }
    return 0;
}

static int show_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    struct hd_client *client = ctl_client(ctl);
    struct hd_get_run_params params = {.run_id = argv[0]};
    struct hd_list_events_params failures = {.run_id = argv[0], .type = "unit.failed"};
    struct pages pages = {.most = SHOW_FAILURES};
    const struct hd_get_run_result *result;
    int exit_code = CTL_SUCCESS;
    int r;

    (void)settings;
    (void)argc;
    if (!client)
        return CTL_FAILURE;
    r = hd_get_run(client, &params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (ctl->options.json) {
        exit_code = ctl_print_result(ctl, &hd_get_run_result_table, result);
    } else {
        run_text_print(ctl, &result->run);
        exit_code = pages_events(ctl, failures, &pages, show_failures, ctl);
        if (pages.has_more)
            output_format(&ctl->out, "… and more: historyctl events %s --type unit.failed\n",
                          argv[0]);
    }
    hd_result_free(result);
    return exit_code;
}

const struct command command_show = {
    .name = "show",
    .arguments = "ID",
    .summary = "Show one run, and what failed in it",
    .least = 1,
    .most = 1,
    .completion = "run",
    .run = show_run,
};
