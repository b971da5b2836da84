#include <inttypes.h>

#include "op.h"
#include "retention_rules.h"

struct retention_state {
    struct removal_task task;
    struct call *call;
};

struct removal_rules retention_rules(const struct settings *settings, int64_t now_us)
{
    const struct retention *retention = &settings->retention;
    struct removal_rules rules = {
        .runs_per_repo = retention->runs_per_repo,
        .database_bytes = retention->database_mib * (1 << 20),
    };

    if (retention->days > 0)
        rfc3339_write(now_us - retention->days * INT64_C(86400000000), rules.ended_before);
    return rules;
}

static void ended(struct removal_task *task, int result)
{
    struct call *call = container_of(task, struct retention_state, task)->call;

    if (result == 0)
        call_reply(call, &(struct hd_apply_retention_result){
                             .runs = task->runs,
                             .events = task->events,
                             .bytes = task->bytes,
                             .has_by_age = true,
                             .by_age = task->by_rule[REMOVAL_BY_AGE],
                             .has_by_count = true,
                             .by_count = task->by_rule[REMOVAL_BY_COUNT],
                             .has_by_size = true,
                             .by_size = task->by_rule[REMOVAL_BY_SIZE],
                         });
    else if (result == REMOVER_STOPPED)
        call_fail(call, HD_SHUTTING_DOWN, NULL);
    else
        call_settle(call, result);
    call_late_end(call);
}

static int start(struct call *call)
{
    const struct hd_apply_retention_params *params = call->parameters;
    struct remover *remover = call->service->remover;
    const char *operation = remover_operation(remover);
    struct retention_state *state = call->state;

    if (operation)
        return call_fail(call, HD_IN_PROGRESS,
                         &(struct hd_in_progress_error){.operation = operation});
    state->call = call;
    state->task = (struct removal_task){
        .rules = retention_rules(call->settings, rfc3339_now()),
        .dry_run = params->has_dry_run && params->dry_run,
        .ended = ended,
    };
    remover_begin(remover, &state->task);
    return 0;
}

const struct op op_apply_retention = {
    .kind = OP_LATE,
    .state_size = sizeof(struct retention_state),
    .start = start,
};
