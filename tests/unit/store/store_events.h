/*
 * store_events: calls that append and list events, for the tests of both.
 */
#pragma once

#include "store_fixture.h"

#define NOW   "2026-01-20T14:30:52.000000Z"
#define LATER "2026-01-20T14:30:53.000000Z"

/* A store with the runs r and s. */
void events_setup(void);

struct append_call {
    const char *run_id;
    const struct event_new *events;
    size_t n_events;
    struct events_appended appended;
};

int append_body(struct store_db *db, void *data);

enum { LIST_STOPPED = 77 };

struct list_call {
    struct event_filter filter;
    int64_t after_seq;
    int64_t offset;
    int64_t limit;
    int64_t bytes;
    struct event_row *events; /* what was read, in the fixture's arena */
    size_t n_events;
    size_t stops_at; /* the event at which the reading is ended, 0 for none */
    bool has_more;
    int64_t count;
};

int list_body(struct store_db *db, void *data);

/* Reads the page; as text: numbers, and + for more. A limit left out is wide. */
const char *list_text(struct list_call *call);
