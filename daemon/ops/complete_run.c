#include <string.h>

#include "call_redact.h"
#include "claim.h"
#include "op.h"

struct complete_state {
    const char *error; /* to be stored */
};

static int check(struct call *call)
{
    const struct hd_complete_run_params *params = call->parameters;
    struct complete_state *state = call->state;

    state->error = params->error;
    return call_redact_text(call, "error", &state->error);
}

static bool differs(const char *given, const char *stored)
{
    return given && (!stored || strcmp(given, stored) != 0);
}

static const char *conflict_before_error(const struct hd_complete_run_params *params,
                                         const struct run_row *row)
{
    if (differs(params->status, row->status))
        return "status";
    if (params->has_completed_units && params->completed_units != row->completed_units)
        return "completed_units";
    if (params->has_failed_units && params->failed_units != row->failed_units)
        return "failed_units";
    if (params->has_blocked_units && params->blocked_units != row->blocked_units)
        return "blocked_units";
    return NULL;
}

/* 1, 0 or a failure. */
static int error_differs(const struct call *call, const char *stored)
{
    const struct hd_complete_run_params *params = call->parameters;
    const struct complete_state *state = call->state;
    int r;

    if (!params->error || !stored)
        return params->error != NULL;
    r = call_redacted_same(
        call, &(struct redacted){.key = "error", .sent = params->error, .now = state->error},
        stored);
    return r < 0 ? r : !r;
}

/* The first field given that an ended run has otherwise, in the order of the parameters; or NULL.
 */
static int conflict(const struct call *call, const struct run_row *row, const char **ret_field)
{
    const struct hd_complete_run_params *params = call->parameters;
    int r;

    *ret_field = conflict_before_error(params, row);
    if (*ret_field)
        return 0;
    r = error_differs(call, row->error);
    if (r < 0)
        return r;
    if (r > 0)
        *ret_field = "error";
    else if (differs(params->completed_at, row->completed_at))
        *ret_field = "completed_at";
    return 0;
}

static int complete(struct call *call, struct store_db *db, struct run_row *row)
{
    const struct hd_complete_run_params *params = call->parameters;
    const struct complete_state *state = call->state;

    row->status = params->status;
    row->completed_at = params->completed_at ? params->completed_at : call->now;
    if (params->has_completed_units)
        row->completed_units = params->completed_units;
    if (params->has_failed_units)
        row->failed_units = params->failed_units;
    if (params->has_blocked_units)
        row->blocked_units = params->blocked_units;
    if (state->error)
        row->error = state->error;
    return runs_update(db, row);
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_complete_run_params *params = call->parameters;
    const char *field;
    struct run_row row;
    int r;

    r = call_get_run(call, db, params->run_id, &row);
    if (r)
        return r;
    if (strcmp(row.status, "running") != 0) {
        r = conflict(call, &row, &field);
        if (r)
            return r;
        if (field)
            return call_fail_run_conflict(call, params->run_id, field);
    } else {
        r = complete(call, db, &row);
        if (r)
            return r;
    }
    return call_reply(call, &(struct hd_complete_run_result){.run = run_to_wire(&row)});
}

static void done(struct call *call, int result)
{
    const struct hd_complete_run_params *params = call->parameters;

    if (result == 0)
        claim_forget(call, params->run_id);
}

const struct op op_complete_run = {
    .kind = OP_WRITE,
    .state_size = sizeof(struct complete_state),
    .check = check,
    .run = run,
    .done = done,
};
