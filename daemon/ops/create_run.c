#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "call_redact.h"
#include "claim.h"
#include "graph.h"
#include "op.h"

enum {
    RUN_ID_SIZE = 32,
    RUN_ID_DRAWS = 1000, /* of 65,536 ids a second; more means that the second is full */
};

struct create_state {
    struct graph_row graph;
    struct claim claim;
};

static int check(struct call *call)
{
    const struct hd_create_run_params *params = call->parameters;
    struct create_state *state = call->state;
    const struct hd_graph *graph;
    struct graph_fault fault;
    int r;

    if (params->graph) {
        r = call_redact_graph(call, params->graph, &graph);
        if (r)
            return r;
        r = graph_prepare(graph, &call->arena, &state->graph, &fault);
        if (r)
            return r > 0 ? call_fail_graph(call, fault.reason, fault.node) : r;
    }
    if (params->attached)
        return claim_prepare(call, &state->claim);
    if (params->id)
        claim_touch(call, params->id);
    return 0;
}

/* run_YYYYMMDD_HHMMSS_xxxx out of the canonical time YYYY-MM-DDTHH:MM:SS.ffffffZ. */
static int draw_id(const char *now, char id[static RUN_ID_SIZE])
{
    uint16_t draw;

    if (getrandom(&draw, sizeof(draw), 0) != sizeof(draw))
        return STORE_NO_MEMORY;
    snprintf(id, RUN_ID_SIZE, "run_%.4s%.2s%.2s_%.2s%.2s%.2s_%04" PRIx16, now, now + 5, now + 8,
             now + 11, now + 14, now + 17, draw);
    return 0;
}

static const char *conflict(const struct hd_create_run_params *params, const struct run_row *row)
{
    if (strcmp(params->repo_path, row->repo_path) != 0)
        return "repo_path";
    if (params->started_at && strcmp(params->started_at, row->started_at) != 0)
        return "started_at";
    if (params->has_parallelism && params->parallelism != row->parallelism)
        return "parallelism";
    if (params->tasks_dir && (!row->tasks_dir || strcmp(params->tasks_dir, row->tasks_dir) != 0))
        return "tasks_dir";
    if (params->has_dry_run && params->dry_run != row->dry_run)
        return "dry_run";
    return NULL;
}

static int insert(struct store_db *db, struct call *call, struct run_row *row)
{
    const struct hd_create_run_params *params = call->parameters;
    char *id;
    int r;

    if (params->id)
        return runs_insert(db, row);
    id = arena_alloc(&call->arena, RUN_ID_SIZE);
    if (!id)
        return STORE_NO_MEMORY;
    row->id = id;
    for (int draws = 0; draws < RUN_ID_DRAWS; draws++) {
        r = draw_id(call->now, id);
        if (r == 0)
            r = runs_insert(db, row);
        if (r != STORE_RUN_EXISTS)
            return r;
    }
    return STORE_NO_MEMORY;
}

/* The run is there. A graph that came with the call is kept where the run has none. */
static int again(struct call *call, struct store_db *db, struct run_row *row)
{
    const struct hd_create_run_params *params = call->parameters;
    const struct create_state *state = call->state;
    struct graph_row graph;
    const char *field;
    int r;

    r = runs_get(db, params->id, &call->arena, row);
    /* It is being deleted: its id is free when that is done. */
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_busy(call);
    if (r)
        return r;
    field = conflict(params, row);
    if (field)
        return call_fail_run_conflict(call, params->id, field);
    if (!params->graph)
        return 0;
    r = graphs_get(db, params->id, &call->arena, &graph);
    return r == STORE_GRAPH_NOT_FOUND ? graphs_put(db, params->id, &state->graph) : r;
}

static int answer(struct call *call, const struct run_row *row, bool created)
{
    const struct create_state *state = call->state;
    struct hd_create_run_result result = {.run = call_run_to_wire(call, row), .created = created};

    if (state->claim.run_id)
        result.run.attachment = state->claim.attachment;
    return call_reply(call, &result);
}

static int claim(struct call *call, struct store_db *db, const struct run_row *row, bool created)
{
    const struct hd_create_run_params *params = call->parameters;
    struct create_state *state = call->state;
    int r = 0;

    if (params->attached && strcmp(row->status, "running") == 0)
        r = claim_write(call, db, &state->claim, row->id, created);
    return r ? r : answer(call, row, created);
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_create_run_params *params = call->parameters;
    struct create_state *state = call->state;
    struct run_row row = {
        .id = params->id,
        .repo_path = params->repo_path,
        .started_at = params->started_at ? params->started_at : call->now,
        .status = "running",
        .parallelism = params->has_parallelism ? params->parallelism : 1,
        .total_units = params->total_units,
        .tasks_dir = params->tasks_dir,
        .dry_run = params->dry_run,
    };
    int r;

    claim_reset(&state->claim);
    r = insert(db, call, &row);
    if (r == STORE_RUN_EXISTS) {
        r = again(call, db, &row);
        return r ? r : claim(call, db, &row, false);
    }
    if (r == 0 && params->graph)
        r = graphs_put(db, row.id, &state->graph);
    return r ? r : claim(call, db, &row, true);
}

static void done(struct call *call, int result)
{
    struct create_state *state = call->state;

    claim_settle(call, &state->claim, result);
}

const struct op op_create_run = {
    .kind = OP_WRITE,
    .state_size = sizeof(struct create_state),
    .check = check,
    .run = run,
    .done = done,
};
