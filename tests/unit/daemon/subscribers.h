/*
 * subscribers: watchers of a real store, and a loop that moves them as the daemon's does.
 */
#pragma once

#include "store_fixture.h"
#include "watcher.h"

enum { MANY = 24 };

/* One subscriber, and all it was told: e1; for an event, r3; for a row with three units, !; */
struct subscriber {
    struct watcher watcher;
    struct buffer told;
    int n_tells;
    int64_t first; /* events above this id are its own */
    bool full;     /* has no room after what it is told */
    bool stops;    /* itself, when it is told something */
    bool watching; /* was started, and has not ended */
    int result;    /* of its end */
    struct subscriber *stops_other;
};

extern struct watch_hub hub;
extern struct subscriber many[MANY];
extern int n_reads; /* jobs of watchers that came back */
extern int n_ended;

/* A store with the runs r and s; at the end every watcher is stopped and nothing is left. */
void many_setup(void);
void many_end(void);
/* All watch r, and are ready. */
void many_subscribe(void);

/* From now on, or from after an event. */
void subscribe_from(struct subscriber *subscriber, const char *run_id, const char *type,
                    enum watch_from from, int64_t after);
void subscribe(struct subscriber *subscriber, const char *run_id, const char *type);
/* What watchers get: in words, or out of memory for all but ready. */
void write_news(const struct watch_news *news, struct arena *arena, struct buffer *messages);
void write_ready_only(const struct watch_news *news, struct arena *arena, struct buffer *messages);
bool tell(struct watcher *watcher, const char *messages, size_t size);
void ended(struct watcher *watcher, int result);
/* All it was told. */
const char *told(struct subscriber *subscriber);

/* Writes events, and the run's row where `units` are given. */
void commit(const char *run_id, int n_events, int64_t units);
/* Until the store has nothing to do, and nothing it did is unknown. */
void settle(void);
