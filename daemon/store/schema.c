/*
 * Whose schema is it, and of which version? Nothing here writes to the database asked.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate.h"
#include "statements.h"
#include "store_db.h"

static const char objects_sql[] = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
                                  " WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid";

static const char *const own_tables[] = {"runs", "events", "graphs"};

enum { N_OWN_TABLES = 3 };

struct schema_facts {
    bool versions;          /* a table of versions */
    bool own[N_OWN_TABLES]; /* in the order of own_tables */
    int n_own;
    char other[64]; /* the name of some other table */
};

static int schema_problem(sqlite3 *handle, const char *path, int rc,
                          struct store_problem *ret_problem)
{
    int cause = sqlite3_system_errno(handle);

    switch (rc & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_ERROR:
        problem_refuse(ret_problem, "%s is damaged or no history: %s; " PROBLEM_REMEDY, path,
                       sqlite3_errmsg(handle));
        break;
    case SQLITE_BUSY:
        problem_environment(ret_problem,
                            "%s is locked by another program; end its transaction and "
                            "start again",
                            path);
        break;
    default:
        problem_environment(ret_problem, "%s can't be read: %s%s%s", path, sqlite3_errmsg(handle),
                            cause ? ": " : "", cause ? strerrordesc_np(cause) : "");
    }
    return -1;
}

static void facts_note(struct schema_facts *facts, const char *type, const char *name)
{
    if (strcmp(type, "table") == 0 && strcmp(name, "schema_version") == 0) {
        facts->versions = true;
        return;
    }
    for (int i = 0; i < N_OWN_TABLES; i++) {
        if (strcmp(type, "table") == 0 && strcmp(name, own_tables[i]) == 0) {
            facts->own[i] = true;
            facts->n_own++;
            return;
        }
    }
    if (!facts->other[0])
        snprintf(facts->other, sizeof(facts->other), "%s", name);
}

static int schema_read_facts(sqlite3 *handle, struct schema_facts *ret_facts)
{
    struct schema_facts facts = {.n_own = 0};
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(handle, objects_sql, -1, &statement, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(statement, 0);
        const char *name = (const char *)sqlite3_column_text(statement, 1);

        rc = type && name ? SQLITE_OK : SQLITE_NOMEM;
        if (rc == SQLITE_OK)
            facts_note(&facts, type, name);
    }
    sqlite3_finalize(statement);
    if (rc != SQLITE_DONE)
        return rc;
    *ret_facts = facts;
    return SQLITE_OK;
}

/* The highest version recorded, 0 without a row; a row that is no version is SQLITE_MISMATCH. A
 * table of that name without the column `version` is SQLITE_ERROR. */
static int schema_read_rows(sqlite3 *handle, int64_t *ret_version)
{
    sqlite3_stmt *statement = NULL;
    int64_t version = 0;
    int rc = sqlite3_prepare_v2(handle, "SELECT version, typeof(version) FROM schema_version", -1,
                                &statement, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t value = sqlite3_column_int64(statement, 0);
        const char *type;

        rc = column_text(statement, 1, &type);
        if (rc == SQLITE_OK && (strcmp(type, "integer") != 0 || value < 1))
            rc = SQLITE_MISMATCH;
        if (value > version)
            version = value;
    }
    sqlite3_finalize(statement);
    if (rc != SQLITE_DONE)
        return rc;
    *ret_version = version;
    return SQLITE_OK;
}

static int schema_judge(const char *path, const struct schema_facts *facts, int64_t version,
                        int *ret_version, struct store_problem *ret_problem)
{
    if (version > n_migrations) {
        problem_refuse(ret_problem,
                       "%s has schema version %lld, this historyd knows %d; install the "
                       "newer historyd or name another database",
                       path, (long long)version, n_migrations);
        return -1;
    }
    if (facts->n_own == 0 && version == 0) {
        if (!facts->other[0]) {
            *ret_version = 0;
            return 0;
        }
        problem_refuse(ret_problem,
                       "%s belongs to another program (it holds \"%s\" and no runs); name "
                       "another database",
                       path, facts->other);
        return -1;
    }
    for (int i = 0; i < N_OWN_TABLES; i++) {
        if (facts->own[i])
            continue;
        problem_refuse(ret_problem,
                       "%s is no whole history: it lacks the table %s; " PROBLEM_REMEDY, path,
                       own_tables[i]);
        return -1;
    }
    *ret_version = version > 0 ? (int)version : 1;
    return 0;
}

int schema_read_version(sqlite3 *handle, const char *path, int *ret_version,
                        struct store_problem *ret_problem)
{
    struct schema_facts facts = {.n_own = 0};
    int64_t version = 0;
    int rc = schema_read_facts(handle, &facts);

    if (rc == SQLITE_OK && facts.versions) {
        rc = schema_read_rows(handle, &version);
        if (rc == SQLITE_MISMATCH || rc == SQLITE_ERROR) {
            problem_refuse(
                ret_problem,
                "%s is damaged: its table schema_version holds no version; " PROBLEM_REMEDY, path);
            return -1;
        }
    }
    if (rc != SQLITE_OK)
        return schema_problem(handle, path, rc, ret_problem);
    return schema_judge(path, &facts, version, ret_version, ret_problem);
}

/* One object in the copy: what is ours as it is, of everything else the name alone (it may need
 * modules or functions that only its own program has). */
static int object_copy(sqlite3 *copy, sqlite3_stmt *object)
{
    const char *type = (const char *)sqlite3_column_text(object, 0);
    const char *name = (const char *)sqlite3_column_text(object, 1);
    const char *table = (const char *)sqlite3_column_text(object, 2);
    const char *sql = (const char *)sqlite3_column_text(object, 3);
    bool own = table && strcmp(table, "schema_version") == 0;
    char *made = NULL;
    int rc;

    if (!type || !name || !table)
        return SQLITE_NOMEM;
    if (strcmp(type, "trigger") == 0 || !sql)
        return SQLITE_OK;
    for (int i = 0; i < N_OWN_TABLES; i++)
        own = own || strcmp(table, own_tables[i]) == 0;
    /* Past version 1 all of the daemon's own is in use. */
    own = own || strcmp(table, "boots") == 0 || strcmp(table, "run_changes") == 0 ||
          strcmp(table, "pins") == 0 || strcmp(table, "attachments") == 0 ||
          strcmp(table, "removals") == 0;
    if (own)
        return sqlite3_exec(copy, sql, NULL, NULL, NULL);
    made = strcmp(type, "index") == 0
               ? sqlite3_mprintf("CREATE INDEX \"%w\" ON \"%w\" (x)", name, table)
               : sqlite3_mprintf("CREATE TABLE \"%w\" (x)", name);
    if (!made)
        return SQLITE_NOMEM;
    rc = sqlite3_exec(copy, made, NULL, NULL, NULL);
    sqlite3_free(made);
    return rc;
}

static int schema_copy(sqlite3 *handle, sqlite3 *copy)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(handle, objects_sql, -1, &statement, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        rc = object_copy(copy, statement);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int schema_rehearse(sqlite3 *handle, const char *path, int version,
                    struct store_problem *ret_problem)
{
    sqlite3 *copy = NULL;
    int rc = sqlite3_open_v2(
        ":memory:", &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
    int r = 0;

    if (rc == SQLITE_OK)
        rc = schema_copy(handle, copy);
    if (rc == SQLITE_OK && version < n_migrations)
        rc = migrations_apply(copy, version);
    if (rc == SQLITE_OK && !statements_fit(copy))
        rc = sqlite3_errcode(copy);
    if (rc == SQLITE_NOMEM || !copy) {
        problem_environment(ret_problem, "out of memory while looking at %s", path);
        r = -1;
    } else if (rc != SQLITE_OK) {
        problem_refuse(ret_problem, "%s is no history of schema version %d: %s; " PROBLEM_REMEDY,
                       path, version, sqlite3_errmsg(copy));
        r = -1;
    }
    sqlite3_close(copy);
    return r;
}
