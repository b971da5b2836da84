#include <errno.h>
#include <string.h>

#include "graph.h"
#include "graph_index.h"
#include "json.h"

/* The third text of a row, against the graph of the other two. */
struct levels {
    const struct hd_graph *graph;
    struct graph_index index;
    uint32_t *ranks;  /* of each node: its level's place in the text, from 1 */
    uint32_t rank;    /* of the level being read */
    bool has_level;   /* the nodes of the levels read so far have one of their own, */
    int64_t level;    /* which is this for the one being read, */
    bool has_earlier; /* and this for the one before */
    int64_t earlier;
    struct graph_fault *fault;
};

static int levels_refuse(struct levels *levels, const char *reason, const char *node)
{
    levels->fault->reason = reason;
    levels->fault->node = node;
    return 1;
}

/* A node's own level, where it has one: the same in a level, and higher in a later one. */
static int levels_own(struct levels *levels, const struct hd_node *node)
{
    if (!node->has_level)
        return 0;
    if (levels->has_level ? node->level != levels->level
                          : levels->has_earlier && node->level <= levels->earlier)
        return levels_refuse(levels, "the levels are not those of the nodes", node->id);
    levels->has_level = true;
    levels->level = node->level;
    return 0;
}

static int levels_name(struct levels *levels, struct json_value name, struct arena *arena)
{
    const char *id;
    uint32_t node;

    if (json_type_of(name) != JSON_STRING)
        return levels_refuse(levels, "the levels are no lists of node ids", NULL);
    /* It may be named in the fault, which outlives the text. */
    id = json_string_copy(name, arena);
    if (!id)
        return STORE_NO_MEMORY;
    if (!graph_index_find(&levels->index, id, &node))
        return levels_refuse(levels, "the levels name a node that is not in the graph", id);
    if (levels->ranks[node] != 0)
        return levels_refuse(levels, "a node is in two levels", id);
    levels->ranks[node] = levels->rank;
    return levels_own(levels, &levels->graph->nodes[node]);
}

static int levels_read(struct levels *levels, struct json_value root, struct arena *arena)
{
    int r = 0;

    if (json_type_of(root) != JSON_ARRAY)
        return levels_refuse(levels, "the levels are no lists of node ids", NULL);
    for (struct json_value list = json_first(root); list.node; list = json_after(list)) {
        if (json_type_of(list) != JSON_ARRAY)
            return levels_refuse(levels, "the levels are no lists of node ids", NULL);
        levels->rank++;
        if (levels->has_level) {
            levels->has_earlier = true;
            levels->earlier = levels->level;
            levels->has_level = false;
        }
        for (struct json_value name = json_first(list); r == 0 && name.node;
             name = json_after(name))
            r = levels_name(levels, name, arena);
        if (r != 0)
            return r;
    }
    return 0;
}

static int levels_fit(struct levels *levels)
{
    const struct hd_graph *graph = levels->graph;

    for (size_t i = 0; i < graph->n_nodes; i++)
        if (levels->ranks[i] == 0)
            return levels_refuse(levels, "a node is in no level", graph->nodes[i].id);
    for (size_t i = 0; i < graph->n_edges; i++) {
        uint32_t from = 0, to = 0;

        graph_index_find(&levels->index, graph->edges[i].from, &from);
        graph_index_find(&levels->index, graph->edges[i].to, &to);
        if (levels->ranks[to] <= levels->ranks[from])
            return levels_refuse(levels, "an edge does not go to a higher level",
                                 graph->edges[i].to);
    }
    return 0;
}

static int levels_check(const struct hd_graph *graph, const char *text, struct arena *arena,
                        struct graph_fault *fault)
{
    const struct limits unlimited = {.message = INT64_MAX, .depth = 1000, .values = INT64_MAX};
    struct levels levels = {.graph = graph, .fault = fault};
    struct json_document *document;
    struct fault ignored;
    int r = json_read(text, strlen(text), &unlimited, &document, &ignored);

    if (r != 0)
        return r < 0 ? STORE_NO_MEMORY : levels_refuse(&levels, "the levels are no JSON", NULL);
    levels.ranks = arena_alloc(arena, (graph->n_nodes + 1) * sizeof(*levels.ranks));
    r = levels.ranks ? graph_index_init(&levels.index, graph->nodes, graph->n_nodes, arena)
                     : STORE_NO_MEMORY;
    for (uint32_t i = 0; r == 0 && i < graph->n_nodes; i++)
        graph_index_add(&levels.index, i);
    if (r == 0)
        r = levels_read(&levels, json_root(document), arena);
    if (r == 0)
        r = levels_fit(&levels);
    json_document_free(document);
    return r;
}

int graph_check(const struct graph_row *row, struct arena *arena, struct graph_fault *ret_fault)
{
    struct json_document *document;
    struct hd_graph graph;
    int r = graph_read(row, arena, &document, &graph);

    if (r > 0) {
        *ret_fault = (struct graph_fault){"the nodes or edges are no JSON of their form", NULL};
        return r;
    }
    if (r < 0)
        return r;
    r = graph_judge(&graph, arena, ret_fault);
    if (r == 0)
        r = levels_check(&graph, row->levels, arena, ret_fault);
    /* What the fault names goes with the document. */
    if (r > 0 && ret_fault->node) {
        ret_fault->node = arena_strdup(arena, ret_fault->node);
        r = ret_fault->node ? r : STORE_NO_MEMORY;
    }
    json_document_free(document);
    return r;
}
