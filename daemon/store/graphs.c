#include "graphs.h"

#include "rows.h"

static int run_exists(struct store_db *db, const char *run_id)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_RUN_STATUS);
    query_bind_text(&query, ":id", run_id);
    r = query_step(&query);
    query_end(&query);
    if (r < 0)
        return r;
    return r > 0 ? 0 : STORE_RUN_NOT_FOUND;
}

int graphs_put(struct store_db *db, const char *run_id, const struct graph_row *graph)
{
    struct query query;
    int r = run_exists(db, run_id);

    if (r != 0)
        return r;
    query_start(&query, db, STATEMENT_GRAPH_PUT);
    /* The graph's columns stand first in the statement. */
    db->transaction.bytes += row_bind(&query, &graph_fields, graph);
    query_bind_text(&query, ":run_id", run_id);
    r = query_step(&query);
    query_end(&query);
    return r;
}

int graphs_get(struct store_db *db, const char *run_id, struct arena *arena,
               struct graph_row *ret_graph)
{
    struct graph_row graph = {.nodes = NULL};
    struct query query;
    int64_t bytes = 0;
    int r;

    query_start(&query, db, STATEMENT_GRAPH_GET);
    query_bind_text(&query, ":run_id", run_id);
    r = query_step(&query);
    if (r > 0) {
        r = row_read(&query, 0, &graph_fields, arena, &graph, &bytes);
        query_end(&query);
        if (r == 0)
            *ret_graph = graph;
        return r;
    }
    query_end(&query);
    if (r == 0)
        r = run_exists(db, run_id);
    return r == 0 ? STORE_GRAPH_NOT_FOUND : r;
}
