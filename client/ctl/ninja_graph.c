#include "ninja_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void ninja_graph_clear(struct ninja_graph *graph)
{
    names_clear(&graph->ids);
    names_clear(&graph->labels);
    free(graph->vertices);
    free(graph->arcs);
    *graph = (struct ninja_graph){.ids = NAMES_INIT, .labels = NAMES_INIT};
}

/* Makes room for one more element; false when out of memory. */
static bool ninja_room(void **array, size_t n, size_t *capacity, size_t size)
{
    size_t wanted = *capacity ? *capacity * 2 : 256;
    void *grown;

    if (n < *capacity)
        return true;
    grown = reallocarray(*array, wanted, size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

/* The vertex of an address, made when it is met first. -ENOMEM is the only error. */
static ssize_t ninja_vertex_of(struct ninja_graph *graph, const char *id, size_t size)
{
    size_t *found;
    int r = names_add(&graph->ids, id, size, graph->n_vertices, &found);

    if (r <= 0)
        return r < 0 ? r : (ssize_t)*found;
    if (!ninja_room((void **)&graph->vertices, graph->n_vertices, &graph->vertices_capacity,
                    sizeof(*graph->vertices)))
        return -ENOMEM;
    graph->vertices[graph->n_vertices] = (struct ninja_vertex){.label = NULL};
    return (ssize_t)graph->n_vertices++;
}

static bool ninja_ends_with(const char *text, size_t size, const char *end, size_t *ret_before)
{
    size_t length = strlen(end);

    if (size < length || memcmp(text + size - length, end, length) != 0)
        return false;
    *ret_before = size - length;
    return true;
}

/* "ADDRESS" [label="path"]  or  "ADDRESS" [label="rule", shape=ellipse]. Labels are not escaped:
 * only the end of the line says where one ends. */
static int ninja_read_vertex(struct ninja_graph *graph, const char *id, size_t id_size,
                             const char *rest, size_t size)
{
    static const char opening[] = " [label=\"";
    size_t skip = sizeof(opening) - 1;
    struct ninja_vertex *vertex;
    ssize_t found;
    size_t end;
    bool ellipse;

    if (size < skip || memcmp(rest, opening, skip) != 0)
        return 0;
    ellipse = ninja_ends_with(rest, size, "\", shape=ellipse]", &end);
    if ((!ellipse && !ninja_ends_with(rest, size, "\"]", &end)) || end < skip)
        return 0;
    found = ninja_vertex_of(graph, id, id_size);
    if (found < 0)
        return (int)found;
    vertex = &graph->vertices[found];
    vertex->label = rest + skip;
    vertex->label_size = end - skip;
    vertex->ellipse = ellipse;
    if (ellipse)
        return 0;
    return names_add(&graph->labels, vertex->label, vertex->label_size, (size_t)found, NULL) < 0
               ? -ENOMEM
               : 0;
}

/* "FROM" -> "TO", with [arrowhead=none style=dotted] for an order-only input, or with
 * [label=" RULE"] for an edge drawn as an arrow. */
static int ninja_read_arc(struct ninja_graph *graph, const char *id, size_t id_size,
                          const char *rest, size_t size)
{
    static const char rule[] = " [label=\" ";
    size_t skip = sizeof(rule) - 1;
    const char *quote = size ? memchr(rest, '"', size) : NULL;
    ssize_t from, to;
    size_t end;

    if (!quote)
        return 0;
    from = ninja_vertex_of(graph, id, id_size);
    to = from < 0 ? from : ninja_vertex_of(graph, rest, (size_t)(quote - rest));
    if (to < 0)
        return (int)to;
    if (!ninja_room((void **)&graph->arcs, graph->n_arcs, &graph->arcs_capacity,
                    sizeof(*graph->arcs)))
        return -ENOMEM;
    size -= (size_t)(quote + 1 - rest);
    rest = quote + 1;
    graph->arcs[graph->n_arcs++] =
        (struct ninja_arc){(size_t)from, graph->vertices[to].inputs,
                           ninja_ends_with(rest, size, " style=dotted]", &end)};
    graph->vertices[to].inputs = graph->n_arcs;
    if (size > skip && memcmp(rest, rule, skip) == 0 && ninja_ends_with(rest, size, "\"]", &end)) {
        graph->vertices[to].rule = rest + skip;
        graph->vertices[to].rule_size = end - skip;
    }
    return 0;
}

static int ninja_read_line(struct ninja_graph *graph, const char *line, size_t size)
{
    static const char arrow[] = " -> \"";
    const char *quote;
    const char *rest;

    if (size < 2 || line[0] != '"')
        return 0;
    quote = memchr(line + 1, '"', size - 1);
    if (!quote)
        return 0;
    rest = quote + 1;
    size -= (size_t)(rest - line);
    if (size >= sizeof(arrow) - 1 && memcmp(rest, arrow, sizeof(arrow) - 1) == 0)
        return ninja_read_arc(graph, line + 1, (size_t)(quote - line - 1), rest + sizeof(arrow) - 1,
                              size - (sizeof(arrow) - 1));
    return ninja_read_vertex(graph, line + 1, (size_t)(quote - line - 1), rest, size);
}

int ninja_graph_read(const char *text, size_t size, struct ninja_graph *ret_graph)
{
    struct ninja_graph graph = {.ids = NAMES_INIT, .labels = NAMES_INIT};
    size_t at = 0;

    if (size < 8 || memcmp(text, "digraph ", 8) != 0)
        return 1;
    while (at < size) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end ? (size_t)(end - text) - at : size - at;
        size_t without = length && text[at + length - 1] == '\r' ? length - 1 : length;
        int r = ninja_read_line(&graph, text + at, without);

        if (r < 0) {
            ninja_graph_clear(&graph);
            return r;
        }
        at += length + 1;
    }
    *ret_graph = graph;
    return 0;
}

ssize_t ninja_graph_file(const struct ninja_graph *graph, const char *path, size_t size)
{
    size_t *found = names_find(&graph->labels, path, size);

    return found ? (ssize_t)*found : -1;
}

size_t ninja_graph_leading_path(const struct ninja_graph *graph, const char *text, size_t size)
{
    for (size_t end = size; end > 0; end--)
        if ((end == size || text[end] == ' ') && ninja_graph_file(graph, text, end) >= 0)
            return end;
    return 0;
}
