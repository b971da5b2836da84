#include "database.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static sqlite3 *database_open(const char *path, int flags)
{
    sqlite3 *db;

    ck_assert_msg(sqlite3_open_v2(path, &db, flags, NULL) == SQLITE_OK, "%s: %s", path,
                  sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, 10000);
    return db;
}

void database_run(const char *path, const char *statements)
{
    sqlite3 *db = database_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    char *message = NULL;

    ck_assert_msg(sqlite3_exec(db, statements, NULL, NULL, &message) == SQLITE_OK, "%s: %s", path,
                  message);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

const char *database_rows(const char *path, const char *query)
{
    sqlite3 *db = database_open(path, SQLITE_OPEN_READONLY);
    sqlite3_stmt *statement;
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    int rc;

    ck_assert_ptr_nonnull(stream);
    rc = sqlite3_prepare_v2(db, query, -1, &statement, NULL);
    ck_assert_msg(rc == SQLITE_OK, "%s: %s", query, sqlite3_errmsg(db));
    while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *column = (const char *)sqlite3_column_text(statement, i);

            fprintf(stream, "%s%s", i ? "|" : "", column ? column : "NULL");
        }
        fputc('\n', stream);
    }
    ck_assert_msg(rc == SQLITE_DONE, "%s: %s", query, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
    ck_assert_int_eq(fclose(stream), 0);
    return harness_keep(text, free);
}

int64_t database_int(const char *path, const char *query)
{
    return strtoll(database_rows(path, query), NULL, 10);
}

void *database_lock(const char *path)
{
    sqlite3 *db = database_open(path, SQLITE_OPEN_READWRITE);

    ck_assert_int_eq(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

void database_unlock(void *lock)
{
    ck_assert_int_eq(sqlite3_exec(lock, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(lock), SQLITE_OK);
}
