/*
 * Watching: pages of what was committed behind a position.
 *
 * A page is read in one transaction, so events and changed rows belong together. First come events
 * by id, which is the order of commits, then the rows that changed up to the last id the page
 * reached. Changes are ordered like events: a higher change never has a lower `after_event_id`, so
 * the first one that is not covered ends the page.
 *
 * Where a filter is not served by an index, at most LOOK_AT events are looked at, and the position
 * moves to the last of them.
 */
#include "event_rows.h"
#include "removal.h"

enum { LOOK_AT = 4096, RUNS_A_PAGE = 128 };

struct watch_read {
    struct store_db *db;
    const struct watch_scope *scope;
    const struct event_filter *filter;
    int64_t last_id;     /* of the snapshot, or of the scope's end */
    int64_t last_change; /* likewise */
    struct arena *arena;
    struct event_rows events;
    struct run_row *runs;
    size_t n_runs;
    struct watch_position position;
    bool runs_left;
    bool removing; /* runs are being deleted: their events are passed over */
};

int watch_position_now(struct store_db *db, struct watch_position *ret_position)
{
    struct watch_position position = {.event_id = 0};
    int r = db_run_int(db, STATEMENT_EVENTS_LAST_ID, &position.event_id);

    if (r == 0)
        r = db_run_int(db, STATEMENT_CHANGE_LAST, &position.change);
    if (r == 0)
        *ret_position = position;
    return r;
}

/* The lowest id of the run's events with a number above `after_seq`, 0 without. Nearly always it is
 * the run's first event or one of its last; only in between are its numbers gone through, in the
 * index. */
static int first_id_after_seq(struct store_db *db, const char *run_id, int64_t after_seq,
                              int64_t *ret_id)
{
    struct query query;
    int64_t first_id = 0;
    int64_t first_seq = 0;
    int r;

    query_start(&query, db, STATEMENT_WATCH_RUN_FIRST);
    query_bind_text(&query, ":run_id", run_id);
    r = query_step(&query);
    if (r > 0) {
        first_id = sqlite3_column_int64(query.statement, 0);
        first_seq = sqlite3_column_int64(query.statement, 1);
    }
    query_end(&query);
    if (r < 0)
        return r;
    if (r == 0 || first_seq > after_seq) {
        *ret_id = first_id;
        return 0;
    }
    query_start(&query, db, STATEMENT_WATCH_RUN_AFTER);
    query_bind_text(&query, ":run_id", run_id);
    query_bind_int(&query, ":after_seq", after_seq);
    return query_int(&query, ret_id);
}

int watch_event_before_seq(struct store_db *db, const char *run_id, int64_t after_seq,
                           int64_t *ret_event_id)
{
    int64_t id = 0;
    int r = first_id_after_seq(db, run_id, after_seq, &id);

    if (r < 0)
        return r;
    if (id == 0)
        return db_run_int(db, STATEMENT_EVENTS_LAST_ID, ret_event_id);
    *ret_event_id = id - 1;
    return 0;
}

int watch_oldest(struct store_db *db, int64_t *ret_event_id)
{
    bool removing = false;
    int64_t id = 0;
    int r = removals_any(db, &removing);

    if (r == 0)
        r = db_run_int(db, removing ? STATEMENT_EVENTS_OLDEST_KEPT : STATEMENT_EVENTS_OLDEST_ID,
                       &id);
    if (r == 0 && id == 0) {
        r = db_run_int(db, STATEMENT_EVENTS_LAST_ID, &id);
        id++;
    }
    if (r == 0)
        *ret_event_id = id;
    return r;
}

static bool filter_is_sparse(const struct watch_read *read)
{
    const struct event_filter *filter = read->filter;

    return read->removing || filter->repo_path || filter->type || filter->unit ||
           filter->has_task ||
           (read->scope->minimum_seq > 0 && read->position.event_id < read->scope->replay_until);
}

/* The last id to look at: of the snapshot, or of the LOOK_AT-th event from here. */
static int range_end(const struct watch_read *read, int64_t *ret_until)
{
    struct query query;
    int64_t until = 0;
    int r;

    if (!filter_is_sparse(read)) {
        *ret_until = read->last_id;
        return 0;
    }
    if (read->filter->run_id) {
        query_start(&query, read->db, STATEMENT_WATCH_RUN_BOUND);
        query_bind_text(&query, ":run_id", read->filter->run_id);
        query_bind_int(&query, ":looked_at", LOOK_AT - 1);
    } else {
        /* Ids that were deleted are stepped over. */
        query_start(&query, read->db, STATEMENT_WATCH_NEXT_ID);
    }
    query_bind_int(&query, ":after_id", read->position.event_id);
    r = query_int(&query, &until);
    if (r < 0)
        return r;
    if (until > 0 && !read->filter->run_id)
        until = until > INT64_MAX - LOOK_AT ? INT64_MAX : until + LOOK_AT - 1;
    *ret_until = until == 0 || until > read->last_id ? read->last_id : until;
    return 0;
}

static void events_query_start(const struct watch_read *read, int64_t until, struct query *query)
{
    const struct watch_scope *scope = read->scope;
    const struct event_filter *filter = read->filter;

    if (filter->run_id) {
        query_start(query, read->db, STATEMENT_WATCH_RUN);
        query_bind_text(query, ":run_id", filter->run_id);
        query_bind_text(query, ":repo_path", filter->repo_path);
    } else if (filter->repo_path) {
        query_start(query, read->db, STATEMENT_WATCH_REPO);
        query_bind_text(query, ":repo_path", filter->repo_path);
    } else {
        query_start(query, read->db, STATEMENT_WATCH_ALL);
    }
    query_bind_event_filter(query, filter);
    query_bind_int(query, ":after_id", read->position.event_id);
    query_bind_int(query, ":until_id", until);
    query_bind_int(query, ":minimum_seq", scope->minimum_seq);
    query_bind_int(query, ":replay_until", scope->minimum_seq > 0 ? scope->replay_until : 0);
    query_bind_int(query, ":limit", scope->limit + 1);
}

static int events_read(struct watch_read *read)
{
    struct query query;
    int64_t until = 0;
    int r;

    if (read->position.event_id >= read->last_id)
        return 0;
    r = range_end(read, &until);
    if (r < 0)
        return r;
    events_query_start(read, until, &query);
    r = event_rows_read(&query, read->arena, &read->events);
    query_end(&query);
    if (r != 0)
        return r;
    if (read->events.has_more)
        read->position.event_id = read->events.events[read->events.n_events - 1].id;
    else
        read->position.event_id = until;
    return 0;
}

static void changes_query_start(const struct watch_read *read, struct query *query)
{
    const struct event_filter *filter = read->filter;

    if (filter->run_id) {
        query_start(query, read->db, STATEMENT_CHANGES_RUN);
        query_bind_text(query, ":run_id", filter->run_id);
        query_bind_text(query, ":repo_path", filter->repo_path);
    } else if (filter->repo_path) {
        query_start(query, read->db, STATEMENT_CHANGES_REPO);
        query_bind_text(query, ":repo_path", filter->repo_path);
    } else {
        query_start(query, read->db, STATEMENT_CHANGES_ALL);
    }
    query_bind_int(query, ":after_change", read->position.change);
    query_bind_int(query, ":limit", LOOK_AT);
}

/* Reads rows of CHANGE_SELECTION: the change, its event id, the run (all NULL where it is not to be
 * told). */
static int changes_read(struct watch_read *read, struct query *query, int64_t *looked_at)
{
    int64_t bytes = read->events.bytes;
    int64_t covered = read->position.event_id;
    int r;

    /* At the end everything is, also if somebody let the ids start again. What changed after the
     * place the page ends at is not looked at. */
    if (covered >= read->last_id)
        covered = INT64_MAX;
    while ((r = query_step(query)) > 0) {
        if (sqlite3_column_int64(query->statement, 0) > read->last_change)
            return 0;
        if (sqlite3_column_int64(query->statement, 1) > covered) {
            read->runs_left = true;
            return 0;
        }
        if (sqlite3_column_type(query->statement, 2) != SQLITE_NULL) {
            if (read->n_runs == RUNS_A_PAGE || (read->n_runs > 0 && bytes >= read->scope->bytes)) {
                read->runs_left = true;
                return 0;
            }
            r = row_read(query, 2, &run_fields, read->arena, &read->runs[read->n_runs], &bytes);
            if (r < 0)
                return r;
            read->n_runs++;
        }
        read->position.change = sqlite3_column_int64(query->statement, 0);
        (*looked_at)++;
    }
    return r;
}

static int runs_read(struct watch_read *read)
{
    struct query query;
    int64_t looked_at = 0;
    int r;

    if (read->last_change <= read->position.change)
        return 0;
    read->runs = arena_alloc(read->arena, RUNS_A_PAGE * sizeof(*read->runs));
    if (!read->runs)
        return STORE_NO_MEMORY;
    changes_query_start(read, &query);
    r = changes_read(read, &query, &looked_at);
    query_end(&query);
    if (r < 0)
        return r;
    if (looked_at == LOOK_AT)
        read->runs_left = true;
    /* All that is committed was looked at, also where one run's row was asked for only. */
    if (!read->runs_left && read->position.event_id >= read->last_id)
        read->position.change = read->last_change;
    return 0;
}

static int range_read(struct watch_read *read)
{
    const struct watch_position *until = read->scope->until;
    struct watch_position now = {.event_id = 0};
    int r = watch_position_now(read->db, &now);

    if (r < 0)
        return r;
    read->last_id = until && until->event_id < now.event_id ? until->event_id : now.event_id;
    read->last_change = until && until->change < now.change ? until->change : now.change;
    return 0;
}

int watch_page_read(struct store_db *db, const struct watch_scope *scope, struct arena *arena,
                    struct watch_page *ret_page)
{
    struct watch_read read = {
        .db = db,
        .scope = scope,
        .filter = scope->filter,
        .arena = arena,
        .events = {.look = scope->look, .limit = scope->limit, .bytes_limit = scope->bytes},
        .position = scope->from};
    int r = range_read(&read);

    if (r == 0)
        r = removals_any(db, &read.removing);
    if (r == 0)
        r = events_read(&read);
    if (r == 0)
        r = runs_read(&read);
    if (r != 0)
        return r;
    *ret_page = (struct watch_page){
        .events = read.events.events,
        .n_events = read.events.n_events,
        .runs = read.runs,
        .n_runs = read.n_runs,
        .position = read.position,
        .runs_left = read.runs_left,
        .caught_up = read.position.event_id >= read.last_id && !read.runs_left,
    };
    return 0;
}
