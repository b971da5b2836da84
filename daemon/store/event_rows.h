/*
 * event_rows: reading a bounded page of events, for lists and for watching.
 */
#pragma once

#include "rows.h"

struct event_rows {
    struct event_look *look; /* NULL: every event can be told */
    event_visit *visit;      /* NULL: the rows are kept in `events` */
    void *data;
    struct event_row *events; /* owned by the arena; NULL without any */
    size_t n_events;
    size_t capacity;
    int64_t limit;       /* events, at most */
    int64_t bytes_limit; /* of text, about; one event is always read */
    int64_t bytes;
    bool has_more; /* a limit was reached, or a row that can't be told, and that is behind it */
};

/* Reads rows of EVENT_COLUMNS until the end, a limit or one that can't be told. The caller starts
 * and ends the query. The arena owns what is kept; it may be NULL where every row is visited. */
int event_rows_read(struct query *query, struct arena *arena, struct event_rows *rows);

/* Binds :type, :unit and :task. */
void query_bind_event_filter(struct query *query, const struct event_filter *filter);
