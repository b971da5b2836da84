/*
 * texts: what rows hold besides names and numbers, read page by page and written back.
 *
 * Runs inside a job, on the thread of its `db`; writing in a write job. Nothing that others look
 * at changes with a text: ids, numbers and order stay, and no watcher is told.
 */
#pragma once

#include "store.h"

enum text_table {
    TEXTS_EVENTS, /* payload, error */
    TEXTS_RUNS,   /* error */
    TEXTS_GRAPHS, /* nodes */
};
enum { TEXT_TABLES = TEXTS_GRAPHS + 1 };

struct text_row {
    int64_t event_id; /* 0 but for events */
    const char *run_id;
    const char *first; /* in the order above; NULL where the row has none */
    const char *second;
};

struct text_scope {
    enum text_table table;
    int64_t after_event_id;   /* of events: behind this one, up to that one, */
    int64_t until_event_id;   /* which is the newest of now where it is 0 */
    const char *after_run_id; /* of the others; "" for the first */
    int64_t limit;            /* rows, at most */
    int64_t bytes;            /* of text, about; one row is always read */
};

struct text_page {
    struct text_row *rows;
    size_t n_rows;
    bool has_more;
};

/* Rows in the order of their ids; fills in which event is the last. */
int texts_read(struct store_db *db, struct text_scope *scope, struct arena *arena,
               struct text_page *ret_page);

/* Puts both texts in the place of what the row holds. */
int texts_write(struct store_db *db, enum text_table table, const struct text_row *row);
