#include "drawing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event_text.h"
#include "rfc3339.h"

/* For qsort, which passes no context. One thread draws. */
static const struct hd_node *drawing_sorted;

static int drawing_compare(const void *a, const void *b)
{
    size_t left = *(const size_t *)a;
    size_t right = *(const size_t *)b;

    if (drawing_sorted[left].level != drawing_sorted[right].level)
        return drawing_sorted[left].level < drawing_sorted[right].level ? -1 : 1;
    return left < right ? -1 : 1;
}

/* Groups the edges by the node they lead to: counted, then dealt out. */
static int drawing_group(struct drawing *drawing)
{
    const struct hd_graph *graph = drawing->graph;
    size_t next = 0;

    for (size_t pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < graph->n_edges; i++) {
            const struct hd_edge *edge = &graph->edges[i];
            size_t *from = names_find(&drawing->names, edge->from, strlen(edge->from));
            size_t *to = names_find(&drawing->names, edge->to, strlen(edge->to));

            if (!from || !to)
                continue;
            if (pass == 1)
                drawing->needs[drawing->nodes[*to].first_need + drawing->nodes[*to].n_needs] =
                    *from;
            drawing->nodes[*to].n_needs++;
        }
        for (size_t i = 0; i < graph->n_nodes && pass == 0; i++) {
            drawing->nodes[i].first_need = next;
            next += drawing->nodes[i].n_needs;
            drawing->nodes[i].n_needs = 0;
        }
    }
    return 0;
}

int drawing_open(struct drawing *drawing, const struct hd_graph *graph)
{
    *drawing = (struct drawing){.graph = graph, .arena = ARENA_INIT, .names = NAMES_INIT};
    drawing->nodes = arena_alloc(&drawing->arena, (graph->n_nodes + 1) * sizeof(*drawing->nodes));
    drawing->order = arena_alloc(&drawing->arena, (graph->n_nodes + 1) * sizeof(*drawing->order));
    drawing->needs = arena_alloc(&drawing->arena, (graph->n_edges + 1) * sizeof(*drawing->needs));
    if (!drawing->nodes || !drawing->order || !drawing->needs)
        return -ENOMEM;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct hd_node *node = &graph->nodes[i];

        if (names_add(&drawing->names, node->id, strlen(node->id), i, NULL) < 0)
            return -ENOMEM;
        drawing->nodes[i].status = node->status ? node->status : "waiting";
        drawing->nodes[i].duration = -1;
        drawing->order[i] = i;
        if (node->level >= drawing->levels)
            drawing->levels = node->level + 1;
    }
    drawing_sorted = graph->nodes;
    if (graph->n_nodes)
        qsort(drawing->order, graph->n_nodes, sizeof(*drawing->order), drawing_compare);
    return drawing_group(drawing);
}

void drawing_close(struct drawing *drawing)
{
    arena_clear(&drawing->arena);
    names_clear(&drawing->names);
}

int drawing_add_event(struct drawing *drawing, const struct hd_event *event)
{
    const char *status = event_text_status(event->type);
    struct drawing_node *node;
    size_t *found;
    int64_t time;

    if (!status || !event->unit)
        return 0;
    found = names_find(&drawing->names, event->unit, strlen(event->unit));
    if (!found)
        return 0;
    node = &drawing->nodes[*found];
    node->status = status;
    node->error = NULL;
    if (!rfc3339_read(event->time, &time))
        time = 0;
    if (strcmp(event->type, "unit.started") == 0)
        node->started = time;
    else if (event_text_number(event->payload, "duration_ms", &node->duration))
        node->duration = node->duration < INT64_MAX / 1000 ? node->duration * 1000 : -1;
    else
        node->duration = node->started && time > node->started ? time - node->started : -1;
    if (event->error) {
        node->error = arena_strdup(&drawing->arena, event->error);
        if (!node->error)
            return -ENOMEM;
    }
    return 0;
}
