#include "claim.h"
#include "op.h"

static int run(struct call *call, struct store_db *db)
{
    const struct hd_get_run_params *params = call->parameters;
    struct run_row row;
    int r;

    r = call_get_run(call, db, params->run_id, &row);
    if (r)
        return r;
    return call_reply(call, &(struct hd_get_run_result){.run = call_run_to_wire(call, &row)});
}

const struct op op_get_run = {.kind = OP_READ, .run = run};
