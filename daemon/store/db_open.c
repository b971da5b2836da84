/*
 * Opening a connection. Every setting that a promise of the store rests on is set and read back,
 * for SQLite ignores what it does not know or was built without.
 *
 * Memory and time a connection may use are bounded: the page cache by `cache_kib` (a reader's by
 * READER_CACHE_KIB), temporary b-trees stay in memory and none is on a growing path, and a wait for
 * another process's lock ends after BUSY_LIMIT_MS.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "store_db.h"
#include "store_problem.h"
#include "wal_vfs.h"

enum {
    READER_CACHE_KIB = 4096,
    BUSY_LIMIT_MS = 10000,
    BUSY_HURRY_MS = 1000, /* the store closes: the daemon has seconds to end */
    BUSY_NAP_MS = 10,
};

static int64_t milliseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Another process (an operator's sqlite3) holds a lock. SQLite's own busy_timeout would not notice
 * that the store closes. */
static int busy_wait(void *data, int tries)
{
    struct store_db *db = data;
    int64_t now = milliseconds_now();
    int64_t limit = db->busy_limit_ms;

    if (tries == 0)
        db->busy_since_ms = now;
    if (atomic_load(db->hurry) && limit > BUSY_HURRY_MS)
        limit = BUSY_HURRY_MS;
    if (now - db->busy_since_ms >= limit)
        return 0;
    sqlite3_sleep(BUSY_NAP_MS);
    return 1;
}

/* SQLite's automatic checkpoint drops the result, and a failed sync must be final: the writer looks
 * at the size told here and checkpoints itself, on this same connection (never on another one: a
 * checkpoint beside a writer on two connections can corrupt the database). */
static int wal_grew(void *data, sqlite3 *handle, const char *name, int pages)
{
    struct store_db *db = data;

    (void)handle;
    (void)name;
    db->wal_pages = pages;
    return SQLITE_OK;
}

static int open_problem(struct store_db *db, const char *what, int rc,
                        struct store_problem *ret_problem)
{
    const char *path = db->handle ? sqlite3_db_filename(db->handle, "main") : NULL;
    int cause = errno;

    if (!path)
        path = "the database";
    if ((rc & 0xff) == SQLITE_BUSY)
        problem_environment(ret_problem,
                            "%s is locked by another program (%s); end its transaction and start "
                            "again",
                            path, what);
    else if (failure_is_full(rc, cause) || cause == ENOSPC)
        problem_environment(ret_problem, "no room on the disk for %s (%s); make room", path, what);
    else if (failure_is_damage(rc))
        problem_refuse(ret_problem, "%s is damaged (%s): %s; " PROBLEM_REMEDY, path, what,
                       sqlite3_errstr(rc));
    else
        problem_environment(ret_problem, "%s: %s failed: %s%s%s", path, what,
                            db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc),
                            cause ? ": " : "", cause ? strerrordesc_np(cause) : "");
    return -1;
}

/* Runs "PRAGMA name" or "PRAGMA name = value" for its first column. */
static int pragma_run(struct store_db *db, const char *name, const char *value, char *ret_text,
                      size_t size)
{
    sqlite3_stmt *statement = NULL;
    const char *text = NULL;
    char sql[128];
    int rc;

    snprintf(sql, sizeof(sql), "PRAGMA main.%s%s%s", name, value ? " = " : "", value ? value : "");
    rc = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW || rc == SQLITE_DONE) {
        rc = rc == SQLITE_ROW ? column_text(statement, 0, &text) : SQLITE_OK;
        snprintf(ret_text, size, "%s", text ? text : "");
    }
    sqlite3_finalize(statement);
    return rc;
}

static int pragma_set(struct store_db *db, const char *name, const char *value,
                      const char *expected, struct store_problem *ret_problem)
{
    char text[64] = "";
    int rc;

    errno = 0;
    rc = value ? pragma_run(db, name, value, text, sizeof(text)) : SQLITE_OK;
    if (rc == SQLITE_OK)
        rc = pragma_run(db, name, NULL, text, sizeof(text));
    if (rc != SQLITE_OK)
        return open_problem(db, name, rc, ret_problem);
    /* Built without memory mapping, SQLite has no such pragma. */
    if (strcmp(name, "mmap_size") == 0 && !text[0])
        return 0;
    if (strcmp(text, expected) == 0)
        return 0;
    problem_environment(ret_problem, "%s: SQLite keeps %s at \"%s\" where \"%s\" is needed",
                        sqlite3_db_filename(db->handle, "main"), name, text, expected);
    return -1;
}

static int pragma_set_int(struct store_db *db, const char *name, int64_t value,
                          struct store_problem *ret_problem)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, value);
    return pragma_set(db, name, text, text, ret_problem);
}

int db_set_synchronous(struct store_db *db, enum store_sync synchronous,
                       struct store_problem *ret_problem)
{
    return pragma_set_int(db, "synchronous", synchronous == STORE_SYNC_NORMAL ? 1 : 2, ret_problem);
}

/* SQL and schema may come from a file that others wrote: nothing in it runs code or reaches another
 * file. */
static int db_harden(struct store_db *db, enum db_role role, struct store_problem *ret_problem)
{
    static const struct {
        int option;
        int value;
    } options[] = {{SQLITE_DBCONFIG_DEFENSIVE, 1},      {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                   {SQLITE_DBCONFIG_DQS_DML, 0},        {SQLITE_DBCONFIG_DQS_DDL, 0},
                   {SQLITE_DBCONFIG_ENABLE_FKEY, 1},    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                   {SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0}};

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        int value = -1;
        int rc = sqlite3_db_config(db->handle, options[i].option, options[i].value, &value);

        if (rc != SQLITE_OK || value != options[i].value)
            return open_problem(db, "sqlite3_db_config", rc, ret_problem);
    }
    /* The writer is the last to close and has checkpointed by then, with the result looked at. */
    if (role == DB_READER)
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_limit(db->handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(db->handle, SQLITE_LIMIT_WORKER_THREADS, 0);
    return 0;
}

static int db_set_pragmas(struct store_db *db, enum db_role role,
                          const struct store_options *options, struct store_problem *ret_problem)
{
    bool writer = role == DB_WRITER;
    char ignored[16];
    int64_t cache = writer ? options->cache_kib : READER_CACHE_KIB;
    int r = pragma_set(db, "trusted_schema", "OFF", "0", ret_problem);

    if (r == 0)
        r = pragma_set(db, "mmap_size", "0", "0", ret_problem);
    if (r == 0)
        r = pragma_set(db, "cell_size_check", "ON", "1", ret_problem);
    if (r == 0)
        r = pragma_set(db, "temp_store", "MEMORY", "2", ret_problem);
    if (r == 0)
        r = pragma_set(db, "foreign_keys", "ON", "1", ret_problem);
    if (r == 0)
        r = pragma_set_int(db, "cache_size", -cache, ret_problem);
    if (r == 0 && !writer)
        r = pragma_set(db, "query_only", "ON", "1", ret_problem);
    /* What retention frees can be given back to the disk. Must come before the log, which makes the
     * file; a database that has tables keeps its way. */
    if (r == 0 && writer)
        r = pragma_run(db, "auto_vacuum", "INCREMENTAL", ignored, sizeof(ignored)) == SQLITE_OK
                ? 0
                : open_problem(db, "auto_vacuum", sqlite3_errcode(db->handle), ret_problem);
    if (r == 0)
        r = pragma_set(db, "journal_mode", writer ? "WAL" : NULL, "wal", ret_problem);
    if (r == 0 && writer)
        r = pragma_set_int(db, "journal_size_limit", options->journal_bytes, ret_problem);
    /* What is deleted or replaced is written over with zeros: a secret must not stay behind in free
     * space. */
    if (r == 0 && writer)
        r = pragma_set(db, "secure_delete", "ON", "1", ret_problem);
    if (r == 0)
        r = pragma_set(db, "wal_autocheckpoint", "0", "0", ret_problem);
    /* The recipe of store_open() is synced whatever is configured. */
    if (r == 0 && writer)
        r = db_set_synchronous(db, STORE_SYNC_FULL, ret_problem);
    return r;
}

int db_open(struct store_db *db, const char *path, enum db_role role,
            const struct store_options *options, atomic_bool *hurry,
            struct store_problem *ret_problem)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |
                SQLITE_OPEN_EXRESCODE;
    bool gathers = role == DB_WRITER && options->synchronous == STORE_SYNC_FULL;
    int rc;

    *db = (struct store_db){.hurry = hurry, .busy_limit_ms = BUSY_LIMIT_MS};
    flags |= role == DB_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    errno = 0;
    rc = sqlite3_open_v2(path, &db->handle, flags, gathers ? wal_vfs_name() : NULL);
    if (rc != SQLITE_OK)
        return open_problem(db, "opening", rc, ret_problem);
    sqlite3_busy_handler(db->handle, busy_wait, db);
    if (db_harden(db, role, ret_problem) < 0 || db_set_pragmas(db, role, options, ret_problem) < 0)
        return -1;
    if (role == DB_WRITER)
        sqlite3_wal_hook(db->handle, wal_grew, db);
    return 0;
}
