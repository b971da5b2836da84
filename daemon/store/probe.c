#include "probe.h"

#include <limits.h>
#include <stdio.h>

#include "statements.h"

/* What a start reads. */
static const struct {
    int first; /* versions of the schema with which it does */
    int last;
    enum statement_id id; /* or `sql` */
    const char *sql;
    const char *name; /* what can't be read then */
} reads[] = {
    /* The migrations that are ahead. */
    {1, 1, 0, "SELECT count(*) FROM events INDEXED BY idx_events_run", "idx_events_run"},
    {1, 2, 0,
     "SELECT max(id), max(repo_path), max(status), max(started_at), max(completed_at)"
     " FROM runs NOT INDEXED",
     "runs"},
    /* The boot record goes behind the last one. */
    {2, INT_MAX, 0, "SELECT max(id) FROM boots", "boots"},
    {1, INT_MAX, STATEMENT_EVENTS_LAST_ID, NULL, "events"},
    {1, INT_MAX, STATEMENT_RUNS_RUNNING, NULL, "idx_runs_status"},
    {2, INT_MAX, STATEMENT_CHANGE_LAST, NULL, "run_changes"},
    {3, INT_MAX, STATEMENT_REMOVALS_FIRST, NULL, "removals"},
    {3, INT_MAX, STATEMENT_ATTACHMENTS_RUNNING, NULL, "attachments"},
};

static int probe_read(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        rc = SQLITE_OK;
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* A partial index is only entered where its condition holds, and each of ours has the same one.
 * Another program's, which can't be entered so, is its own affair. */
static int probe_object(sqlite3 *handle, sqlite3_stmt *object, char *ret_name)
{
    const char *type = (const char *)sqlite3_column_text(object, 0);
    const char *name = (const char *)sqlite3_column_text(object, 1);
    const char *table = (const char *)sqlite3_column_text(object, 2);
    const char *condition = sqlite3_column_int(object, 3) ? " WHERE status <> 'running'" : "";
    char *sql;
    int rc;

    if (!type || !name || !table)
        return SQLITE_NOMEM;
    sql = type[0] == 'i' ? sqlite3_mprintf("SELECT 1 FROM \"%w\" INDEXED BY \"%w\"%s LIMIT 1",
                                           table, name, condition)
                         : sqlite3_mprintf("SELECT * FROM \"%w\" NOT INDEXED LIMIT 1", name);
    if (!sql)
        return SQLITE_NOMEM;
    rc = probe_read(handle, sql);
    snprintf(ret_name, PROBE_NAME_SIZE, "%s", name);
    sqlite3_free(sql);
    return rc == SQLITE_ERROR ? SQLITE_OK : rc;
}

static int probe_objects(sqlite3 *handle, char *ret_name)
{
    static const char sql[] =
        "SELECT type, name, tbl_name, sql LIKE '% WHERE status <> ''running''%' FROM sqlite_schema"
        " WHERE type IN ('table', 'index') AND tbl_name IN ('schema_version', 'runs', 'events',"
        " 'graphs', 'sqlite_sequence', 'boots', 'run_changes', 'pins', 'attachments', 'removals')";
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);

    while (rc == SQLITE_OK && (rc = sqlite3_step(statement)) == SQLITE_ROW)
        rc = probe_object(handle, statement, ret_name);
    sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int probe_tables(sqlite3 *handle, int version, char ret_name[PROBE_NAME_SIZE])
{
    int rc;

    snprintf(ret_name, PROBE_NAME_SIZE, "sqlite_schema");
    rc = probe_objects(handle, ret_name);
    for (size_t i = 0; rc == SQLITE_OK && i < sizeof(reads) / sizeof(reads[0]); i++) {
        if (version < reads[i].first || version > reads[i].last)
            continue;
        snprintf(ret_name, PROBE_NAME_SIZE, "%s", reads[i].name);
        rc = probe_read(handle, reads[i].sql ? reads[i].sql : statement_sql(reads[i].id));
    }
    return rc;
}
