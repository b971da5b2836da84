/*
 * graphs: the rows of the table `graphs`.
 *
 * The store keeps the three JSON texts as they are given; what they mean is not its business. Runs
 * inside a job, on the thread of its `db`.
 */
#pragma once

#include "store.h"

struct graph_row {
    const char *nodes;
    const char *edges;
    const char *levels;
};

/* Puts or replaces the run's graph; STORE_RUN_NOT_FOUND. */
int graphs_put(struct store_db *db, const char *run_id, const struct graph_row *graph);
/* STORE_RUN_NOT_FOUND, STORE_GRAPH_NOT_FOUND. */
int graphs_get(struct store_db *db, const char *run_id, struct arena *arena,
               struct graph_row *ret_graph);
