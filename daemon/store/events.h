/*
 * events: the rows of the table `events`.
 *
 * Every function runs inside a job, on the thread of its `db`. Texts it returns are owned by the
 * arena given.
 */
#pragma once

#include "runs.h"

struct event_new {
    bool has_seq; /* the same in all events of a call */
    int64_t seq;
    const char *time; /* NULL: the default time of the call */
    const char *type;
    const char *unit;
    bool has_task;
    int64_t task;
    bool has_pr;
    int64_t pr;
    const char *payload;
    const char *error;
};

struct event_row {
    int64_t id;
    const char *run_id;
    int64_t seq;
    const char *time;
    const char *type;
    const char *unit;
    bool has_task;
    int64_t task;
    bool has_pr;
    int64_t pr;
    const char *payload;
    const char *error;
};

struct events_appended {
    int64_t first_seq; /* lowest and highest number of the call */
    int64_t last_seq;
    int64_t inserted;
    int64_t duplicates;
    int64_t conflict_seq; /* with STORE_SEQUENCE_CONFLICT */
};

/* Appends all or none. An equal event under the same number is a duplicate, also twice in one call;
 * equal means: every field given is the same, a time left out matches any. Verifies everything
 * before it writes. Returns 0, STORE_RUN_NOT_FOUND, STORE_SEQUENCE_CONFLICT,
 * STORE_SEQUENCE_EXHAUSTED. */
int events_append(struct store_db *db, const char *run_id, const struct event_new *events,
                  size_t n_events, const char *default_time, struct events_appended *ret_appended);

/* Texts of an event that a caller may change before they are stored. */
enum event_text { EVENT_PAYLOAD, EVENT_ERROR };

/* Knows what else stands for a text that was given. Asked inside the job, only about texts that
 * differ. */
struct event_match {
    /* 1 when the text stored under the number of events[index] is as good as its own, 0 when not,
     * or a failure. */
    int (*same)(void *data, size_t index, enum event_text which, const char *stored);
    void *data;
};

/* The same, but what `match` says is equal is. */
int events_append_matching(struct store_db *db, const char *run_id, const struct event_new *events,
                           size_t n_events, const char *default_time,
                           const struct event_match *match, struct events_appended *ret_appended);

/* The highest number of a run, 0 without events. */
int events_last_seq(struct store_db *db, const char *run_id, int64_t *ret_seq);
/* The number of the run's last event of exactly this type, 0 when it has none. */
int events_last_seq_of_type(struct store_db *db, const char *run_id, const char *type,
                            int64_t *ret_seq);
/* The run's event with the highest number; false when it has none. */
int events_last(struct store_db *db, const char *run_id, struct arena *arena, bool *ret_found,
                struct event_row *ret_event);

struct event_filter {
    const char *run_id;    /* NULL: any run (watching only) */
    const char *repo_path; /* NULL: any (watching only) */
    const char *type;      /* NULL: any; else the whole type or a dotted prefix of it */
    const char *unit;      /* NULL: any */
    bool has_task;
    int64_t task;
};

/* Which event it is, for somebody who looks for it. */
struct event_place {
    int64_t id;
    int64_t seq;
};

/* Whoever reads events may look at each before it is taken: what another program or a flipped bit
 * left may be none that can be told. A page ends before such an event; where it would be the first,
 * the reading comes out as STORE_EVENT_UNREADABLE. */
struct event_look {
    /* 0 for an event that can be told, positive for one that can't, or a failure. */
    int (*look)(const struct event_row *event);
    struct event_place unreadable; /* with STORE_EVENT_UNREADABLE */
};

/* What a list is asked for. */
struct event_scope {
    const struct event_filter *filter;
    struct event_look *look;
    int64_t after_seq;
    int64_t offset;
    int64_t limit; /* events, at most */
    int64_t bytes; /* of text, about; one event is always read */
};

/* Gets an event as it is read; its texts live until it returns. Anything but 0 ends the reading and
 * comes out of it. */
typedef int event_visit(void *data, const struct event_row *event);

/* A page of one run's events by seq, one by one; `ret_has_more` tells whether `limit` or `bytes`
 * or an event that can't be told ended it. STORE_RUN_NOT_FOUND when the run is unknown,
 * STORE_EVENT_UNREADABLE. */
int events_list(struct store_db *db, const struct event_scope *scope, event_visit *visit,
                void *data, bool *ret_has_more);

/* How many events pass the filter. */
int events_count(struct store_db *db, const struct event_filter *filter, int64_t *ret_count);

/* --- watching: a cursor over commits ---------------------------------------------------------- */

/* A place in the order of commits. Everything up to and including it has been seen. */
struct watch_position {
    int64_t event_id;
    int64_t change;
};

/* The place where nothing is left to see. */
int watch_position_now(struct store_db *db, struct watch_position *ret_position);
/* Id of the event before the run's first with a number above `after_seq`; the newest id when the
 * run has none. */
int watch_event_before_seq(struct store_db *db, const char *run_id, int64_t after_seq,
                           int64_t *ret_event_id);
/* Id of the oldest event that can still be replayed: one above the last id when there is none. */
int watch_oldest(struct store_db *db, int64_t *ret_event_id);

struct watch_page {
    const struct event_row *events;
    size_t n_events;
    const struct run_row *runs; /* changed rows, to be told after the events */
    size_t n_runs;
    struct watch_position position; /* after this page */
    bool runs_left;                 /* rows changed behind this place, or there was no room */
    bool caught_up;                 /* nothing was left, up to where it was to go */
};

/* What a page is asked for. */
struct watch_scope {
    const struct event_filter *filter;
    struct event_look *look;
    struct watch_position from;
    /* NULL, or the page goes no further than this place, which was committed before the job was
     * submitted. */
    const struct watch_position *until;
    /* Where `minimum_seq` is above 0, events with a lower or equal number and an id up to
     * `replay_until` are passed over. */
    int64_t minimum_seq;
    int64_t replay_until;
    int64_t limit; /* events, at most */
    int64_t bytes; /* of text, about */
};

/* The next page: events in the order of commits, with the rows that changed up to there. The work
 * is bounded also where the filter lets little pass; the position then moves without rows. */
int watch_page_read(struct store_db *db, const struct watch_scope *scope, struct arena *arena,
                    struct watch_page *ret_page);
