#include "removal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "last_seq.h"
#include "transaction.h"

enum {
    ROWS_FIRST = 128,
    ROWS_LEAST = 128, /* also where the disk is slow: a sync costs about the same for few */
    ROWS_OF_GRAPH = 64,
    ROWS_MOST = 1024,
    PAGES_FIRST = 32,
    PAGES_LEAST = 32,
    PAGES_MOST = 512,
    PAGES_KEPT = 256, /* free ones that the next events will need */
};

static int64_t microseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Half as much after a step that took too long, twice as much after one that was short. */
static int64_t limit_adapted(int64_t limit, int64_t took, int64_t target, int64_t least,
                             int64_t most)
{
    if (took > target)
        limit /= 2;
    else if (took < target / 2)
        limit *= 2;
    return limit < least ? least : limit > most ? most : limit;
}

int removals_any(struct store_db *db, bool *ret_any)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_REMOVALS_FIRST);
    r = query_step(&query);
    if (r > 0)
        *ret_any = sqlite3_column_type(query.statement, 0) != SQLITE_NULL;
    query_end(&query);
    return r < 0 ? r : 0;
}

int removal_mark(struct store_db *db, const char *run_id, const char *ended, bool *ret_marked)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_REMOVAL_PUT);
    query_bind_text(&query, ":id", run_id);
    query_bind_text(&query, ":ended", ended);
    r = query_step(&query);
    query_end(&query);
    if (r < 0)
        return r;
    /* A run that is kept there exists. */
    last_seqs_forget(db);
    *ret_marked = sqlite3_changes64(db->handle) > 0;
    return 0;
}

/* --- deleting ------------------------------------------------------------------------------- */

/* A step under way; the work learns of it when it is committed. */
struct step {
    struct store_db *db;
    const struct removal_work *work;
    int64_t until; /* microseconds_now() */
    size_t offset;
    int64_t rows; /* touched */
    int64_t runs;
    int64_t events;
    bool done;
};

static bool step_is_over(const struct step *step)
{
    return step->rows >= step->work->limit || microseconds_now() >= step->until;
}

/* The run that is being deleted: one that is marked, else the next that was chosen. An empty buffer
 * when there is none. */
static int step_run(struct step *step, struct buffer *run_id)
{
    const struct removal_work *work = step->work;
    const char *marked_id = NULL;
    struct query query;
    bool marked = false;
    int r;

    run_id->size = 0;
    query_start(&query, step->db, STATEMENT_REMOVALS_FIRST);
    r = query_step(&query);
    if (r > 0 && column_text(query.statement, 0, &marked_id) != SQLITE_OK)
        r = STORE_NO_MEMORY;
    if (r > 0 && marked_id) {
        buffer_append_text(run_id, marked_id);
        buffer_append_char(run_id, 0);
    }
    query_end(&query);
    while (r >= 0 && run_id->size == 0 && step->offset < work->size && !step_is_over(step)) {
        const char *id = work->chosen + step->offset;
        const char *ended = id + strlen(id) + 1;

        step->offset = (size_t)(ended + strlen(ended) + 1 - work->chosen);
        step->rows++;
        r = removal_mark(step->db, id, ended, &marked);
        if (r == 0 && marked)
            buffer_append(run_id, id, strlen(id) + 1);
    }
    if (r >= 0 && run_id->failed)
        r = STORE_NO_MEMORY;
    return r < 0 ? r : 0;
}

static int row_delete(struct store_db *db, enum statement_id id, const char *name, const char *text)
{
    struct query query;
    int r;

    query_start(&query, db, id);
    query_bind_text(&query, name, text);
    r = query_step(&query);
    query_end(&query);
    return r < 0 ? r : 0;
}

static int event_delete(struct store_db *db, int64_t id)
{
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_EVENT_DELETE);
    query_bind_int(&query, ":id", id);
    r = query_step(&query);
    query_end(&query);
    return r < 0 ? r : 0;
}

/* Deletes events of the run, the oldest first, one by one: any of them may be large. `ret_left`
 * when there are more. */
static int step_events(struct step *step, const char *run_id, bool *ret_left)
{
    int64_t ids[ROWS_MOST + 1];
    int64_t room = step->work->limit - step->rows;
    struct query query;
    int64_t n_ids = 0;
    int64_t i = 0;
    int r;

    query_start(&query, step->db, STATEMENT_REMOVAL_EVENTS);
    query_bind_text(&query, ":run_id", run_id);
    query_bind_int(&query, ":limit", room + 1);
    while ((r = query_step(&query)) > 0 && n_ids <= room)
        ids[n_ids++] = sqlite3_column_int64(query.statement, 0);
    query_end(&query);
    while (r >= 0 && i < n_ids && !step_is_over(step)) {
        r = event_delete(step->db, ids[i]);
        if (r == 0) {
            i++;
            step->rows++;
            step->events++;
        }
    }
    *ret_left = i < n_ids;
    return r < 0 ? r : 0;
}

/* Its graph may be large and has a step of its own; what refers to the row goes with it. */
static int step_row(struct step *step, const char *run_id)
{
    sqlite3_int64 changes;
    int r;

    if (step_is_over(step))
        return 0;
    changes = sqlite3_total_changes64(step->db->handle);
    r = row_delete(step->db, STATEMENT_GRAPH_DELETE, ":run_id", run_id);
    if (r < 0)
        return r;
    if (sqlite3_total_changes64(step->db->handle) != changes) {
        step->rows += ROWS_OF_GRAPH;
        if (step_is_over(step))
            return 0;
    }
    r = row_delete(step->db, STATEMENT_RUN_DELETE, ":id", run_id);
    last_seqs_forget(step->db);
    step->rows++;
    step->runs += r == 0;
    return r;
}

static int step_delete(struct step *step)
{
    struct buffer run_id = BUFFER_INIT;
    int r = 0;

    while (r == 0 && !step->done && !step_is_over(step)) {
        bool left = false;

        r = step_run(step, &run_id);
        if (r < 0)
            break;
        if (run_id.size == 0) {
            step->done = step->offset >= step->work->size;
            break;
        }
        r = step_events(step, run_id.data, &left);
        if (r == 0 && !left)
            r = step_row(step, run_id.data);
    }
    buffer_clear(&run_id);
    return r;
}

static int step_pages(struct store_db *db, int64_t *ret_free, int64_t *ret_size)
{
    int r = db_run_int(db, STATEMENT_PAGES_FREE, ret_free);

    return r == 0 ? db_run_int(db, STATEMENT_PAGE_SIZE, ret_size) : r;
}

int removal_step(struct removal_work *work, struct store_db *db, int64_t microseconds)
{
    int64_t began = microseconds_now();
    struct step step = {
        .db = db, .work = work, .until = began + microseconds, .offset = work->offset};
    int64_t before = 0;
    int64_t after = 0;
    int64_t page_size = 0;
    int r;

    if (work->limit == 0)
        work->limit = ROWS_FIRST;
    r = transaction_begin(db);
    if (r < 0)
        return r;
    r = step_pages(db, &before, &page_size);
    if (r == 0)
        r = step_delete(&step);
    if (r == 0)
        r = step_pages(db, &after, &page_size);
    if (r == 0)
        r = transaction_commit(db);
    if (r < 0) {
        transaction_rollback(db);
        return r;
    }
    work->offset = step.offset;
    work->done = step.done;
    work->runs += step.runs;
    work->events += step.events;
    work->bytes += after > before ? (after - before) * page_size : 0;
    work->microseconds = microseconds_now() - began;
    work->limit =
        limit_adapted(work->limit, work->microseconds, microseconds, ROWS_LEAST, ROWS_MOST);
    return 0;
}

/* --- giving back ---------------------------------------------------------------------------- */

enum { AUTO_VACUUM_INCREMENTAL = 2 };

static int pages_give_back(struct store_db *db, int64_t n_pages)
{
    char sql[64];
    int r = transaction_begin(db);
    int rc;

    if (r < 0)
        return r;
    snprintf(sql, sizeof(sql), "PRAGMA main.incremental_vacuum(%" PRId64 ")", n_pages);
    rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    r = rc == SQLITE_OK ? transaction_commit(db) : db_failure(db, rc);
    if (r < 0)
        transaction_rollback(db);
    return r;
}

int vacuum_step(struct vacuum_work *work, struct store_db *db, int64_t microseconds)
{
    int64_t began = microseconds_now();
    int64_t mode = 0;
    int64_t before = 0;
    int64_t after = 0;
    int64_t pages = 0;
    int64_t page_size = 0;
    int r = db_run_int(db, STATEMENT_AUTO_VACUUM, &mode);

    if (work->limit == 0)
        work->limit = PAGES_FIRST;
    if (r == 0)
        r = step_pages(db, &pages, &page_size);
    if (r < 0)
        return r;
    work->impossible = mode != AUTO_VACUUM_INCREMENTAL;
    pages = pages - PAGES_KEPT;
    if (work->impossible || pages <= 0) {
        work->done = true;
        return 0;
    }
    if (pages > work->limit)
        pages = work->limit;
    /* Some that hold the places of others go with them. */
    r = db_run_int(db, STATEMENT_PAGES, &before);
    if (r == 0)
        r = pages_give_back(db, pages);
    if (r == 0)
        r = db_run_int(db, STATEMENT_PAGES, &after);
    if (r < 0)
        return r;
    work->bytes += (before - after) * page_size;
    work->microseconds = microseconds_now() - began;
    work->limit =
        limit_adapted(work->limit, work->microseconds, microseconds, PAGES_LEAST, PAGES_MOST);
    return 0;
}
