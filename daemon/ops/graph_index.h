/*
 * graph_index: the nodes of a graph by id, and the parts of graph.c that stand alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "graph.h"

/* An open hash table with a seed of its own, so that no caller can choose colliding ids. */
struct graph_index {
    const struct hd_node *nodes;
    uint32_t *slots; /* node index + 1; 0: free */
    size_t mask;
    uint64_t seed;
};

int graph_index_init(struct graph_index *index, const struct hd_node *nodes, size_t n_nodes,
                     struct arena *arena);
/* False when a node with the same id is there. */
bool graph_index_add(struct graph_index *index, uint32_t node);
bool graph_index_find(const struct graph_index *index, const char *id, uint32_t *ret_node);

/* The id of a node on a cycle, among those that still have blockers. */
const char *graph_cycle_node(const struct hd_graph *graph, const uint32_t *from, const uint32_t *to,
                             const uint32_t *blockers);

/* The three texts of a row. Returns 0 or STORE_NO_MEMORY. */
int graph_write(const struct hd_graph *graph, const int64_t *levels, struct arena *arena,
                struct graph_row *ret_row);
