#include "last_seq.h"
#include "store_backup.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool failure_is_full(int rc, int cause)
{
    if ((rc & 0xff) == SQLITE_FULL)
        return true;
    if (rc != SQLITE_IOERR_WRITE && rc != SQLITE_IOERR_SHMSIZE)
        return false;
    return cause == ENOSPC || cause == EDQUOT || cause == EFBIG;
}

int column_text(sqlite3_stmt *statement, int column, const char **ret_text)
{
    *ret_text = (const char *)sqlite3_column_text(statement, column);
    if (!*ret_text && sqlite3_errcode(sqlite3_db_handle(statement)) == SQLITE_NOMEM)
        return SQLITE_NOMEM;
    return SQLITE_OK;
}

bool failure_is_damage(int rc)
{
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

static bool failure_is_fatal(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_NOLFS:
        return true;
    default:
        return false;
    }
}

int db_failure(struct store_db *db, int rc)
{
    int cause = errno;

    if ((rc & 0xff) == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM)
        return STORE_NO_MEMORY;
    if (failure_is_full(rc, cause))
        return STORE_FULL;
    if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED ||
        (rc & 0xff) == SQLITE_INTERRUPT)
        return STORE_BUSY;
    /* The first failure is the cause of those behind it. */
    if (db->fatal)
        return STORE_FAILED;
    snprintf(db->failure, sizeof(db->failure), "%s (SQLite code %d%s%s)",
             sqlite3_errmsg(db->handle), rc, (rc & 0xff) == SQLITE_IOERR && cause ? ", " : "",
             (rc & 0xff) == SQLITE_IOERR && cause ? strerrordesc_np(cause) : "");
    if (failure_is_fatal(rc))
        db->fatal = rc;
    return STORE_FAILED;
}

static sqlite3_stmt *db_statement(struct store_db *db, enum statement_id id, int *ret_rc)
{
    if (!db->statements[id])
        *ret_rc = sqlite3_prepare_v3(db->handle, statement_sql(id), -1, SQLITE_PREPARE_PERSISTENT,
                                     &db->statements[id], NULL);
    return db->statements[id];
}

void query_start(struct query *query, struct store_db *db, enum statement_id id)
{
    *query = (struct query){.db = db, .rc = SQLITE_OK};
    query->statement = db_statement(db, id, &query->rc);
}

/* A name that the statement lacks is place 0, which SQLite refuses. */
static int query_place(struct query *query, const char *name)
{
    return sqlite3_bind_parameter_index(query->statement, name);
}

void query_bind_text(struct query *query, const char *name, const char *text)
{
    if (query->rc != SQLITE_OK)
        return;
    query->rc =
        sqlite3_bind_text(query->statement, query_place(query, name), text, -1, SQLITE_STATIC);
}

void query_bind_int(struct query *query, const char *name, int64_t value)
{
    if (query->rc != SQLITE_OK)
        return;
    query->rc = sqlite3_bind_int64(query->statement, query_place(query, name), value);
}

void query_bind_null(struct query *query, const char *name)
{
    if (query->rc != SQLITE_OK)
        return;
    query->rc = sqlite3_bind_null(query->statement, query_place(query, name));
}

void query_bind_lowest(struct query *query, const char *name)
{
    if (query->rc != SQLITE_OK)
        return;
    query->rc = sqlite3_bind_double(query->statement, query_place(query, name), -HUGE_VAL);
}

void query_bind_highest(struct query *query, const char *name)
{
    if (query->rc != SQLITE_OK)
        return;
    query->rc = sqlite3_bind_zeroblob(query->statement, query_place(query, name), 0);
}

int query_step(struct query *query)
{
    if (query->rc == SQLITE_OK) {
        int rc;

        errno = 0;
        rc = sqlite3_step(query->statement);

        if (rc == SQLITE_ROW)
            return 1;
        if (rc == SQLITE_DONE)
            return 0;
        query->rc = rc;
    }
    return db_failure(query->db, query->rc);
}

void query_end(struct query *query)
{
    if (!query->statement)
        return;
    sqlite3_reset(query->statement);
    /* The texts bound belong to the caller and may go now. */
    sqlite3_clear_bindings(query->statement);
}

int db_run(struct store_db *db, enum statement_id id)
{
    struct query query;
    int r;

    query_start(&query, db, id);
    r = query_step(&query);
    query_end(&query);
    return r < 0 ? r : 0;
}

int query_int(struct query *query, int64_t *ret_value)
{
    int r = query_step(query);

    if (r >= 0)
        *ret_value = r > 0 ? sqlite3_column_int64(query->statement, 0) : 0;
    query_end(query);
    return r < 0 ? r : 0;
}

int db_run_int(struct store_db *db, enum statement_id id, int64_t *ret_value)
{
    struct query query;

    query_start(&query, db, id);
    return query_int(&query, ret_value);
}

void db_close(struct store_db *db)
{
    if (!db)
        return;
    for (int id = 0; id < STATEMENT_COUNT; id++)
        sqlite3_finalize(db->statements[id]);
    store_backup_cancel(db);
    sqlite3_close(db->handle);
    buffer_clear(&db->transaction.changed);
    last_seqs_forget(db);
    free(db->scratch);
    *db = (struct store_db){.handle = NULL};
}
