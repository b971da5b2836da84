#include "claim.h"
#include "op.h"

static int check(struct call *call)
{
    const struct hd_update_run_params *params = call->parameters;

    claim_touch(call, params->run_id);
    return 0;
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_update_run_params *params = call->parameters;
    struct run_row row;
    int r;

    r = call_get_run(call, db, params->run_id, &row);
    if (r)
        return r;
    if (params->has_total_units)
        row.total_units = params->total_units;
    if (params->has_completed_units)
        row.completed_units = params->completed_units;
    if (params->has_failed_units)
        row.failed_units = params->failed_units;
    if (params->has_blocked_units)
        row.blocked_units = params->blocked_units;
    r = runs_update(db, &row);
    if (r)
        return r;
    return call_reply(call, &(struct hd_update_run_result){.run = call_run_to_wire(call, &row)});
}

const struct op op_update_run = {.kind = OP_WRITE, .check = check, .run = run};
