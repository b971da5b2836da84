#include "fault_judge.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* --- by a fresh daemon ------------------------------------------------------------------------ */

static void fresh_daemon_serves(const struct fault_place *place, struct fault_played *played)
{
    struct fault_wire wire = {.fd = -1};
    pid_t pid = fault_daemon_start(place, NULL);
    int status = 0;

    if (!fault_daemon_connect(place, pid, &wire, FAULT_PATIENCE_MS, &status)) {
        fault_problem(played, "the next daemon does not start: status %x", (unsigned int)status);
        return;
    }
    if (fault_wire_call(&wire, "admin.CheckIntegrity", "{}", NULL) != FAULT_ANSWERED)
        fault_problem(played, "the next daemon does not answer");
    else if (!strstr(wire.answer, "\"ok\":true"))
        fault_problem(played, "the next daemon finds damage: %.300s", wire.answer);
    fault_wire_clear(&wire);
    kill(pid, SIGTERM);
    if (!fault_daemon_wait(pid, FAULT_PATIENCE_MS, &status) || status != 0)
        fault_problem(played, "the next daemon ended with status %x", (unsigned int)status);
}

/* --- by looking ------------------------------------------------------------------------------- */

static int query_int(sqlite3 *db, const char *query, struct fault_played *played)
{
    sqlite3_stmt *statement = NULL;
    int value = -1;
    int rc = sqlite3_prepare_v2(db, query, -1, &statement, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        value = sqlite3_column_int(statement, 0);
    else
        fault_problem(played, "%.100s: %s", query, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
    return value;
}

/* The step by which retention may have run. */
static bool retention_was_tried(const struct fault_played *played)
{
    for (int i = 0; i < fault_n_steps; i++)
        if (fault_steps[i].loose)
            return played->outcomes[i] != FAULT_NOT_SENT && played->outcomes[i] != FAULT_REFUSED;
    return false;
}

static void effect_compare(sqlite3 *db, const struct fault_step *step, enum fault_outcome outcome,
                           struct fault_played *played)
{
    bool may_be_gone = step->passing && retention_was_tried(played);
    int stored = query_int(db, step->effect, played);

    if (stored == 0 && outcome == FAULT_DONE && !may_be_gone)
        fault_problem(played, "acknowledged and not stored: %s %.60s", step->method,
                      step->parameters);
    /* What was never there is not there after a retention that did nothing, too. */
    else if (stored == 1 && !step->loose && (outcome == FAULT_REFUSED || outcome == FAULT_NOT_SENT))
        fault_problem(played, "%s and stored: %s %.60s",
                      outcome == FAULT_REFUSED ? "refused" : "never sent", step->method,
                      step->parameters);
    /* Retention takes away in steps, and goes on with the next daemon. */
    else if (stored > 1 && !may_be_gone)
        fault_problem(played, "stored in part: %s %.60s", step->method, step->parameters);
}

static sqlite3 *database_open(const char *path, struct fault_played *played)
{
    sqlite3 *db = NULL;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
        return db;
    fault_problem(played, "%s: %s", path, sqlite3_errmsg(db));
    sqlite3_close(db);
    return NULL;
}

static void rows_compare(const struct fault_place *place, struct fault_played *played)
{
    sqlite3 *db = database_open(place->database, played);

    if (!db)
        return;
    for (int i = 0; i < fault_n_steps; i++)
        if (fault_steps[i].effect)
            effect_compare(db, &fault_steps[i], played->outcomes[i], played);
    if (query_int(db, "SELECT count(*) FROM pragma_foreign_key_check", played) != 0)
        fault_problem(played, "rows without their run");
    if (query_int(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check", played) != 1)
        fault_problem(played, "the database is damaged");
    sqlite3_close(db);
}

/* It has its name only when it is whole. */
static void backup_compare(const struct fault_place *place, struct fault_played *played)
{
    enum fault_outcome outcome = FAULT_NOT_SENT;
    char path[PATH_MAX];
    struct stat status;
    bool there;
    sqlite3 *db;

    for (int i = 0; i < fault_n_steps; i++)
        if (strstr(fault_steps[i].method, "Backup"))
            outcome = played->outcomes[i];
    snprintf(path, sizeof(path), "%s/backups/%s", place->folder, fault_backup);
    there = stat(path, &status) == 0;
    if (there && (outcome == FAULT_REFUSED || outcome == FAULT_NOT_SENT))
        fault_problem(played, "a backup that was refused is there");
    if (!there && outcome == FAULT_DONE)
        fault_problem(played, "a backup that was acknowledged is not there");
    db = there ? database_open(path, played) : NULL;
    if (db &&
        query_int(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check", played) != 1)
        fault_problem(played, "the backup is damaged");
    if (db && played->outcomes[1] == FAULT_DONE &&
        query_int(db, fault_steps[1].effect, played) != 1)
        fault_problem(played, "the backup lacks what was acknowledged before");
    sqlite3_close(db);
}

void fault_judge(const struct fault_place *place, struct fault_played *played)
{
    fresh_daemon_serves(place, played);
    rows_compare(place, played);
    backup_compare(place, played);
}
