#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "graph_index.h"
#include "tables.h"

/* Every node left has an edge into it from another that is left: going back along such edges as
 * often as there are nodes ends on a cycle. */
const char *graph_cycle_node(const struct hd_graph *graph, const uint32_t *from, const uint32_t *to,
                             const uint32_t *blockers)
{
    uint32_t *before = calloc(graph->n_nodes + 1, sizeof(*before));
    uint32_t node = 0;

    while (blockers[node] == 0)
        node++;
    if (!before)
        return graph->nodes[node].id;
    for (size_t i = 0; i < graph->n_edges; i++)
        if (blockers[from[i]] > 0 && blockers[to[i]] > 0)
            before[to[i]] = from[i];
    for (size_t i = 0; i < graph->n_nodes; i++)
        node = before[node];
    free(before);
    return graph->nodes[node].id;
}

static const char *text_keep(struct buffer *text, struct arena *arena)
{
    const char *copy = text->failed ? NULL : arena_copy(arena, text->data, text->size);

    buffer_clear(text);
    return copy;
}

/* `levels`: NULL, or the ones to write instead of the nodes' own. */
static const char *text_nodes(const struct hd_node *nodes, size_t n_nodes, const int64_t *levels,
                              struct arena *arena)
{
    struct buffer text = BUFFER_INIT;

    buffer_append_char(&text, '[');
    for (size_t i = 0; i < n_nodes; i++) {
        struct hd_node node = nodes[i];

        if (levels) {
            node.has_level = true;
            node.level = levels[i];
        }
        if (i > 0)
            buffer_append_char(&text, ',');
        codec_write(&hd_node_table, &node, &text);
    }
    buffer_append_char(&text, ']');
    return text_keep(&text, arena);
}

const char *graph_write_nodes(const struct hd_node *nodes, size_t n_nodes, struct arena *arena)
{
    return text_nodes(nodes, n_nodes, NULL, arena);
}

static const char *text_edges(const struct hd_graph *graph, struct arena *arena)
{
    struct buffer text = BUFFER_INIT;

    buffer_append_char(&text, '[');
    for (size_t i = 0; i < graph->n_edges; i++) {
        if (i > 0)
            buffer_append_char(&text, ',');
        codec_write(&hd_edge_table, &graph->edges[i], &text);
    }
    buffer_append_char(&text, ']');
    return text_keep(&text, arena);
}

struct placed {
    int64_t level;
    size_t node;
};

static int placed_compare(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;

    if (x->level != y->level)
        return x->level < y->level ? -1 : 1;
    return x->node < y->node ? -1 : x->node > y->node;
}

/* One array for each level that has nodes, the lowest first, nodes in the order given. */
static const char *text_levels(const struct hd_graph *graph, const int64_t *levels,
                               struct arena *arena)
{
    struct placed *placed = arena_alloc(arena, (graph->n_nodes + 1) * sizeof(*placed));
    struct buffer text = BUFFER_INIT;

    if (!placed)
        return NULL;
    for (size_t i = 0; i < graph->n_nodes; i++)
        placed[i] = (struct placed){levels[i], i};
    qsort(placed, graph->n_nodes, sizeof(*placed), placed_compare);
    buffer_append_char(&text, '[');
    for (size_t i = 0; i < graph->n_nodes; i++) {
        if (i > 0 && placed[i].level == placed[i - 1].level)
            buffer_append_char(&text, ',');
        else
            buffer_append_text(&text, i > 0 ? "],[" : "[");
        json_write_string(&text, graph->nodes[placed[i].node].id);
    }
    buffer_append_text(&text, graph->n_nodes > 0 ? "]]" : "]");
    return text_keep(&text, arena);
}

int graph_write(const struct hd_graph *graph, const int64_t *levels, struct arena *arena,
                struct graph_row *ret_row)
{
    struct graph_row row = {
        .nodes = text_nodes(graph->nodes, graph->n_nodes, levels, arena),
        .edges = text_edges(graph, arena),
        .levels = text_levels(graph, levels, arena),
    };

    if (!row.nodes || !row.edges || !row.levels)
        return STORE_NO_MEMORY;
    *ret_row = row;
    return 0;
}

int graph_read(const struct graph_row *row, struct arena *arena,
               struct json_document **ret_document, struct hd_graph *ret_graph)
{
    /* What is stored passed the limits of its day. */
    const struct limits unlimited = {.message = INT64_MAX, .depth = 1000, .values = INT64_MAX};
    struct json_document *document;
    struct buffer text = BUFFER_INIT;
    struct fault fault;
    const char *copy;
    int r;

    buffer_append_text(&text, "{\"nodes\":");
    buffer_append_text(&text, row->nodes);
    buffer_append_text(&text, ",\"edges\":");
    buffer_append_text(&text, row->edges);
    buffer_append_char(&text, '}');
    copy = text_keep(&text, arena);
    if (!copy)
        return STORE_NO_MEMORY;
    r = json_read(copy, strlen(copy), &unlimited, &document, &fault);
    if (r == 0) {
        r = codec_read(&hd_graph_table, json_root(document), &unlimited, CODEC_LENIENT, arena,
                       ret_graph, &fault);
        if (r == 0)
            *ret_document = document;
        else
            json_document_free(document);
    }
    return r == -ENOMEM ? STORE_NO_MEMORY : r;
}
