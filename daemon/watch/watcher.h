/*
 * watcher: one subscriber as a cursor over what is committed.
 *
 * The database is the buffer. A watcher holds a place in the order of commits and reads the next
 * page from there with a store job when there is something new and its reader has room; what it has
 * not read costs nothing. A hub knows all watchers and moves those that wait when the store
 * commits. Loop thread only, but for the job. The owner embeds the watcher and keeps it until
 * `ended` was called.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "events.h"
#include "list.h"

struct watch_hub {
    struct store *store;
    struct list watchers;
    int64_t n_watchers;
    struct watch_position told; /* the newest the watchers were moved for */
};

void watch_hub_init(struct watch_hub *hub, struct store *store);
/* The store has committed: moves the watchers that wait for more. */
void watch_hub_committed(struct watch_hub *hub);

enum { WATCH_AHEAD = STORE_OUTCOME_LAST }; /* outcome: `after` is an id that was never given */

enum watch_from { WATCH_FROM_NOW, WATCH_FROM_SEQ, WATCH_FROM_ID };

struct watch_request {
    struct event_filter filter; /* texts owned by the owner */
    enum watch_from from;
    int64_t after; /* a seq or an id */
};

/*
 *   READING   its job is with the store
 *   WAITING   has seen everything; the hub moves it
 *   BLOCKED   its reader has no room; watcher_resume() moves it
 *   ENDING    must stop, but its job is still with the store
 */
enum watcher_state { WATCHER_READING, WATCHER_WAITING, WATCHER_BLOCKED, WATCHER_ENDING };

enum watch_news_kind { WATCH_EVENTS, WATCH_RUN, WATCH_READY };

/* What the owner is told, in order. */
struct watch_news {
    enum watch_news_kind kind;
    const struct event_row *events; /* WATCH_EVENTS */
    size_t n_events;
    const struct run_row *run; /* WATCH_RUN */
    int64_t last_id;
};

struct watcher {
    struct list node;
    struct store_job job;
    struct watch_hub *hub;
    struct watch_request request;
    enum watcher_state state;
    bool placed; /* the first job has found the place to start from */
    bool ready;  /* has been told */
    struct watch_position position;
    struct watch_position seen; /* the newest the store had told when the last job was submitted */
    int64_t ready_after;        /* id of the last event stored when the watch began */
    /* the job's results */
    struct arena arena;
    struct watch_page page;
    bool has_run; /* the row to be told before ready */
    struct run_row run;
    int64_t oldest_id; /* with STORE_HISTORY_TRUNCATED */

    /* Tells the owner; false when there is no more room. What was told is taken in any case. */
    bool (*tell)(struct watcher *watcher, const struct watch_news *news);
    /* The watch is over, with the result of its job (0: it was stopped). The watcher may be freed.
     */
    void (*ended)(struct watcher *watcher, int result);
};

/* The owner has zeroed the watcher and set `request`, `tell` and `ended`. */
void watcher_start(struct watcher *watcher, struct watch_hub *hub);
/* The reader has room again. */
void watcher_resume(struct watcher *watcher);
/* Ends the watch; `ended` is called now or when the job is back. A second call is harmless. */
void watcher_stop(struct watcher *watcher);
/* Its job came back. */
void watcher_job_done(struct watcher *watcher);
/* True if the job is a watcher's. */
bool watcher_owns_job(const struct store_job *job);
