#include "events.h"

#include <string.h>

#include "event_rows.h"

int events_last_seq(struct store_db *db, const char *run_id, int64_t *ret_seq)
{
    struct query query;

    query_start(&query, db, STATEMENT_RUN_LAST_SEQ);
    query_bind_text(&query, ":id", run_id);
    return query_int(&query, ret_seq);
}

int events_last_seq_of_type(struct store_db *db, const char *run_id, const char *type,
                            int64_t *ret_seq)
{
    struct query query;

    query_start(&query, db, STATEMENT_EVENT_LAST_OF_TYPE);
    query_bind_text(&query, ":run_id", run_id);
    query_bind_text(&query, ":type", type);
    return query_int(&query, ret_seq);
}

int events_last(struct store_db *db, const char *run_id, struct arena *arena, bool *ret_found,
                struct event_row *ret_event)
{
    struct event_row event = {.id = 0};
    struct query query;
    int64_t bytes = 0;
    int r;

    query_start(&query, db, STATEMENT_EVENT_LAST);
    query_bind_text(&query, ":run_id", run_id);
    r = query_step(&query);
    if (r > 0) {
        r = row_read(&query, 0, &event_fields, arena, &event, &bytes);
        if (r == 0) {
            *ret_found = true;
            *ret_event = event;
        }
    } else if (r == 0) {
        *ret_found = false;
    }
    query_end(&query);
    return r;
}

void query_bind_event_filter(struct query *query, const struct event_filter *filter)
{
    query_bind_text(query, ":type", filter->type);
    query_bind_text(query, ":unit", filter->unit);
    if (filter->has_task)
        query_bind_int(query, ":task", filter->task);
    else
        query_bind_null(query, ":task");
}

static int rows_grow(struct event_rows *rows, struct arena *arena)
{
    size_t capacity = rows->capacity ? rows->capacity * 2 : 16;
    struct event_row *grown;

    if (capacity > (size_t)rows->limit)
        capacity = (size_t)rows->limit;
    grown = arena_alloc(arena, capacity * sizeof(*grown));
    if (!grown)
        return STORE_NO_MEMORY;
    if (rows->n_events > 0)
        memcpy(grown, rows->events, rows->n_events * sizeof(*grown));
    rows->events = grown;
    rows->capacity = capacity;
    return 0;
}

static int rows_keep(struct event_rows *rows, struct arena *arena, const struct event_row *row)
{
    int r = rows->n_events == rows->capacity ? rows_grow(rows, arena) : 0;

    if (r == 0)
        rows->events[rows->n_events] = *row;
    return r;
}

/* Returns 1 where the page ends before the event. */
static int rows_look(struct event_rows *rows, const struct event_row *row)
{
    int r = rows->look ? rows->look->look(row) : 0;

    if (r <= 0)
        return r;
    if (rows->n_events > 0) {
        rows->has_more = true;
        return 1;
    }
    rows->look->unreadable = (struct event_place){.id = row->id, .seq = row->seq};
    return STORE_EVENT_UNREADABLE;
}

int event_rows_read(struct query *query, struct arena *arena, struct event_rows *rows)
{
    int r;

    while ((r = query_step(query)) > 0) {
        struct event_row row;

        if (rows->n_events == (size_t)rows->limit ||
            (rows->n_events > 0 && rows->bytes >= rows->bytes_limit)) {
            rows->has_more = true;
            return 0;
        }
        r = row_read(query, 0, &event_fields, arena, &row, &rows->bytes);
        if (r == 0)
            r = rows_look(rows, &row);
        if (r > 0 && rows->has_more)
            return 0;
        if (r == 0)
            r = rows->visit ? rows->visit(rows->data, &row) : rows_keep(rows, arena, &row);
        if (r != 0)
            return r;
        rows->n_events++;
    }
    return r;
}

/* A filter that is empty costs nothing a row. */
static bool filter_looks(const struct event_filter *filter)
{
    return filter->type || filter->unit || filter->has_task;
}

int events_list(struct store_db *db, const struct event_scope *scope, event_visit *visit,
                void *data, bool *ret_has_more)
{
    const struct event_filter *filter = scope->filter;
    struct event_rows rows = {.look = scope->look,
                              .visit = visit,
                              .data = data,
                              .limit = scope->limit,
                              .bytes_limit = scope->bytes};
    bool filtered = filter_looks(filter);
    struct query query;
    int r;

    query_start(&query, db, STATEMENT_RUN_STATUS);
    query_bind_text(&query, ":id", filter->run_id);
    r = query_step(&query);
    query_end(&query);
    if (r <= 0)
        return r < 0 ? r : STORE_RUN_NOT_FOUND;
    query_start(&query, db, filtered ? STATEMENT_EVENTS_LIST_FILTERED : STATEMENT_EVENTS_LIST);
    query_bind_text(&query, ":run_id", filter->run_id);
    query_bind_int(&query, ":after_seq", scope->after_seq);
    if (filtered)
        query_bind_event_filter(&query, filter);
    query_bind_int(&query, ":limit", scope->limit + 1);
    query_bind_int(&query, ":offset", scope->offset);
    r = event_rows_read(&query, NULL, &rows);
    query_end(&query);
    if (r == 0)
        *ret_has_more = rows.has_more;
    return r;
}

int events_count(struct store_db *db, const struct event_filter *filter, int64_t *ret_count)
{
    bool filtered = filter_looks(filter);
    struct query query;

    query_start(&query, db, filtered ? STATEMENT_EVENTS_COUNT_FILTERED : STATEMENT_EVENTS_COUNT);
    query_bind_text(&query, ":run_id", filter->run_id);
    if (filtered)
        query_bind_event_filter(&query, filter);
    return query_int(&query, ret_count);
}
