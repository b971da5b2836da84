/*
 * feed: the pages of one selection, read and written once for all watchers that stand at one place.
 *
 * Watchers with the same filter share a feed. A page that one of them needs is read by one store
 * job, its messages are written on that job's thread, and every watcher that stands where the page
 * starts is told the same bytes. Pages of a feed end at common places: who is behind reads up to
 * the frontier, the furthest place a page was to go to, and only who stands there moves it on. So
 * those that fell behind meet the others again.
 *
 * A feed under load is paced by its watchers: the next page is asked for when the last was told to
 * all, and holds what was committed meanwhile. A watcher that waits is told a commit at once.
 *
 * While one watcher of several is behind, the latest pages are kept for it, FEED_KEEP_BYTES at
 * (and FEED_KEEP_PAGES) at most; else none is. Everything else is in the database. Feeds live as
 * long as they have watchers. Loop thread only, but for the jobs.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "events.h"

enum {
    WATCH_PAGE_EVENTS = 500,
    WATCH_PAGE_BYTES = 256 << 10,
    FEED_KEEP_BYTES = 512 << 10,
    FEED_KEEP_PAGES = 32,
    FEED_BUCKETS = 256,
};

enum watch_news_kind { WATCH_EVENTS, WATCH_RUN, WATCH_READY };

/* What watchers are told, in order. */
struct watch_news {
    enum watch_news_kind kind;
    const struct event_row *events; /* WATCH_EVENTS */
    size_t n_events;
    const struct run_row *run; /* WATCH_RUN */
    int64_t last_id;
};

struct watch_selection {
    struct event_filter filter;
    /* As in struct event_look; NULL: every event can be told. Any thread. */
    int (*look)(const struct event_row *event);
    /* Appends the message that tells the news; the arena is for its needs. Out of memory sets
     * `failed` of the buffer. Any thread. */
    void (*write)(const struct watch_news *news, struct arena *arena, struct buffer *messages);
};

/* A page and what is told of it. */
struct watch_told {
    struct watch_position position; /* after it */
    bool caught_up;
    struct buffer messages; /* whole ones; none where nothing passed the filter */
};

/* What is told between the events stored when the watch began and the rows that changed. */
struct watch_opening {
    bool ready;
    const struct run_row *run; /* NULL: none; else told before ready, the page's rows left out */
};

/* Writes what is told of a page; any thread. Returns 0, or STORE_NO_MEMORY with `ret_told`
 * untouched. */
int watch_told_write(const struct watch_selection *selection, const struct watch_page *page,
                     const struct watch_opening *opening, struct arena *arena,
                     struct watch_told *ret_told);

/* All feeds, by their selection. */
struct feeds {
    struct store *store;
    struct list buckets[FEED_BUCKETS];
    struct list stocked; /* those that hold pages which are done */
};

struct feed {
    struct list node;
    struct list stocked;
    struct feeds *feeds;
    struct watch_selection selection; /* texts in the arena */
    struct arena arena;
    unsigned int users; /* its watchers, and functions on the stack */
    size_t n_watchers;
    size_t n_waiting;  /* of them, for something new */
    struct list pages; /* the oldest first, those with the store too */
    size_t bytes;      /* of messages of pages that are done */
    struct watch_position frontier;
};

struct feed_page {
    struct list node;
    struct store_job job;
    struct feed *feed;
    struct watch_position from;
    struct watch_position until;
    struct watch_told told;
    struct event_place unreadable; /* with STORE_EVENT_UNREADABLE */
    struct list
        watchers;       /* that wait for it, by their nodes; the store has it while there is one */
    unsigned int users; /* functions on the stack */
    bool done;
};

/* True when `a` is at a later place than `b`; both are of commits. */
static inline bool watch_position_after(struct watch_position a, struct watch_position b)
{
    return a.event_id > b.event_id || a.change > b.change;
}

void feeds_init(struct feeds *feeds, struct store *store);
/* Drops the pages that nobody is behind for. */
void feeds_tidy(struct feeds *feeds);

/* The feed of the selection, made where it is new, with one watcher more. NULL when out of memory.
 */
struct feed *feed_join(struct feeds *feeds, const struct watch_selection *selection);
/* The feed has a watcher less, and is gone with the last. */
void feed_leave(struct feed *feed);
/* Keeps a feed while one of its watchers, which may end, is moved; then drops the pages that nobody
 * is behind for. */
void feed_hold(struct feed *feed);
void feed_release(struct feed *feed);

/* The page, done or with the store, for a watcher at `from` that was told all up to `seen`. Where
 * there is none the store is asked for it: up to the frontier, or, by who stands there, up to
 * `now`. NULL when out of memory. */
struct feed_page *feed_page_get(struct feed *feed, struct watch_position from,
                                struct watch_position seen, struct watch_position now);
/* True if the job is a page's. */
bool feed_owns_job(const struct store_job *job);
/* The job came back; the page may be given to its watchers, and is kept while it is held. */
void feed_page_done(struct feed_page *page);
/* Keeps a page, and its feed, while watchers are told. */
void feed_page_hold(struct feed_page *page);
void feed_page_release(struct feed_page *page);
