#include "migrate.h"

#include "store_db.h"

#include <errno.h>
#include <string.h>

static const char versions_table[] =
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY,"
    " applied_at DATETIME NOT NULL)";

static int version_record(sqlite3 *handle, int version)
{
    static const char sql[] = "INSERT OR IGNORE INTO schema_version (version, applied_at)"
                              " VALUES (?, strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))";
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_bind_int(statement, 1, version);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int migrations_apply(sqlite3 *handle, int from)
{
    int rc = sqlite3_exec(handle, versions_table, NULL, NULL, NULL);

    /* Tables of version 1 without a table of versions: the row is what they lack. */
    if (rc == SQLITE_OK && from == 1)
        rc = version_record(handle, 1);
    for (int i = from; rc == SQLITE_OK && i < n_migrations; i++) {
        rc = sqlite3_exec(handle, migrations[i].sql, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
            rc = version_record(handle, migrations[i].version);
    }
    return rc;
}

static int migrate_problem(sqlite3 *handle, const char *path, int rc,
                           struct store_problem *ret_problem)
{
    int cause = errno;

    if (failure_is_full(rc, cause)) {
        problem_environment(ret_problem, "no room on the disk for %s; make room", path);
        return -1;
    }
    switch (rc & 0xff) {
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        problem_refuse(ret_problem, "%s can't be brought to schema version %d: %s; " PROBLEM_REMEDY,
                       path, n_migrations, sqlite3_errmsg(handle));
        break;
    case SQLITE_BUSY:
        problem_environment(ret_problem,
                            "%s is locked by another program; end its transaction and "
                            "start again",
                            path);
        break;
    default:
        problem_environment(ret_problem, "%s: migrating failed: %s%s%s", path,
                            sqlite3_errmsg(handle), cause ? ": " : "",
                            cause ? strerrordesc_np(cause) : "");
    }
    return -1;
}

int schema_migrate(sqlite3 *handle, const char *path, struct store_problem *ret_problem)
{
    int version = 0;
    int r = -1;
    int rc;

    errno = 0;
    rc = sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return migrate_problem(handle, path, rc, ret_problem);
    if (schema_read_version(handle, path, &version, ret_problem) == 0) {
        if (version < n_migrations)
            rc = migrations_apply(handle, version);
        if (rc == SQLITE_OK && !statements_fit(handle))
            rc = sqlite3_extended_errcode(handle);
        if (rc == SQLITE_OK)
            rc = sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
        r = rc == SQLITE_OK ? 0 : migrate_problem(handle, path, rc, ret_problem);
    }
    if (!sqlite3_get_autocommit(handle))
        sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL);
    return r;
}
