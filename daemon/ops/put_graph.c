#include "call_redact.h"
#include "claim.h"
#include "graph.h"
#include "op.h"

static int check(struct call *call)
{
    const struct hd_put_graph_params *params = call->parameters;
    const struct hd_graph *graph;
    struct graph_fault fault;
    int r;

    claim_touch(call, params->run_id);
    r = call_redact_graph(call, &params->graph, &graph);
    if (r)
        return r;
    r = graph_prepare(graph, &call->arena, call->state, &fault);
    return r > 0 ? call_fail_graph(call, fault.reason, fault.node) : r;
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_put_graph_params *params = call->parameters;
    int r;

    r = graphs_put(db, params->run_id, call->state);
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_run_not_found(call, params->run_id);
    return r ? r : call_reply(call, NULL);
}

const struct op op_put_graph = {
    .kind = OP_WRITE,
    .state_size = sizeof(struct graph_row),
    .check = check,
    .run = run,
};
