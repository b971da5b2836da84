#include "graph.h"

#include "graph_index.h"

enum { GRAPH_INVALID = 1 };

/* A graph as indexes: edges sorted by where they start. */
struct plan {
    const struct hd_graph *graph;
    struct arena *arena;
    struct graph_index index;
    uint32_t *from; /* of each edge */
    uint32_t *to;
    uint32_t *first;    /* of each node: its first place in `order`; n_nodes + 1 of them */
    uint32_t *order;    /* edges by where they start */
    uint32_t *blockers; /* of each node: edges into it not walked yet */
    int64_t *levels;
};

static int plan_refuse(struct graph_fault *fault, const char *reason, const char *node)
{
    fault->reason = reason;
    fault->node = node;
    return GRAPH_INVALID;
}

static int plan_allocate(struct plan *plan)
{
    size_t nodes = plan->graph->n_nodes + 1, edges = plan->graph->n_edges + 1;

    plan->from = arena_alloc(plan->arena, edges * sizeof(*plan->from));
    plan->to = arena_alloc(plan->arena, edges * sizeof(*plan->to));
    plan->order = arena_alloc(plan->arena, edges * sizeof(*plan->order));
    plan->first = arena_alloc(plan->arena, (nodes + 1) * sizeof(*plan->first));
    plan->blockers = arena_alloc(plan->arena, nodes * sizeof(*plan->blockers));
    plan->levels = arena_alloc(plan->arena, nodes * sizeof(*plan->levels));
    return plan->from && plan->to && plan->order && plan->first && plan->blockers && plan->levels
               ? 0
               : STORE_NO_MEMORY;
}

static int plan_nodes(struct plan *plan, struct graph_fault *fault)
{
    const struct hd_graph *graph = plan->graph;

    if (graph_index_init(&plan->index, graph->nodes, graph->n_nodes, plan->arena) < 0)
        return STORE_NO_MEMORY;
    for (size_t i = 0; i < graph->n_nodes; i++) {
        const struct hd_node *node = &graph->nodes[i];

        if (!graph_index_add(&plan->index, (uint32_t)i))
            return plan_refuse(fault, "two nodes have the same id", node->id);
        if (node->has_level != graph->nodes[0].has_level)
            return plan_refuse(fault, "level is given on some nodes and not on others", node->id);
    }
    return 0;
}

static int plan_edges(struct plan *plan, struct graph_fault *fault)
{
    const struct hd_graph *graph = plan->graph;

    for (size_t i = 0; i < graph->n_edges; i++) {
        const struct hd_edge *edge = &graph->edges[i];

        if (!graph_index_find(&plan->index, edge->from, &plan->from[i]))
            return plan_refuse(fault, "an edge starts at a node that is not in the graph",
                               edge->from);
        if (!graph_index_find(&plan->index, edge->to, &plan->to[i]))
            return plan_refuse(fault, "an edge ends at a node that is not in the graph", edge->to);
        if (plan->from[i] == plan->to[i])
            return plan_refuse(fault, "an edge joins a node to itself", edge->from);
        plan->first[plan->from[i] + 2]++;
        plan->blockers[plan->to[i]]++;
    }
    for (size_t i = 2; i <= graph->n_nodes + 1; i++)
        plan->first[i] += plan->first[i - 1];
    /* first[n + 1] serves as the place to fill next and ends as the first place of n + 1. */
    for (uint32_t i = 0; i < graph->n_edges; i++)
        plan->order[plan->first[plan->from[i] + 1]++] = i;
    return 0;
}

/* Two edges of one node to the same end are doubled; `seen` holds who saw an end last. */
static int plan_doubled(struct plan *plan, struct graph_fault *fault)
{
    const struct hd_graph *graph = plan->graph;
    uint32_t *seen = arena_alloc(plan->arena, (graph->n_nodes + 1) * sizeof(*seen));

    if (!seen)
        return STORE_NO_MEMORY;
    for (uint32_t node = 0; node < graph->n_nodes; node++)
        for (uint32_t i = plan->first[node]; i < plan->first[node + 1]; i++) {
            uint32_t end = plan->to[plan->order[i]];

            if (seen[end] == node + 1)
                return plan_refuse(fault, "two edges join the same nodes", graph->nodes[node].id);
            seen[end] = node + 1;
        }
    return 0;
}

/* Walks the nodes as they become free; one that never does is on a cycle or behind one. */
static int plan_walk(struct plan *plan, struct graph_fault *fault)
{
    const struct hd_graph *graph = plan->graph;
    uint32_t *queue = arena_alloc(plan->arena, (graph->n_nodes + 1) * sizeof(*queue));
    size_t walked = 0, queued = 0;

    if (!queue)
        return STORE_NO_MEMORY;
    for (uint32_t i = 0; i < graph->n_nodes; i++)
        if (plan->blockers[i] == 0)
            queue[queued++] = i;
    for (; walked < queued; walked++) {
        uint32_t node = queue[walked];

        for (uint32_t i = plan->first[node]; i < plan->first[node + 1]; i++) {
            uint32_t end = plan->to[plan->order[i]];

            if (plan->levels[end] <= plan->levels[node])
                plan->levels[end] = plan->levels[node] + 1;
            if (--plan->blockers[end] == 0)
                queue[queued++] = end;
        }
    }
    if (walked == graph->n_nodes)
        return 0;
    return plan_refuse(fault, "the edges form a cycle",
                       graph_cycle_node(graph, plan->from, plan->to, plan->blockers));
}

static int plan_given_levels(struct plan *plan, struct graph_fault *fault)
{
    const struct hd_graph *graph = plan->graph;

    if (graph->n_nodes == 0 || !graph->nodes[0].has_level)
        return 0;
    for (size_t i = 0; i < graph->n_edges; i++)
        if (graph->nodes[plan->to[i]].level <= graph->nodes[plan->from[i]].level)
            return plan_refuse(fault, "an edge does not go to a higher level",
                               graph->nodes[plan->to[i]].id);
    for (size_t i = 0; i < graph->n_nodes; i++)
        plan->levels[i] = graph->nodes[i].level;
    return 0;
}

/* `ret_levels`: of each node, in the arena. */
static int graph_plan(const struct hd_graph *graph, struct arena *arena, int64_t **ret_levels,
                      struct graph_fault *fault)
{
    struct plan plan = {.graph = graph, .arena = arena};
    int r;

    r = plan_allocate(&plan);
    if (r == 0)
        r = plan_nodes(&plan, fault);
    if (r == 0)
        r = plan_edges(&plan, fault);
    if (r == 0)
        r = plan_doubled(&plan, fault);
    if (r == 0)
        r = plan_walk(&plan, fault);
    if (r == 0)
        r = plan_given_levels(&plan, fault);
    if (r == 0)
        *ret_levels = plan.levels;
    return r;
}

int graph_judge(const struct hd_graph *graph, struct arena *arena, struct graph_fault *ret_fault)
{
    int64_t *levels;

    return graph_plan(graph, arena, &levels, ret_fault);
}

int graph_prepare(const struct hd_graph *graph, struct arena *arena, struct graph_row *ret_row,
                  struct graph_fault *ret_fault)
{
    int64_t *levels = NULL;
    int r = graph_plan(graph, arena, &levels, ret_fault);

    return r == 0 ? graph_write(graph, levels, arena, ret_row) : r;
}
