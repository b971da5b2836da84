#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_graph.h"

enum { NO_UNIT = -1 };

/* One walk over the drawing for each unit. */
struct ninja_walk {
    const struct ninja_graph *graph;
    ssize_t *units;  /* of each vertex: the unit it makes, or NO_UNIT */
    size_t *visited; /* of each vertex: unit + 1 of the last walk that came by */
    size_t *stack;
    bool order_only;
};

int ninja_links_open(struct ninja_links *links, size_t n_units, struct arena *arena)
{
    *links = (struct ninja_links){.n_units = n_units};
    links->rules = arena_alloc(arena, (n_units + 1) * sizeof(*links->rules));
    links->found = arena_alloc(arena, (n_units + 1) * sizeof(*links->found));
    return links->rules && links->found ? 0 : -ENOMEM;
}

void ninja_links_clear(struct ninja_links *links)
{
    free(links->links);
    links->links = NULL;
    links->n_links = links->capacity = 0;
}

static int ninja_links_add(struct ninja_links *links, size_t from, size_t to)
{
    if (links->n_links == links->capacity) {
        size_t capacity = links->capacity ? links->capacity * 2 : 256;
        struct ninja_link *grown = reallocarray(links->links, capacity, sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        links->links = grown;
        links->capacity = capacity;
    }
    links->links[links->n_links++] = (struct ninja_link){from, to};
    return 0;
}

/* What makes a file: the ellipse that points at it, or, where it is made by an arrow or by nothing,
 * the file itself. */
static size_t ninja_maker(const struct ninja_graph *graph, size_t file)
{
    for (size_t arc = graph->vertices[file].inputs; arc; arc = graph->arcs[arc - 1].next)
        if (graph->vertices[graph->arcs[arc - 1].from].ellipse)
            return graph->arcs[arc - 1].from;
    return file;
}

/* Finds the vertex of each unit by any of its outputs: of several, only some may have a label. */
static int ninja_place_units(struct ninja_walk *walk, const struct ninja_outputs *units,
                             struct arena *arena, struct ninja_links *links, ssize_t *places)
{
    const struct ninja_graph *graph = walk->graph;

    for (size_t u = 0; u < links->n_units; u++) {
        places[u] = -1;
        for (size_t i = 0; i < units[u].n && places[u] < 0; i++) {
            ssize_t file = ninja_graph_file(graph, units[u].paths[i], units[u].sizes[i]);

            if (file >= 0)
                places[u] = (ssize_t)ninja_maker(graph, (size_t)file);
        }
        if (places[u] < 0 || walk->units[places[u]] != NO_UNIT)
            continue;
        walk->units[places[u]] = (ssize_t)u;
        links->found[u] = true;
        if (!links->rules[u]) {
            const struct ninja_vertex *vertex = &graph->vertices[places[u]];
            const char *rule = vertex->ellipse ? vertex->label : vertex->rule;
            size_t size = vertex->ellipse ? vertex->label_size : vertex->rule_size;

            links->rules[u] = rule ? arena_copy(arena, rule, size) : NULL;
            if (rule && !links->rules[u])
                return -ENOMEM;
        }
    }
    return 0;
}

/* Walks against the arrows from a unit's vertex to the nearest units. */
static int ninja_walk_unit(struct ninja_walk *walk, size_t place, size_t unit, size_t most,
                           struct ninja_links *links)
{
    const struct ninja_graph *graph = walk->graph;
    size_t n_stack = 0;

    walk->visited[place] = unit + 1;
    walk->stack[n_stack++] = place;
    while (n_stack) {
        size_t vertex = walk->stack[--n_stack];

        for (size_t arc = graph->vertices[vertex].inputs; arc; arc = graph->arcs[arc - 1].next) {
            size_t from = graph->arcs[arc - 1].from;

            if ((graph->arcs[arc - 1].order_only && !walk->order_only) ||
                walk->visited[from] == unit + 1)
                continue;
            walk->visited[from] = unit + 1;
            if (walk->units[from] == NO_UNIT) {
                walk->stack[n_stack++] = from;
                continue;
            }
            if (links->n_links >= most)
                return 1;
            if (ninja_links_add(links, (size_t)walk->units[from], unit) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

int ninja_graph_join(const struct ninja_graph *graph, const struct ninja_outputs *units,
                     bool order_only, size_t most, struct arena *arena, struct ninja_links *links)
{
    size_t n = graph->n_vertices + 1;
    struct ninja_walk walk = {graph, calloc(n, sizeof(*walk.units)),
                              calloc(n, sizeof(*walk.visited)), calloc(n, sizeof(*walk.stack)),
                              order_only};
    ssize_t *places = calloc(links->n_units + 1, sizeof(*places));
    int r = -ENOMEM;

    if (!walk.units || !walk.visited || !walk.stack || !places)
        goto finish;
    for (size_t i = 0; i < n; i++)
        walk.units[i] = NO_UNIT;
    r = ninja_place_units(&walk, units, arena, links, places);
    for (size_t u = 0; u < links->n_units && r == 0; u++)
        if (places[u] >= 0 && walk.units[places[u]] == (ssize_t)u)
            r = ninja_walk_unit(&walk, (size_t)places[u], u, most, links);
finish:
    free(walk.units);
    free(walk.visited);
    free(walk.stack);
    free(places);
    return r;
}

static int ninja_link_compare(const void *a, const void *b)
{
    const struct ninja_link *left = a;
    const struct ninja_link *right = b;

    if (left->to != right->to)
        return left->to < right->to ? -1 : 1;
    return left->from < right->from ? -1 : left->from > right->from;
}

void ninja_links_settle(struct ninja_links *links)
{
    size_t kept = 0;

    if (links->n_links == 0)
        return;
    qsort(links->links, links->n_links, sizeof(*links->links), ninja_link_compare);
    for (size_t i = 1; i < links->n_links; i++)
        if (ninja_link_compare(&links->links[kept], &links->links[i]) != 0)
            links->links[++kept] = links->links[i];
    links->n_links = kept + 1;
}
