/* Graphs as the model has them: looked at pair by pair. */
#include <inttypes.h>
#include <string.h>

#include "seq_answer.h"

static int place_of(const struct seq_graph *graph, int node)
{
    for (int i = 0; i < graph->n_nodes; i++)
        if (graph->nodes[i] == node)
            return i;
    return SEQ_NONE;
}

static bool nodes_fit(const struct seq_graph *graph)
{
    for (int i = 0; i < graph->n_nodes; i++)
        if (place_of(graph, graph->nodes[i]) != i ||
            (graph->levels[i] == SEQ_NONE) != (graph->levels[0] == SEQ_NONE))
            return false;
    return true;
}

static bool edges_fit(const struct seq_graph *graph)
{
    for (int i = 0; i < graph->n_edges; i++) {
        int from = place_of(graph, graph->from[i]), to = place_of(graph, graph->to[i]);

        if (from < 0 || to < 0 || from == to)
            return false;
        if (graph->levels[0] != SEQ_NONE && graph->levels[to] <= graph->levels[from])
            return false;
        for (int j = 0; j < i; j++)
            if (graph->from[j] == graph->from[i] && graph->to[j] == graph->to[i])
                return false;
    }
    return true;
}

/* Levels rise along every edge until nothing moves any more; on a cycle they never stop. */
static bool levels_find(const struct seq_graph *graph, int levels[SEQ_MOST_NODES])
{
    bool moved = true;

    memset(levels, 0, SEQ_MOST_NODES * sizeof(*levels));
    for (int round = 0; moved; round++) {
        if (round > graph->n_nodes)
            return false;
        moved = false;
        for (int i = 0; i < graph->n_edges; i++) {
            int from = place_of(graph, graph->from[i]), to = place_of(graph, graph->to[i]);

            if (levels[to] > levels[from])
                continue;
            levels[to] = levels[from] + 1;
            moved = true;
        }
    }
    return true;
}

static const char *graph_text(const struct seq_graph *graph, const int levels[SEQ_MOST_NODES])
{
    struct buffer text = BUFFER_INIT;
    const char *copy;

    buffer_append_text(&text, "{\"nodes\":[");
    for (int i = 0; i < graph->n_nodes; i++)
        seq_say(&text, "%s{\"id\":\"%s\",\"level\":%d%s}", i ? "," : "", seq_node(graph->nodes[i]),
                levels[i], graph->attributes[i] ? ",\"attributes\":{\"k\":1.50}" : "");
    buffer_append_text(&text, "],\"edges\":[");
    for (int i = 0; i < graph->n_edges; i++)
        seq_say(&text, "%s{\"from\":\"%s\",\"to\":\"%s\"}", i ? "," : "", seq_node(graph->from[i]),
                seq_node(graph->to[i]));
    buffer_append_text(&text, "]}");
    copy = arena_copy(&model.arena, text.data, text.size);
    fuzz_demand(copy, "out of memory");
    buffer_clear(&text);
    return copy;
}

bool seq_graph_answer(const struct seq_graph *graph, const char **ret_text, struct buffer *answer)
{
    int levels[SEQ_MOST_NODES];

    if (!nodes_fit(graph) || !edges_fit(graph) || !levels_find(graph, levels)) {
        buffer_append_text(answer,
                           "{\"error\":\"dev.historyd.history.InvalidGraph\","
                           "\"parameters\":{\"reason\":\"" SEQ_ANY "\",\"node\":\"" SEQ_ANY "\"}}");
        return false;
    }
    if (graph->n_nodes > 0 && graph->levels[0] != SEQ_NONE)
        memcpy(levels, graph->levels, sizeof(levels));
    *ret_text = graph_text(graph, levels);
    return true;
}
