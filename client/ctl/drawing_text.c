#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "display.h"
#include "drawing.h"
#include "moment.h"
#include "style.h"

enum { DRAWING_NAME = 80, DRAWING_NEEDS = 3, DRAWING_ERROR_LINES = 4 };

/* A node's name on the screen: its label, if it has one, and its id. */
static void drawing_name(const struct hd_node *node, struct buffer *buffer)
{
    display_escape(buffer, node->id, strlen(node->id));
    if (node->label && strcmp(node->label, node->id) != 0) {
        buffer_append_text(buffer, " (");
        display_escape(buffer, node->label, strlen(node->label));
        buffer_append_char(buffer, ')');
    }
}

static size_t drawing_name_width(const struct drawing *drawing, struct output *output)
{
    size_t widest = 0;

    for (size_t i = 0; i < drawing->graph->n_nodes; i++) {
        struct buffer name = BUFFER_INIT;
        size_t width;

        drawing_name(&drawing->graph->nodes[i], &name);
        width = name.data ? display_width(name.data, name.size) : 0;
        if (width > widest && width <= DRAWING_NAME)
            widest = width;
        output_needs(output, &name);
        buffer_clear(&name);
    }
    return widest;
}

static void drawing_needs_text(const struct drawing *drawing, const struct drawing_node *node,
                               struct output *output)
{
    size_t shown = node->n_needs > DRAWING_NEEDS ? DRAWING_NEEDS - 1 : node->n_needs;

    for (size_t i = 0; i < shown; i++) {
        const struct hd_node *need = &drawing->graph->nodes[drawing->needs[node->first_need + i]];

        output_text(output, i ? ", " : "  ← ");
        output_escaped(output, need->id);
    }
    if (shown < node->n_needs)
        output_format(output, " and %zu more", node->n_needs - shown);
}

static void drawing_error(const char *error, struct output *output, bool colour)
{
    for (size_t lines = 0; *error; lines++) {
        size_t size = strcspn(error, "\n");

        if (lines == DRAWING_ERROR_LINES) {
            output_text(output, "             | …\n");
            return;
        }
        output_format(output, "             %s| ", style_begin(STYLE_BAD, colour));
        output_escaped_bytes(output, error, size);
        output_format(output, "%s\n", style_end(STYLE_BAD, colour));
        error += size + (error[size] == '\n');
    }
}

static void drawing_print_node(const struct drawing *drawing, size_t index, size_t width,
                               struct output *output, bool colour)
{
    const struct drawing_node *node = &drawing->nodes[index];
    enum style style = style_of_status(node->status);
    struct buffer name = BUFFER_INIT;
    char duration[MOMENT_SIZE] = "";
    size_t used;

    drawing_name(&drawing->graph->nodes[index], &name);
    used = name.data ? display_width(name.data, name.size) : 0;
    if (node->duration >= 0)
        moment_write_duration(node->duration, duration);
    output_format(output, "  %s", style_begin(style, colour));
    output_escaped(output, node->status);
    output_format(output, "%s%*s ", style_end(style, colour),
                  strlen(node->status) < 10 ? (int)(10 - strlen(node->status)) : 0, "");
    output_bytes(output, name.data ? name.data : "", name.size);
    output_needs(output, &name);
    if (node->duration >= 0 || node->n_needs)
        output_format(output, "%*s  %8s", used < width ? (int)(width - used) : 0, "", duration);
    drawing_needs_text(drawing, node, output);
    output_text(output, "\n");
    if (node->error && strcmp(node->status, "failed") == 0)
        drawing_error(node->error, output, colour);
    buffer_clear(&name);
}

void drawing_print_text(const struct drawing *drawing, struct output *output, bool colour)
{
    const struct hd_graph *graph = drawing->graph;
    size_t width = drawing_name_width(drawing, output);

    for (size_t i = 0; i < graph->n_nodes;) {
        int64_t level = graph->nodes[drawing->order[i]].level;
        size_t end = i;

        while (end < graph->n_nodes && graph->nodes[drawing->order[end]].level == level)
            end++;
        output_format(output, "%slevel %" PRId64 "%s, %zu %s\n", style_begin(STYLE_HEADING, colour),
                      level, style_end(STYLE_HEADING, colour), end - i,
                      end - i == 1 ? "unit" : "units");
        for (; i < end && !output->error; i++)
            drawing_print_node(drawing, drawing->order[i], width, output, colour);
        if (output->error)
            return;
    }
}
