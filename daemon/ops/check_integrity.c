#include <stdio.h>

#include "fault.h"
#include "graph.h"
#include "op.h"
#include "wire.h"

/* One graph in memory at a time, whatever their number. */
static int graph_problem(void *data, const struct graph_row *row, char *ret_text, size_t size)
{
    struct arena arena = ARENA_INIT;
    struct graph_fault fault = {NULL, NULL};
    char name[FAULT_NAME_SIZE];
    int r = graph_check(row, &arena, &fault);

    (void)data;
    if (r > 0 && fault.node) {
        fault_name(fault.node, name);
        snprintf(ret_text, size, "%s: %s", fault.reason, name);
    } else if (r > 0) {
        snprintf(ret_text, size, "%s", fault.reason);
    }
    arena_clear(&arena);
    return r;
}

static int payload_problem(void *data, const char *payload, char *ret_text, size_t size)
{
    struct fault fault;
    int r = payload_check(payload, &fault);

    (void)data;
    if (r > 0)
        snprintf(ret_text, size, "no JSON object: byte %lld: %s", (long long)fault.number,
                 fault.text);
    return r;
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_check_integrity_params *params = call->parameters;
    const struct integrity_scope scope = {
        .quick = params->has_quick && params->quick,
        .payload_problem = payload_problem,
        .graph_problem = graph_problem,
    };
    struct hd_check_integrity_result result = {0};
    int r;

    r = store_check_integrity(db, &scope, &call->arena, &result.problems, &result.n_problems);
    if (r)
        return r;
    result.ok = result.n_problems == 0;
    return call_reply(call, &result);
}

const struct op op_check_integrity = {.kind = OP_LONG_READ, .run = run};
