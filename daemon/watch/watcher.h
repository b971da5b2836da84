/*
 * watcher: one subscriber as a cursor over what is committed.
 *
 * The database is the buffer. A watcher holds a place in the order of commits and is told the next
 * page from there when there is something new and its reader has room; what it has not been told
 * costs nothing. Until it is ready it reads pages of its own, afterwards those of its feed, which
 * it shares with the watchers of the same selection (feed.h). A hub knows all watchers and moves
 * those that wait when the store commits. Loop thread only, but for the jobs. The owner embeds the
 * watcher and keeps it until `ended` was called.
 */
#pragma once

#include "feed.h"

struct watch_hub {
    struct feeds feeds;
    int64_t n_watchers;
    struct list watchers;       /* all, by `all` */
    struct list waiting;        /* watchers */
    struct watch_position told; /* the newest the watchers were moved for */
    bool restless;              /* some that wait may have something to read already */
};

void watch_hub_init(struct watch_hub *hub, struct store *store);
/* True if the job is a watcher's or a feed's. */
bool watch_hub_owns_job(const struct store_job *job);
/* Such a job came back: tells what it read. To be followed by watch_hub_committed(). */
void watch_hub_job_done(struct watch_hub *hub, struct store_job *job);
/* After commits, and after jobs came back: moves the watchers that wait for more. */
void watch_hub_committed(struct watch_hub *hub);
/* How many ids the watcher that is furthest behind is behind the newest event; one that has not
 * found its place yet does not count. */
int64_t watch_hub_lag(const struct watch_hub *hub);

enum { WATCH_AHEAD = STORE_OUTCOME_LAST }; /* outcome: `after` is an id that was never given */

enum watch_from { WATCH_FROM_NOW, WATCH_FROM_SEQ, WATCH_FROM_ID };

struct watch_request {
    struct watch_selection selection; /* texts owned by the owner */
    enum watch_from from;
    int64_t after; /* a seq or an id */
};

/*
 *   READING   its job, or a page of its feed, is with the store, or it is told a page
 *   WAITING   has seen everything, or will be moved by the hub at once
 *   BLOCKED   its reader has no room; watcher_resume() moves it
 *   ENDING    must stop, but is READING still
 */
enum watcher_state { WATCHER_READING, WATCHER_WAITING, WATCHER_BLOCKED, WATCHER_ENDING };

struct watcher {
    struct list all;  /* in the hub's */
    struct list node; /* in the hub's list or a page's */
    struct store_job job;
    struct watch_hub *hub;
    struct feed *feed;
    struct watch_request request;
    enum watcher_state state;
    bool placed; /* the first job has found the place to start from */
    bool ready;  /* has been told, or will be with what its job has read */
    bool more;   /* the last page did not go as far as it should */
    struct watch_position position;
    struct watch_position asked;   /* the newest the store had told when its job was submitted */
    struct watch_position seen;    /* has been told all that was committed up to there */
    int64_t ready_after;           /* id of the last event stored when the watch began */
    struct watch_told told;        /* by its job */
    int64_t oldest_id;             /* with STORE_HISTORY_TRUNCATED */
    struct event_place unreadable; /* with STORE_EVENT_UNREADABLE */

    /* Tells the owner whole messages; false when there is no more room. They are taken in any case.
     */
    bool (*tell)(struct watcher *watcher, const char *messages, size_t size);
    /* The watch is over, with the result of its job (0: it was stopped). The watcher may be freed.
     */
    void (*ended)(struct watcher *watcher, int result);
};

/* The owner has zeroed the watcher and set `request`, `tell` and `ended`. Returns 0, or
 * STORE_NO_MEMORY and there is no watch. */
int watcher_start(struct watcher *watcher, struct watch_hub *hub);
/* The reader has room again. It may be told something, and end, at once. */
void watcher_resume(struct watcher *watcher);
/* Ends the watch; `ended` is called now, or when what it reads is back. A second call is harmless.
 */
void watcher_stop(struct watcher *watcher);
