#include "op.h"
#include "wire.h"

static int run(struct call *call, struct store_db *db)
{
    const struct hd_pin_run_params *params = call->parameters;
    struct run_row row;
    int r;

    r = runs_pin(db, params->run_id, params->pinned);
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_run_not_found(call, params->run_id);
    if (r == 0)
        r = call_get_run(call, db, params->run_id, &row);
    return r ? r : call_reply(call, &(struct hd_pin_run_result){.run = run_to_wire(&row)});
}

const struct op op_pin_run = {.kind = OP_WRITE, .run = run};
