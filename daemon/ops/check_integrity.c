#include "op.h"

static int run(struct call *call, struct store_db *db)
{
    const struct hd_check_integrity_params *params = call->parameters;
    struct hd_check_integrity_result result = {0};
    int r;

    r = store_check_integrity(db, params->has_quick && params->quick, &call->arena,
                              &result.problems, &result.n_problems);
    if (r)
        return r;
    result.ok = result.n_problems == 0;
    return call_reply(call, &result);
}

const struct op op_check_integrity = {.kind = OP_LONG_READ, .run = run};
