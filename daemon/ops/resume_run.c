#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attachment_rows.h"
#include "attachments.h"
#include "claim.h"
#include "op.h"

static const char marker_type[] = "run.resumed";

struct resume_state {
    struct claim claim;
    bool released;
};

static int check(struct call *call)
{
    const struct hd_resume_run_params *params = call->parameters;
    struct resume_state *state = call->state;

    if (params->attached)
        return claim_prepare(call, &state->claim);
    claim_touch(call, params->run_id);
    return 0;
}

/* Appends the marker, or finds that the run's last event is one already. */
static int mark(struct call *call, struct store_db *db, struct run_row *row)
{
    char payload[64];
    struct event_new marker = {.type = marker_type, .time = call->now, .payload = payload};
    struct events_appended appended;
    struct event_row last;
    bool found;
    int r;

    r = events_last(db, row->id, &call->arena, &found, &last);
    if (r)
        return r;
    if (found && strcmp(last.type, marker_type) == 0)
        return 0;
    snprintf(payload, sizeof(payload), "{\"resumed_from_seq\":%" PRId64 "}", row->last_seq);
    r = events_append(db, row->id, &marker, 1, call->now, &appended);
    if (r)
        return r;
    row->last_seq = appended.last_seq;
    return 0;
}

/* Whom the run stands with from now on. Who resumes a lost run without attaching it goes on without
 * being watched. */
static int stand(struct call *call, struct store_db *db, const char *run_id)
{
    const struct hd_resume_run_params *params = call->parameters;
    struct resume_state *state = call->state;
    const char *attachment;

    if (params->attached)
        return claim_write(call, db, &state->claim, run_id, false);
    attachment = attachments_state(call->service->attachments, run_id);
    state->released = attachment && strcmp(attachment, "lost") == 0;
    return state->released ? attachment_rows_drop(db, run_id) : 0;
}

static int answer(struct call *call, const struct run_row *row)
{
    const struct resume_state *state = call->state;
    struct hd_resume_run_result result = {.run = call_run_to_wire(call, row), .seq = row->last_seq};

    if (state->claim.run_id || state->released)
        result.run.attachment = state->claim.attachment;
    return call_reply(call, &result);
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_resume_run_params *params = call->parameters;
    struct resume_state *state = call->state;
    struct run_row row;
    int r;

    claim_reset(&state->claim);
    state->released = false;
    r = call_get_run(call, db, params->run_id, &row);
    if (r)
        return r;
    if (strcmp(row.status, "completed") == 0)
        return call_fail_transition(call, row.id, row.status, "running");
    r = mark(call, db, &row);
    if (r == STORE_SEQUENCE_EXHAUSTED)
        return call_fail_too_large(call, "seq", INT64_MAX);
    if (r)
        return r;
    row.status = "running";
    row.completed_at = NULL;
    row.error = NULL;
    r = runs_update(db, &row);
    if (r == 0)
        r = stand(call, db, row.id);
    return r ? r : answer(call, &row);
}

static void done(struct call *call, int result)
{
    const struct hd_resume_run_params *params = call->parameters;
    struct resume_state *state = call->state;

    claim_settle(call, &state->claim, result);
    if (result == 0 && state->released)
        claim_forget(call, params->run_id);
}

const struct op op_resume_run = {
    .kind = OP_WRITE,
    .state_size = sizeof(struct resume_state),
    .check = check,
    .run = run,
    .done = done,
};
