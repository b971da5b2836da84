#include <stdlib.h>
#include <string.h>

#include "op.h"
#include "remover.h"

struct delete_state {
    struct removal_task task;
    struct call *call;
    const char **run_ids; /* each once */
    size_t n_run_ids;
};

static int compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static int check(struct call *call)
{
    const struct hd_delete_runs_params *params = call->parameters;
    struct delete_state *state = call->state;
    int64_t limit = call->settings->limits.events;

    if (params->n_run_ids == 0)
        return call_fail_parameter(call, "run_ids");
    if (params->n_run_ids > (size_t)limit)
        return call_fail_too_large(call, "run_ids", limit);
    state->run_ids = arena_alloc(&call->arena, params->n_run_ids * sizeof(*state->run_ids));
    if (!state->run_ids)
        return STORE_NO_MEMORY;
    for (size_t i = 0; i < params->n_run_ids; i++)
        state->run_ids[i] = params->run_ids[i];
    qsort(state->run_ids, params->n_run_ids, sizeof(*state->run_ids), compare);
    for (size_t i = 0; i < params->n_run_ids; i++)
        if (i == 0 || strcmp(state->run_ids[i], state->run_ids[i - 1]) != 0)
            state->run_ids[state->n_run_ids++] = state->run_ids[i];
    return 0;
}

/* A run that runs or is pinned stays, and the others with it. */
static int check_run(struct call *call, struct store_db *db, const char *run_id)
{
    struct arena arena = ARENA_INIT;
    struct run_row row;
    int r = runs_get(db, run_id, &arena, &row);

    if (r == STORE_RUN_NOT_FOUND)
        r = call_fail_run_not_found(call, run_id);
    else if (r == 0 && strcmp(row.status, "running") == 0)
        r = call_fail_transition(call, run_id, row.status, "deleted");
    else if (r == 0 && row.pinned)
        r = call_fail_transition(call, run_id, "pinned", "deleted");
    arena_clear(&arena);
    return r;
}

/* On a store thread. All are looked at before the first is marked: one that may not go keeps the
 * others. */
static int mark(struct removal_task *task, struct store_db *db)
{
    const struct delete_state *state = container_of(task, struct delete_state, task);
    const struct hd_delete_runs_params *params = state->call->parameters;
    bool marked;
    int r = 0;

    for (size_t i = 0; r == 0 && i < params->n_run_ids; i++)
        r = check_run(state->call, db, params->run_ids[i]);
    for (size_t i = 0; r == 0 && !task->dry_run && i < state->n_run_ids; i++)
        r = removal_mark(db, state->run_ids[i], NULL, &marked);
    return r;
}

static void ended(struct removal_task *task, int result)
{
    const struct delete_state *state = container_of(task, struct delete_state, task);
    struct call *call = state->call;

    if (result == 0)
        call_reply(call, &(struct hd_delete_runs_result){.runs = (int64_t)state->n_run_ids,
                                                         .events = task->events});
    else if (result == REMOVER_STOPPED)
        call_fail(call, HD_SHUTTING_DOWN, NULL);
    else
        call_settle(call, result);
    call_late_end(call);
}

static int start(struct call *call)
{
    const struct hd_delete_runs_params *params = call->parameters;
    struct remover *remover = call->service->remover;
    const char *operation = remover_operation(remover);
    struct delete_state *state = call->state;

    if (operation)
        return call_fail(call, HD_IN_PROGRESS,
                         &(struct hd_in_progress_error){.operation = operation});
    state->call = call;
    state->task = (struct removal_task){
        .mark = mark,
        .run_ids = state->run_ids,
        .n_run_ids = state->n_run_ids,
        .dry_run = params->has_dry_run && params->dry_run,
        .ended = ended,
    };
    remover_begin(remover, &state->task);
    return 0;
}

const struct op op_delete_runs = {
    .kind = OP_LATE,
    .state_size = sizeof(struct delete_state),
    .check = check,
    .start = start,
};
