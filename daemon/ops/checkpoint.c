#include "op.h"

/* Runs on the writer, between two transactions. */
static int run(struct call *call, struct store_db *db)
{
    struct hd_checkpoint_result result;
    int r;

    r = store_checkpoint(db, &result.wal_pages, &result.checkpointed_pages);
    return r ? r : call_reply(call, &result);
}

const struct op op_checkpoint = {.kind = OP_EXCLUSIVE, .run = run};
