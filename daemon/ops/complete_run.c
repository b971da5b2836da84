#include <string.h>

#include "claim.h"
#include "op.h"

static bool differs(const char *given, const char *stored)
{
    return given && (!stored || strcmp(given, stored) != 0);
}

/* The first field given that an ended run has otherwise, in the order of the parameters; or NULL.
 */
static const char *conflict(const struct hd_complete_run_params *params, const struct run_row *row)
{
    if (differs(params->status, row->status))
        return "status";
    if (params->has_completed_units && params->completed_units != row->completed_units)
        return "completed_units";
    if (params->has_failed_units && params->failed_units != row->failed_units)
        return "failed_units";
    if (params->has_blocked_units && params->blocked_units != row->blocked_units)
        return "blocked_units";
    if (differs(params->error, row->error))
        return "error";
    if (differs(params->completed_at, row->completed_at))
        return "completed_at";
    return NULL;
}

static int complete(struct call *call, struct store_db *db, struct run_row *row)
{
    const struct hd_complete_run_params *params = call->parameters;

    row->status = params->status;
    row->completed_at = params->completed_at ? params->completed_at : call->now;
    if (params->has_completed_units)
        row->completed_units = params->completed_units;
    if (params->has_failed_units)
        row->failed_units = params->failed_units;
    if (params->has_blocked_units)
        row->blocked_units = params->blocked_units;
    if (params->error)
        row->error = params->error;
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
        field = conflict(params, &row);
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

const struct op op_complete_run = {.kind = OP_WRITE, .run = run, .done = done};
