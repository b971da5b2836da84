#include "call_redact.h"
#include "claim.h"
#include "op.h"

struct append_state {
    struct event_new *events;
};

static int check(struct call *call)
{
    const struct hd_append_events_params *params = call->parameters;
    struct append_state *state = call->state;

    state->events = arena_alloc(&call->arena, params->n_events * sizeof(*state->events));
    if (!state->events)
        return STORE_NO_MEMORY;
    for (size_t i = 0; i < params->n_events; i++) {
        struct event_new *event = &state->events[i];
        int r;

        *event = event_from_wire(&params->events[i]);
        r = call_redact_payload(call, &event->payload);
        if (r == 0)
            r = call_redact_text(call, "error", &event->error);
        if (r)
            return r;
    }
    call->job.group = params->run_id;
    call->events = (int64_t)params->n_events;
    claim_touch(call, params->run_id);
    return 0;
}

/* What is sent again equals what was stored of it under other rules. */
static int same(void *data, size_t index, enum event_text which, const char *stored)
{
    const struct call *call = data;
    const struct hd_append_events_params *params = call->parameters;
    const struct append_state *state = call->state;
    const struct hd_new_event *sent = &params->events[index];
    const struct event_new *now = &state->events[index];

    switch (which) {
    case EVENT_PAYLOAD:
        return call_redacted_same(
            call, &(struct redacted){.sent = sent->payload, .now = now->payload}, stored);
    case EVENT_ERROR:
        return call_redacted_same(
            call, &(struct redacted){.key = "error", .sent = sent->error, .now = now->error},
            stored);
    }
    return 0;
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_append_events_params *params = call->parameters;
    const struct append_state *state = call->state;
    const struct event_match match = {.same = same, .data = call};
    struct events_appended appended;
    int r;

    r = events_append_matching(db, params->run_id, state->events, params->n_events, call->now,
                               &match, &appended);
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_run_not_found(call, params->run_id);
    if (r == STORE_SEQUENCE_CONFLICT)
        return call_fail(call, HD_SEQUENCE_CONFLICT,
                         &(struct hd_sequence_conflict_error){.run_id = params->run_id,
                                                              .seq = appended.conflict_seq});
    if (r == STORE_SEQUENCE_EXHAUSTED)
        return call_fail_too_large(call, "seq", INT64_MAX);
    if (r)
        return r;
    return call_reply(call, &(struct hd_append_events_result){
                                .first_seq = appended.first_seq,
                                .last_seq = appended.last_seq,
                                .inserted = appended.inserted,
                                .duplicates = appended.duplicates,
                            });
}

const struct op op_append_events = {
    .kind = OP_WRITE,
    .state_size = sizeof(struct append_state),
    .check = check,
    .run = run,
};
