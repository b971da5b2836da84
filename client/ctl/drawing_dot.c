/* Graphviz and Mermaid. Both formats have their own quoting; names may hold anything. */
#include <inttypes.h>
#include <string.h>

#include "display.h"
#include "drawing.h"

static const struct {
    const char *status;
    const char *fill;
} drawing_fills[] = {
    {"completed", "#d3f2d3"}, {"failed", "#f8c8c8"},  {"running", "#cfe8fb"},
    {"blocked", "#fbe3c0"},   {"skipped", "#eeeeee"}, {"queued", "#f6f6f6"},
};

static const char *drawing_fill(const char *status)
{
    for (size_t i = 0; i < sizeof(drawing_fills) / sizeof(drawing_fills[0]); i++)
        if (strcmp(drawing_fills[i].status, status) == 0)
            return drawing_fills[i].fill;
    return "#ffffff";
}

static const char *drawing_label(const struct hd_node *node)
{
    return node->label ? node->label : node->id;
}

/* A quoted string of Graphviz, made visible first; backslashes would start an escape there. */
static void drawing_dot_string(const char *text, struct output *output)
{
    struct buffer visible = BUFFER_INIT;

    display_escape(&visible, text, strlen(text));
    output_text(output, "\"");
    for (size_t i = 0; i < visible.size; i++) {
        if (visible.data[i] == '"' || visible.data[i] == '\\')
            output_text(output, "\\");
        output_bytes(output, &visible.data[i], 1);
    }
    output_text(output, "\"");
    output_needs(output, &visible);
    buffer_clear(&visible);
}

void drawing_print_dot(const struct drawing *drawing, const char *title, struct output *output)
{
    const struct hd_graph *graph = drawing->graph;

    output_text(output, "digraph ");
    drawing_dot_string(title, output);
    output_text(output, " {\n  rankdir=LR;\n  node [shape=box, style=filled];\n");
    for (size_t i = 0; i < graph->n_nodes && !output->error; i++) {
        const char *status = drawing->nodes[i].status;

        output_format(output, "  n%zu [label=", i);
        drawing_dot_string(drawing_label(&graph->nodes[i]), output);
        output_text(output, ", tooltip=");
        drawing_dot_string(status, output);
        output_format(output, ", fillcolor=\"%s\"];\n", drawing_fill(status));
    }
    for (size_t i = 0; i < graph->n_nodes && !output->error; i++)
        for (size_t k = 0; k < drawing->nodes[i].n_needs; k++)
            output_format(output, "  n%zu -> n%zu;\n",
                          drawing->needs[drawing->nodes[i].first_need + k], i);
    output_text(output, "}\n");
}

/* Mermaid reads #…; entities in quotes; what could end the string or start markup becomes one. */
static void drawing_mermaid_string(const char *text, struct output *output)
{
    struct buffer visible = BUFFER_INIT;

    display_escape(&visible, text, strlen(text));
    output_text(output, "\"");
    for (size_t i = 0; i < visible.size; i++) {
        char c = visible.data[i];

        if (strchr("\"#&<>`\\", c))
            output_format(output, "#%d;", c);
        else
            output_bytes(output, &c, 1);
    }
    output_text(output, "\"");
    output_needs(output, &visible);
    buffer_clear(&visible);
}

void drawing_print_mermaid(const struct drawing *drawing, struct output *output)
{
    const struct hd_graph *graph = drawing->graph;

    output_text(output, "flowchart LR\n");
    for (size_t i = 0; i < graph->n_nodes && !output->error; i++) {
        output_format(output, "  n%zu[", i);
        drawing_mermaid_string(drawing_label(&graph->nodes[i]), output);
        output_text(output, "]\n");
    }
    for (size_t i = 0; i < graph->n_nodes && !output->error; i++)
        for (size_t k = 0; k < drawing->nodes[i].n_needs; k++)
            output_format(output, "  n%zu --> n%zu\n",
                          drawing->needs[drawing->nodes[i].first_need + k], i);
    for (size_t f = 0; f < sizeof(drawing_fills) / sizeof(drawing_fills[0]); f++) {
        bool used = false;

        for (size_t i = 0; i < graph->n_nodes && !output->error; i++) {
            if (strcmp(drawing->nodes[i].status, drawing_fills[f].status) != 0)
                continue;
            output_format(output, "%sn%zu", used ? "," : "  class ", i);
            used = true;
        }
        if (used)
            output_format(output, " %s\n  classDef %s fill:%s\n", drawing_fills[f].status,
                          drawing_fills[f].status, drawing_fills[f].fill);
    }
}
