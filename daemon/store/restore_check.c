#include "restore_check.h"

#include "migrate.h"
#include "store_db.h"
#include "store_problem.h"

#define REMEDY "take another backup"

static int check_problem(sqlite3 *handle, const char *name, int rc,
                         struct store_problem *ret_problem)
{
    int cause = handle ? sqlite3_system_errno(handle) : 0;
    const char *words = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(rc);

    if ((rc & 0xff) == SQLITE_NOMEM)
        problem_environment(ret_problem, "out of memory while looking at %s", name);
    else if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN)
        problem_environment(ret_problem, "the copy of %s can't be read: %s (%s)", name, words,
                            strerrordesc_np(cause));
    else
        problem_refuse(ret_problem, "%s is damaged or not a database: %s; " REMEDY, name, words);
    return -1;
}

static int check_int(sqlite3 *handle, const char *sql, int64_t *ret_value)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        *ret_value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static int check_schema(sqlite3 *handle, const char *name, struct store_problem *ret_problem)
{
    int64_t application = 0;
    int version = 0;
    int rc = check_int(handle, "PRAGMA application_id", &application);

    if (rc != SQLITE_OK)
        return check_problem(handle, name, rc, ret_problem);
    if (application != 0) {
        problem_refuse(ret_problem,
                       "%s belongs to another program (application_id 0x%08x); name a backup of "
                       "historyd",
                       name, (unsigned int)application);
        return -1;
    }
    if (schema_read_version(handle, name, &version, ret_problem) < 0)
        return -1;
    if (version == 0) {
        problem_refuse(ret_problem, "%s is a database without a history; name a backup of historyd",
                       name);
        return -1;
    }
    return schema_rehearse(handle, name, version, ret_problem);
}

/* Pages, rows, indexes and references, as CheckIntegrity has it. Not graphs: one that is wrong was
 * so in the database, and is no reason to give up the rest of the history. */
static int check_content(sqlite3 *handle, const char *name, struct store_problem *ret_problem)
{
    const char *const *problems = NULL;
    size_t n_problems = 0;
    struct arena arena = ARENA_INIT;
    atomic_bool hurry;
    struct store_db db = {.handle = handle, .hurry = &hurry};
    const struct integrity_scope scope = {.quick = false};
    int r;

    atomic_init(&hurry, false);
    r = store_check_integrity(&db, &scope, &arena, &problems, &n_problems);
    if (r < 0)
        check_problem(handle, name, r == STORE_NO_MEMORY ? SQLITE_NOMEM : sqlite3_errcode(handle),
                      ret_problem);
    else if (n_problems > 0)
        problem_refuse(ret_problem, "%s is damaged (%zu problems, the first: %.300s); " REMEDY,
                       name, n_problems, problems[0]);
    arena_clear(&arena);
    return r < 0 || n_problems > 0 ? -1 : 0;
}

int restore_check(const char *path, const char *name, struct store_restored *ret_restored,
                  struct store_problem *ret_problem)
{
    sqlite3 *handle = NULL;
    int rc = sqlite3_open_v2(path, &handle,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                                 SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                             "unix-none");
    int r;

    if (rc == SQLITE_OK)
        sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(handle, "PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON", NULL, NULL,
                          NULL);
    r = rc == SQLITE_OK ? 0 : check_problem(handle, name, rc, ret_problem);
    if (r == 0)
        r = check_schema(handle, name, ret_problem);
    if (r == 0)
        r = check_content(handle, name, ret_problem);
    if (r == 0) {
        rc = check_int(handle, "SELECT count(*) FROM runs", &ret_restored->runs);
        if (rc == SQLITE_OK)
            rc = check_int(handle, "SELECT count(*) FROM events", &ret_restored->events);
        r = rc == SQLITE_OK ? 0 : check_problem(handle, name, rc, ret_problem);
    }
    sqlite3_close(handle);
    return r;
}
