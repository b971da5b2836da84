/*
 * Whether the disk has room again.
 */
#include <unistd.h>

#include "store_db.h"

/* A row that is there for no moment: its page is written all the same. */
int store_try_room(struct store_db *db)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_BOOT_INSERT);
    query_bind_int(&query, ":pid", (int64_t)getpid());
    query_bind_text(&query, ":version", "");
    r = query_step(&query);
    query_end(&query);
    return r < 0 ? r : db_run(db, STATEMENT_BOOT_DELETE_NEWEST);
}
