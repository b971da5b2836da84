#include "power_check.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate.h"

struct found {
    uint64_t events;
    int64_t n_events;
    uint64_t digest;
    bool there;
};

struct checking {
    sqlite3 *database;
    const struct power_ledger *ledger;
    const struct power_standing *standing;
    struct found found[POWER_RUNS_MOST];
    char *words;
    size_t size;
    bool bad;
};

static void bad(struct checking *checking, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first fault is told. */
static void bad(struct checking *checking, const char *format, ...)
{
    va_list arguments;

    if (checking->bad)
        return;
    checking->bad = true;
    va_start(arguments, format);
    vsnprintf(checking->words, checking->size, format, arguments);
    va_end(arguments);
}

static const char *column(sqlite3_stmt *statement, int number)
{
    const unsigned char *text = sqlite3_column_text(statement, number);

    return text ? (const char *)text : "";
}

/* Calls `row` for each row. */
static void rows(struct checking *checking, const char *sql,
                 void (*row)(struct checking *checking, sqlite3_stmt *statement))
{
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(checking->database, sql, -1, &statement, NULL);

    if (rc == SQLITE_OK)
        while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
            row(checking, statement);
    if (rc != SQLITE_DONE)
        bad(checking, "%s: %s", sql, sqlite3_errmsg(checking->database));
    sqlite3_finalize(statement);
}

static int run_number(struct checking *checking, const char *id)
{
    int number = strncmp(id, "run-", 4) == 0 ? atoi(id + 4) : -1;

    if (number >= 0 && number < checking->ledger->load->n_runs)
        return number;
    bad(checking, "a run that nobody made: %s", id);
    return -1;
}

/* --- what is there --------------------------------------------------------------------------- */

static void integrity_row(struct checking *checking, sqlite3_stmt *statement)
{
    if (strcmp(column(statement, 0), "ok") != 0)
        bad(checking, "integrity: %s", column(statement, 0));
}

static void key_row(struct checking *checking, sqlite3_stmt *statement)
{
    bad(checking, "a foreign key of %s leads nowhere", column(statement, 0));
}

static uint64_t digest_columns(uint64_t digest, sqlite3_stmt *statement)
{
    int count = sqlite3_column_count(statement);

    for (int i = 1; i < count; i++) {
        digest = power_digest(digest, column(statement, i));
        digest = power_digest(digest, i + 1 < count ? "|" : "\n");
    }
    return digest;
}

static void event_row(struct checking *checking, sqlite3_stmt *statement)
{
    int number = run_number(checking, column(statement, 0));

    if (number < 0)
        return;
    checking->found[number].events = digest_columns(checking->found[number].events, statement);
    checking->found[number].n_events++;
}

/* The same text as the one that power_model.c makes. */
static void run_row(struct checking *checking, sqlite3_stmt *statement)
{
    int number = run_number(checking, column(statement, 0));
    uint64_t digest = POWER_DIGEST_START;
    struct found *found;
    char events[24];

    if (number < 0)
        return;
    found = &checking->found[number];
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        digest = power_digest(digest, column(statement, i));
        digest = power_digest(digest, "|");
    }
    snprintf(events, sizeof(events), "%016" PRIx64, found->events);
    found->digest = power_digest(digest, events);
    found->there = true;
}

static void database_read(struct checking *checking)
{
    for (int i = 0; i < POWER_RUNS_MOST; i++)
        checking->found[i] = (struct found){.events = POWER_DIGEST_START, .digest = POWER_ABSENT};
    rows(checking, "PRAGMA integrity_check(3)", integrity_row);
    rows(checking, "PRAGMA foreign_key_check", key_row);
    rows(checking,
         "SELECT run_id, seq, iif(type IN ('run.stopped', 'run.resumed'), '', time), type, unit,"
         " payload FROM events ORDER BY run_id, seq",
         event_row);
    rows(checking,
         "SELECT r.id, r.repo_path, r.completed_at IS NOT NULL, r.status, r.total_units,"
         " r.completed_units, r.failed_units, r.blocked_units, r.error,"
         " p.run_id IS NOT NULL, g.nodes, g.edges FROM runs r"
         " LEFT JOIN pins p ON p.run_id = r.id LEFT JOIN graphs g ON g.run_id = r.id",
         run_row);
}

/* --- what must be there ---------------------------------------------------------------------- */

/* What a deletion has begun may be half done. */
static bool run_may_be_anything(const struct checking *checking, int number)
{
    const struct power_run *run = &checking->ledger->load->runs[number];
    const struct power_client *client = &checking->ledger->load->clients[run->client];
    int sent = checking->standing->sent[number];

    if (run->expendable && checking->standing->retention)
        return true;
    return sent > checking->standing->done[number] && client->steps[sent].kind == POWER_DELETE;
}

static void run_check(struct checking *checking, int number)
{
    const struct power_run *run = &checking->ledger->load->runs[number];
    const struct power_client *client = &checking->ledger->load->clients[run->client];
    const struct found *found = &checking->found[number];
    int done = checking->standing->done[number];
    int sent = checking->standing->sent[number];

    if (run_may_be_anything(checking, number))
        return;
    for (int step = sent; step > done; step = client->steps[step].previous_step)
        if (client->steps[step].digest == found->digest)
            return;
    if (found->digest == (done < 0 ? (uint64_t)POWER_ABSENT : client->steps[done].digest))
        return;
    bad(checking,
        "%s: acknowledged is call %d (%" PRId64 " events), sent was call %d (%" PRId64
        " events), but %s with %" PRId64 " events is stored",
        run->id, done, done < 0 ? 0 : client->steps[done].n_events, sent,
        sent < 0 ? 0 : client->steps[sent].n_events, found->there ? "a run" : "no run",
        found->n_events);
}

int power_check(const char *database, const struct power_ledger *ledger,
                const struct power_standing *standing, char *ret_words, size_t size)
{
    struct checking checking = {
        .ledger = ledger, .standing = standing, .words = ret_words, .size = size};

    if (sqlite3_open_v2(database, &checking.database, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK)
        bad(&checking, "%s: %s", database, sqlite3_errmsg(checking.database));
    else
        database_read(&checking);
    sqlite3_close(checking.database);
    for (int i = 0; i < ledger->load->n_runs; i++)
        run_check(&checking, i);
    return checking.bad ? -1 : 0;
}

/* --- the past -------------------------------------------------------------------------------- */

int power_make_past(const char *path, const struct power_load *load)
{
    sqlite3 *database = NULL;
    int rc = sqlite3_open(path, &database);

    if (rc == SQLITE_OK)
        rc = sqlite3_exec(database, migrations[0].sql, NULL, NULL, NULL);
    for (int i = 0; i < load->n_clients; i++)
        for (size_t j = 0; j < load->clients[i].n_steps; j++)
            if (rc == SQLITE_OK && load->clients[i].steps[j].kind == POWER_PAST)
                rc = sqlite3_exec(database, load->clients[i].steps[j].parameters, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        fprintf(stderr, "powercut: %s: %s\n", path, sqlite3_errmsg(database));
    sqlite3_close(database);
    return rc == SQLITE_OK ? 0 : -EIO;
}
