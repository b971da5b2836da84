#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "migrate.h"
#include "probe.h"
#include "store_db.h"
#include "store_inspect.h"
#include "store_problem.h"

enum { LOOK_WAIT_MS = 2000 };

/* How to look without leaving a trace. */
enum look {
    LOOK_IMMUTABLE, /* no log to read: no locks, no files beside it */
    LOOK_EXCLUSIVE, /* through the log, whose index is then kept in memory, not in the -shm file */
    LOOK_SHARED,    /* another program has it open: share its index as any reader does */
};

/* Escapes what means something in a URI. The result is freed with sqlite3_free(). */
static char *path_uri(const char *path)
{
    sqlite3_str *uri = sqlite3_str_new(NULL);

    sqlite3_str_appendall(uri, "file:");
    for (const char *c = path; *c; c++) {
        if (*c == '%' || *c == '?' || *c == '#')
            sqlite3_str_appendf(uri, "%%%02x", (unsigned char)*c);
        else
            sqlite3_str_appendchar(uri, 1, *c);
    }
    sqlite3_str_appendall(uri, "?immutable=1");
    return sqlite3_str_finish(uri);
}

static int look_open(const struct store_place *place, enum look look, sqlite3 **ret_handle)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
    char *uri = look == LOOK_IMMUTABLE ? path_uri(place->path) : NULL;
    int rc;

    if (look == LOOK_IMMUTABLE && !uri)
        return SQLITE_NOMEM;
    flags |= look == LOOK_EXCLUSIVE ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    rc = sqlite3_open_v2(uri ? uri : place->path, ret_handle, flags | (uri ? SQLITE_OPEN_URI : 0),
                         NULL);
    sqlite3_free(uri);
    if (rc != SQLITE_OK)
        return rc;
    /* Nothing found here may lead to a write, and closing must not checkpoint. */
    sqlite3_db_config(*ret_handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_db_config(*ret_handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_busy_timeout(*ret_handle, look == LOOK_SHARED ? LOOK_WAIT_MS : 0);
    rc = sqlite3_exec(*ret_handle,
                      "PRAGMA query_only = ON; PRAGMA mmap_size = 0; PRAGMA cell_size_check = ON;",
                      NULL, NULL, NULL);
    if (rc == SQLITE_OK && look == LOOK_EXCLUSIVE)
        rc = sqlite3_exec(*ret_handle, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL);
    /* The first read: now the log is looked for and locks are taken. */
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(*ret_handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
    return rc;
}

static int look_problem(sqlite3 *handle, const struct store_place *place, int rc,
                        struct store_problem *ret_problem)
{
    int cause = handle ? sqlite3_system_errno(handle) : 0;
    const char *words = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(rc);

    if ((rc & 0xff) == SQLITE_NOTADB || (rc & 0xff) == SQLITE_CORRUPT ||
        (rc & 0xff) == SQLITE_ERROR)
        problem_refuse(ret_problem, "%s is damaged or not a database: %s; " PROBLEM_REMEDY,
                       place->path, words);
    else if ((rc & 0xff) == SQLITE_BUSY)
        problem_environment(ret_problem,
                            "%s is locked by another program; end its transaction and "
                            "start again",
                            place->path);
    else
        problem_environment(ret_problem, "%s can't be read: %s%s%s", place->path, words,
                            cause ? ": " : "", cause ? strerrordesc_np(cause) : "");
    return -1;
}

/* The value of a pragma's first row as text; empty when it can't be read. */
static int look_text(sqlite3 *handle, const char *sql, char *ret_text, size_t size)
{
    sqlite3_stmt *statement = NULL;
    const char *text = NULL;
    int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        rc = column_text(statement, 0, &text);
        snprintf(ret_text, size, "%s", text ? text : "");
    }
    sqlite3_finalize(statement);
    return rc;
}

static int look_whose(sqlite3 *handle, const struct store_place *place,
                      struct store_problem *ret_problem)
{
    char text[64] = "";
    int rc = look_text(handle, "PRAGMA application_id", text, sizeof(text));

    if (rc != SQLITE_OK)
        return look_problem(handle, place, rc, ret_problem);
    if (strcmp(text, "0") == 0)
        return 0;
    problem_refuse(ret_problem,
                   "%s belongs to another program (application_id %s); name another database",
                   place->path, text);
    return -1;
}

/* Something does not fit. Only if SQLite finds so, too, when it looks at every page, it is so. */
static int look_closely(sqlite3 *handle, const struct store_place *place,
                        const struct file_facts *facts, struct store_problem *ret_problem)
{
    char last_root[32] = "";
    char text[256] = "";
    const char *finding = text;
    int rc =
        look_text(handle, "SELECT max(rootpage) FROM sqlite_schema", last_root, sizeof(last_root));

    if (rc == SQLITE_OK && !facts->maybe_truncated && !facts->suspect && !facts->old_format &&
        (facts->last_root <= 1 || strtoull(last_root, NULL, 10) == facts->last_root))
        return 0;
    /* Which way an index is ordered only the longer check finds out. */
    if (rc == SQLITE_OK)
        rc = look_text(handle,
                       facts->old_format ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)",
                       text, sizeof(text));
    if (rc != SQLITE_OK)
        return look_problem(handle, place, rc, ret_problem);
    if (strcmp(text, "ok") == 0)
        return 0;
    if (facts->maybe_truncated) {
        problem_refuse(ret_problem,
                       "%s is truncated: pages are neither in it nor in its log; " PROBLEM_REMEDY,
                       place->path);
        return -1;
    }
    if (strncmp(text, "***", 3) == 0 && strchr(text, '\n'))
        finding = strchr(text, '\n') + 1;
    problem_refuse(ret_problem, "%s is damaged: %.*s; " PROBLEM_REMEDY, place->path,
                   (int)strcspn(finding, "\n"), finding);
    return -1;
}

static int look_judge(sqlite3 *handle, const struct store_place *place,
                      const struct file_facts *facts, struct store_problem *ret_problem)
{
    char name[PROBE_NAME_SIZE] = "";
    int version = 0;
    int rc;

    if (look_whose(handle, place, ret_problem) < 0 ||
        schema_read_version(handle, place->path, &version, ret_problem) < 0 ||
        (version > 0 && schema_rehearse(handle, place->path, version, ret_problem) < 0))
        return -1;
    if (look_closely(handle, place, facts, ret_problem) < 0)
        return -1;
    rc = version > 0 ? probe_tables(handle, version, name) : SQLITE_OK;
    if (failure_is_damage(rc)) {
        problem_refuse(ret_problem, "%s is damaged: %s can't be read: %s; " PROBLEM_REMEDY,
                       place->path, name, sqlite3_errstr(rc));
        return -1;
    }
    return rc == SQLITE_OK ? 0 : look_problem(handle, place, rc, ret_problem);
}

int inspect_database(const struct store_place *place, struct store_problem *ret_problem)
{
    struct file_facts facts = {.empty = false};
    sqlite3 *handle = NULL;
    int rc;
    int r;

    if (inspect_bytes(place, &facts, ret_problem) < 0)
        return -1;
    if (facts.empty)
        return 0;
    rc = look_open(place, facts.log_used ? LOOK_EXCLUSIVE : LOOK_IMMUTABLE, &handle);
    if ((rc & 0xff) == SQLITE_BUSY) {
        sqlite3_close(handle);
        handle = NULL;
        rc = look_open(place, LOOK_SHARED, &handle);
    }
    r = rc == SQLITE_OK ? look_judge(handle, place, &facts, ret_problem)
                        : look_problem(handle, place, rc, ret_problem);
    sqlite3_close(handle);
    return r;
}
