#include <string.h>

#include "buffer.h"
#include "call_redact.h"
#include "claim.h"
#include "op.h"

static const char marker_type[] = "run.stopped";
static const char default_reason[] = "user_interrupt";

struct stop_state {
    const char *payload; /* of the marker */
};

static const char *marker_payload(struct call *call, const char *reason)
{
    struct buffer text = BUFFER_INIT;
    const char *payload = NULL;

    buffer_append_text(&text, "{\"reason\":");
    json_write_string(&text, reason);
    buffer_append_char(&text, '}');
    if (!text.failed)
        payload = arena_copy(&call->arena, text.data, text.size);
    buffer_clear(&text);
    return payload;
}

static int check(struct call *call)
{
    const struct hd_stop_run_params *params = call->parameters;
    struct stop_state *state = call->state;

    state->payload = marker_payload(call, params->reason ? params->reason : default_reason);
    return state->payload ? call_redact_payload(call, &state->payload) : STORE_NO_MEMORY;
}

static int stop(struct call *call, struct store_db *db, struct run_row *row, int64_t *ret_seq)
{
    const struct stop_state *state = call->state;

    return runs_stop(db, row, state->payload, call->now, ret_seq);
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_stop_run_params *params = call->parameters;
    struct run_row row;
    int64_t seq;
    int r;

    r = call_get_run(call, db, params->run_id, &row);
    if (r)
        return r;
    if (strcmp(row.status, "stopped") == 0)
        r = events_last_seq_of_type(db, row.id, marker_type, &seq);
    else if (strcmp(row.status, "running") == 0)
        r = stop(call, db, &row, &seq);
    else
        return call_fail_transition(call, row.id, row.status, "stopped");
    if (r == STORE_SEQUENCE_EXHAUSTED)
        return call_fail_too_large(call, "seq", INT64_MAX);
    if (r)
        return r;
    return call_reply(call, &(struct hd_stop_run_result){.run = run_to_wire(&row), .seq = seq});
}

static void done(struct call *call, int result)
{
    const struct hd_stop_run_params *params = call->parameters;

    if (result == 0)
        claim_forget(call, params->run_id);
}

const struct op op_stop_run = {
    .kind = OP_WRITE,
    .state_size = sizeof(struct stop_state),
    .check = check,
    .run = run,
    .done = done,
};
