#include <string.h>

#include "command.h"
#include "drawing.h"
#include "pages.h"
#include "tables.h"

struct graph_settings {
    const char *format;
};

static const struct option_rule graph_options[] = {
    {"format", 'f', OPTION_TEXT, "FORMAT", "how to draw it (default text)",
     offsetof(struct graph_settings, format), .choices = "text dot mermaid json"},
};

static int graph_events(void *userdata, const struct hd_list_events_result *page)
{
    struct drawing *drawing = userdata;

    for (size_t i = 0; i < page->n_events; i++)
        if (drawing_add_event(drawing, &page->events[i]) < 0)
            return ctl_fail_memory() + 1;
    return 0;
}

static int graph_draw(struct ctl *ctl, const char *run_id, const char *format,
                      const struct hd_graph *graph)
{
    struct hd_list_events_params units = {.run_id = run_id, .type = "unit"};
    struct pages pages = {.most = -1};
    struct drawing drawing;
    int exit_code = CTL_FAILURE;

    if (drawing_open(&drawing, graph) < 0)
        ctl_fail_memory();
    else
        exit_code = pages_events(ctl, units, &pages, graph_events, &drawing);
    if (exit_code != CTL_SUCCESS)
        goto finish;
    if (strcmp(format, "dot") == 0)
        drawing_print_dot(&drawing, run_id, &ctl->out);
    else if (strcmp(format, "mermaid") == 0)
        drawing_print_mermaid(&drawing, &ctl->out);
    else
        drawing_print_text(&drawing, &ctl->out, ctl->colour);
finish:
    drawing_close(&drawing);
    return exit_code;
}

static int graph_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct graph_settings *wanted = settings;
    const char *format = wanted->format ? wanted->format : ctl->options.json ? "json" : "text";
    struct hd_client *client = ctl_client(ctl);
    struct hd_get_graph_params params = {.run_id = argv[0]};
    const struct hd_get_graph_result *result;
    int exit_code;
    int r;

    (void)argc;
    if (!client)
        return CTL_FAILURE;
    r = hd_get_graph(client, &params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (strcmp(format, "json") == 0)
        exit_code = ctl_print_result(ctl, &hd_get_graph_result_table, result);
    else
        exit_code = graph_draw(ctl, argv[0], format, &result->graph);
    hd_result_free(result);
    return exit_code;
}

const struct command command_graph = {
    .name = "graph",
    .arguments = "ID",
    .summary = "Draw a run's graph with what became of its units",
    .details = "text lists the units by level, each with its status, its time and what it needs; a "
               "failure with\nits reason. dot is for Graphviz, mermaid for Markdown, json is "
               "GetGraph's answer.\n",
    COMMAND_OPTIONS(graph_options),
    .settings_size = sizeof(struct graph_settings),
    .least = 1,
    .most = 1,
    .completion = "run",
    .run = graph_run,
};
