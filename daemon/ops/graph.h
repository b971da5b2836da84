/*
 * graph: what makes a dependency graph valid, and its form in the database.
 *
 * Levels are the longest path from a root, or the caller's where every edge goes up. Pure functions
 * of their inputs; everything they return is in the arena.
 */
#pragma once

#include "arena.h"
#include "graphs.h"
#include "historyd/types.h"
#include "json.h"

/* Why a graph is refused; texts are in the arena or constant. */
struct graph_fault {
    const char *reason;
    const char *node;
};

/* Checks the graph, gives every node its level and writes the three texts of a row. Returns 0,
 * positive with `ret_fault`, or STORE_NO_MEMORY. */
int graph_prepare(const struct hd_graph *graph, struct arena *arena, struct graph_row *ret_row,
                  struct graph_fault *ret_fault);

/* Checks alone; returns as graph_prepare() does. */
int graph_judge(const struct hd_graph *graph, struct arena *arena, struct graph_fault *ret_fault);

/* The text of nodes that have their levels already. NULL when out of memory. */
const char *graph_write_nodes(const struct hd_node *nodes, size_t n_nodes, struct arena *arena);

/* Reads a row back. The graph's texts live in the document, which the caller frees. Returns 0,
 * positive when the row's texts are none of ours, or STORE_NO_MEMORY. */
int graph_read(const struct graph_row *row, struct arena *arena,
               struct json_document **ret_document, struct hd_graph *ret_graph);

/* Checks what is stored: three texts in shape, a graph that graph_prepare() would take, and each
 * node in one level of the third text, as its edges and its own level have it. The fault's node is
 * NULL where none is to be named. Returns 0, positive with `ret_fault`, or STORE_NO_MEMORY. */
int graph_check(const struct graph_row *row, struct arena *arena, struct graph_fault *ret_fault);
