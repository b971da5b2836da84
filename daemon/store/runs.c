#include "runs.h"

#include <string.h>

#include "rows.h"
#include "transaction.h"

int runs_get(struct store_db *db, const char *id, struct arena *arena, struct run_row *ret_run)
{
    struct run_row run = {.id = NULL};
    struct query query;
    int64_t bytes = 0;
    int r;

    query_start(&query, db, STATEMENT_RUN_GET);
    query_bind_text(&query, ":id", id);
    r = query_step(&query);
    if (r == 0)
        r = STORE_RUN_NOT_FOUND;
    else if (r > 0)
        r = row_read(&query, 0, &run_fields, arena, &run, &bytes);
    query_end(&query);
    if (r == 0)
        *ret_run = run;
    return r;
}

static bool status_runs(const char *status)
{
    return status && strcmp(status, "running") == 0;
}

int runs_insert(struct store_db *db, const struct run_row *run)
{
    struct query query;
    int64_t bytes;
    int r;

    query_start(&query, db, STATEMENT_RUN_INSERT);
    bytes = row_bind(&query, &run_written_fields, run);
    r = query_step(&query);
    query_end(&query);
    if (r < 0)
        return r;
    if (sqlite3_changes64(db->handle) == 0)
        return STORE_RUN_EXISTS;
    db->transaction.bytes += bytes;
    return transaction_note_run(db, run->id, status_runs(run->status));
}

static int run_was_running(struct store_db *db, const char *id, bool *ret_running)
{
    const char *status = NULL;
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_RUN_STATUS);
    query_bind_text(&query, ":id", id);
    r = query_step(&query);
    if (r > 0 && column_text(query.statement, 0, &status) != SQLITE_OK)
        r = STORE_NO_MEMORY;
    if (r > 0)
        *ret_running = status_runs(status);
    query_end(&query);
    if (r < 0)
        return r;
    return r > 0 ? 0 : STORE_RUN_NOT_FOUND;
}

int runs_update(struct store_db *db, const struct run_row *run)
{
    struct query query;
    bool was_running = false;
    int64_t bytes;
    int r = run_was_running(db, run->id, &was_running);

    if (r != 0)
        return r;
    query_start(&query, db, STATEMENT_RUN_UPDATE);
    bytes = row_bind(&query, &run_changing_fields, run);
    query_bind_text(&query, ":id", run->id);
    r = query_step(&query);
    query_end(&query);
    if (r < 0 || sqlite3_changes64(db->handle) == 0)
        return r;
    db->transaction.bytes += bytes;
    r = transaction_note_run(db, run->id, status_runs(run->status) - was_running);
    if (r == 0 && was_running && !status_runs(run->status))
        r = attachment_rows_drop(db, run->id);
    return r;
}

int runs_stop(struct store_db *db, struct run_row *run, const char *payload, const char *now,
              int64_t *ret_seq)
{
    const struct event_new marker = {.type = "run.stopped", .time = now, .payload = payload};
    struct events_appended appended;
    int r = events_append(db, run->id, &marker, 1, now, &appended);

    if (r)
        return r;
    run->status = "stopped";
    run->completed_at = now;
    run->last_seq = appended.last_seq;
    *ret_seq = appended.last_seq;
    return runs_update(db, run);
}

int runs_pin(struct store_db *db, const char *id, bool pinned)
{
    struct query query;
    bool running = false;
    int r = run_was_running(db, id, &running);

    if (r != 0)
        return r;
    query_start(&query, db, pinned ? STATEMENT_PIN_PUT : STATEMENT_PIN_DELETE);
    query_bind_text(&query, ":run_id", id);
    r = query_step(&query);
    query_end(&query);
    if (r < 0 || sqlite3_changes64(db->handle) == 0)
        return r;
    return transaction_note_run(db, id, 0);
}
