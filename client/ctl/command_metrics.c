#include <string.h>

#include "command.h"
#include "tables.h"

/* On a terminal line by line: what could steer it is shown. */
static void metrics_print(struct output *out, const char *text)
{
    if (!out->terminal) {
        output_text(out, text);
        return;
    }
    for (size_t size = strcspn(text, "\n"); *text; size = strcspn(text, "\n")) {
        output_escaped_bytes(out, text, size);
        output_text(out, "\n");
        text += size + (text[size] == '\n');
    }
}

static int metrics_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    struct hd_client *client = ctl_client(ctl);
    const struct hd_get_metrics_result *metrics;
    int exit_code = CTL_SUCCESS;
    int r;

    (void)settings;
    (void)argc;
    (void)argv;
    if (!client)
        return CTL_FAILURE;
    r = hd_get_metrics(client, &metrics);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (ctl->options.json)
        exit_code = ctl_print_result(ctl, &hd_get_metrics_result_table, metrics);
    else
        metrics_print(&ctl->out, metrics->text);
    hd_result_free(metrics);
    return exit_code;
}

const struct command command_metrics = {
    .name = "metrics",
    .arguments = "",
    .summary = "Print what the daemon counts, for a collector",
    .details = "The text format of OpenMetrics 1.0.\n",
    .run = metrics_run,
};
