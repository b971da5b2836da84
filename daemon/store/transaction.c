#include "transaction.h"

#include <string.h>

#include "last_seq.h"

/* Another process wrote, or this one has just opened the database. The count of changes never goes
 * back: watchers hold places in it. */
static int committed_read(struct store_db *db, int64_t data_version)
{
    struct committed read = db->committed;
    int64_t last_change = 0;
    int r = db_run_int(db, STATEMENT_EVENTS_LAST_ID, &read.last_event_id);

    if (r == 0)
        r = db_run_int(db, STATEMENT_CHANGE_LAST, &last_change);
    if (r == 0)
        r = db_run_int(db, STATEMENT_RUNS_RUNNING, &read.runs_running);
    if (r < 0)
        return r;
    if (last_change > read.last_change)
        read.last_change = last_change;
    last_seqs_forget(db);
    read.data_version = data_version;
    db->committed = read;
    return 0;
}

int transaction_begin(struct store_db *db)
{
    int64_t data_version = 0;
    int r = db_run(db, STATEMENT_BEGIN_WRITE);

    if (r < 0)
        return r;
    r = db_run_int(db, STATEMENT_DATA_VERSION, &data_version);
    if (r == 0 && data_version != db->committed.data_version)
        r = committed_read(db, data_version);
    if (r < 0) {
        transaction_rollback(db);
        return r;
    }
    db->transaction.last_event_id = db->committed.last_event_id;
    db->transaction.runs_running = db->committed.runs_running;
    db->transaction.events_inserted = 0;
    db->transaction.events_repeated = 0;
    db->transaction.changes = sqlite3_total_changes64(db->handle);
    db->transaction.bytes = 0;
    db->transaction.changed.size = 0;
    db->transaction.changed.failed = false;
    return 0;
}

static int changes_write(struct store_db *db, int64_t *ret_last_change)
{
    const struct buffer *changed = &db->transaction.changed;
    int64_t change = db->committed.last_change;
    struct query query;
    size_t offset = 0;
    int r = 0;

    while (r == 0 && offset < changed->size) {
        const char *run_id = changed->data + offset;

        offset += strlen(run_id) + 1;
        query_start(&query, db, STATEMENT_CHANGE_PUT);
        query_bind_text(&query, ":run_id", run_id);
        query_bind_int(&query, ":change", ++change);
        query_bind_int(&query, ":after_event_id", db->transaction.last_event_id);
        r = query_step(&query);
        query_end(&query);
    }
    *ret_last_change = change;
    return r;
}

/* One that changed nothing is not synced and would make the others look faster; and it takes no
 * room. */
static void transaction_measure(struct store_db *db, int64_t us)
{
    counter_add(&db->figures.duplicates, db->transaction.events_repeated);
    if (sqlite3_total_changes64(db->handle) == db->transaction.changes)
        return;
    db->full = false;
    histogram_note_duration(&db->figures.commits, us);
    histogram_note_size(&db->figures.commit_events, db->transaction.events_inserted);
}

int transaction_commit(struct store_db *db)
{
    int64_t last_change = 0;
    int64_t began;
    int r = changes_write(db, &last_change);

    if (r < 0)
        return r;
    began = metrics_now();
    r = db_run(db, STATEMENT_COMMIT);
    if (r < 0)
        return r;
    transaction_measure(db, metrics_now() - began);
    db->committed.last_event_id = db->transaction.last_event_id;
    db->committed.last_change = last_change;
    db->committed.runs_running = db->transaction.runs_running;
    db->committed.events_appended += db->transaction.events_inserted;
    return 0;
}

int transaction_rollback(struct store_db *db)
{
    last_seqs_forget(db);
    /* After some failures SQLite has rolled back by itself. */
    if (sqlite3_get_autocommit(db->handle))
        return 0;
    return db_run(db, STATEMENT_ROLLBACK);
}

int transaction_note_run(struct store_db *db, const char *run_id, int64_t running_change)
{
    struct buffer *changed = &db->transaction.changed;

    buffer_append(changed, run_id, strlen(run_id) + 1);
    if (changed->failed)
        return STORE_NO_MEMORY;
    db->transaction.runs_running += running_change;
    return 0;
}

void transaction_note_event(struct store_db *db, int64_t event_id, int64_t bytes)
{
    if (event_id > db->transaction.last_event_id)
        db->transaction.last_event_id = event_id;
    db->transaction.events_inserted++;
    db->transaction.bytes += bytes;
}
