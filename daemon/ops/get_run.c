#include "op.h"
#include "wire.h"

static int run(struct call *call, struct store_db *db)
{
    const struct hd_get_run_params *params = call->parameters;
    struct run_row row;
    int r;

    r = runs_get(db, params->run_id, &call->arena, &row);
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_run_not_found(call, params->run_id);
    if (r)
        return r;
    return call_reply(call, &(struct hd_get_run_result){.run = run_to_wire(&row)});
}

const struct op op_get_run = {.kind = OP_READ, .run = run};
