#include "graph.h"
#include "op.h"

static int run(struct call *call, struct store_db *db)
{
    const struct hd_get_graph_params *params = call->parameters;
    struct hd_get_graph_result result = {0};
    struct json_document *document;
    struct graph_row row;
    int r;

    r = graphs_get(db, params->run_id, &call->arena, &row);
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_run_not_found(call, params->run_id);
    if (r == STORE_GRAPH_NOT_FOUND)
        return call_fail(call, HD_GRAPH_NOT_FOUND,
                         &(struct hd_graph_not_found_error){.run_id = params->run_id});
    if (r)
        return r;
    r = graph_read(&row, &call->arena, &document, &result.graph);
    if (r > 0)
        return call_fail(call, HD_STORAGE_FAILED,
                         &(struct hd_storage_failed_error){
                             .message = "the stored graph is not in a form this version reads"});
    if (r)
        return r;
    r = call_reply(call, &result);
    json_document_free(document);
    return r;
}

const struct op op_get_graph = {.kind = OP_SLOW_READ, .run = run};
