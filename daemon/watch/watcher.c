#include "watcher.h"

#include <assert.h>
#include <string.h>

void watch_hub_init(struct watch_hub *hub, struct store *store)
{
    feeds_init(&hub->feeds, store);
    hub->n_watchers = 0;
    list_init(&hub->waiting);
    list_init(&hub->watchers);
}

static void watcher_move(struct watcher *watcher, enum watcher_state state)
{
    static const bool allowed[4][4] = {
        [WATCHER_READING] =
            {[WATCHER_WAITING] = true, [WATCHER_BLOCKED] = true, [WATCHER_ENDING] = true},
        [WATCHER_WAITING] = {[WATCHER_READING] = true},
        [WATCHER_BLOCKED] = {[WATCHER_READING] = true},
    };

    assert(allowed[watcher->state][state]);
    (void)allowed;
    if (watcher->state == WATCHER_WAITING) {
        list_remove(&watcher->node);
        watcher->feed->n_waiting--;
    }
    watcher->state = state;
    if (state == WATCHER_WAITING) {
        list_push(&watcher->hub->waiting, &watcher->node);
        watcher->feed->n_waiting++;
    }
}

/* --- on a reader thread --------------------------------------------------------------------- */

static int watcher_place(struct watcher *watcher, struct store_db *db, struct arena *arena)
{
    const struct watch_request *request = &watcher->request;
    const char *run_id = request->selection.filter.run_id;
    struct watch_position now;
    struct run_row run;
    int64_t oldest;
    int r;

    if (run_id) {
        r = runs_get(db, run_id, arena, &run);
        if (r)
            return r;
    }
    r = watch_position_now(db, &now);
    if (r)
        return r;
    watcher->ready_after = now.event_id;
    watcher->position = now;
    /* Rows that changed before the watch began are not told: GetRun and ListRuns have them. */
    switch (request->from) {
    case WATCH_FROM_NOW:
        return 0;
    case WATCH_FROM_SEQ:
        return watch_event_before_seq(db, run_id, request->after, &watcher->position.event_id);
    case WATCH_FROM_ID:
        if (request->after > now.event_id)
            return WATCH_AHEAD;
        r = watch_oldest(db, &oldest);
        if (r)
            return r;
        watcher->oldest_id = oldest;
        if (request->after < oldest - 1)
            return STORE_HISTORY_TRUNCATED;
        watcher->position.event_id = request->after;
        return 0;
    }
    return 0;
}

/* The events stored when the watch began are in the page or before it; the row of a watched run,
 * which is told then, must not be ahead of them: what changed it may have come with events that are
 * not told yet. */
static bool watcher_is_ready(const struct watcher *watcher, const struct watch_page *page)
{
    return page->position.event_id >= watcher->ready_after &&
           !(watcher->request.selection.filter.run_id && page->runs_left);
}

/* The row of a watched run as it is in the very snapshot its page was read from. */
static int watcher_row(const struct watcher *watcher, struct store_db *db, struct arena *arena,
                       struct run_row *run, struct watch_opening *opening)
{
    const struct event_filter *filter = &watcher->request.selection.filter;
    int r;

    if (!opening->ready || !filter->run_id)
        return 0;
    r = runs_get(db, filter->run_id, arena, run);
    if (r == 0 && (!filter->repo_path || strcmp(filter->repo_path, run->repo_path) == 0))
        opening->run = run;
    return r;
}

static int watcher_page(struct watcher *watcher, struct store_db *db, struct arena *arena)
{
    const struct watch_request *request = &watcher->request;
    struct event_look look = {.look = request->selection.look};
    const struct watch_scope scope = {
        .filter = &request->selection.filter,
        .look = look.look ? &look : NULL,
        .from = watcher->position,
        .minimum_seq = request->from == WATCH_FROM_SEQ ? request->after : 0,
        .replay_until = watcher->ready_after,
        .limit = WATCH_PAGE_EVENTS,
        .bytes = WATCH_PAGE_BYTES,
    };
    struct watch_opening opening = {.ready = false};
    struct watch_page page;
    struct run_row run;
    int r = watch_page_read(db, &scope, arena, &page);

    watcher->unreadable = look.unreadable;
    if (r)
        return r;
    opening.ready = watcher_is_ready(watcher, &page);
    r = watcher_row(watcher, db, arena, &run, &opening);
    if (r == 0)
        r = watch_told_write(&request->selection, &page, &opening, arena, &watcher->told);
    if (r == 0)
        watcher->ready = opening.ready;
    return r;
}

static int watcher_run(struct store_job *job, struct store_db *db)
{
    struct watcher *watcher = container_of(job, struct watcher, job);
    struct arena arena = ARENA_INIT;
    int r = 0;

    if (!watcher->placed)
        r = watcher_place(watcher, db, &arena);
    if (r == 0)
        r = watcher_page(watcher, db, &arena);
    arena_clear(&arena);
    return r;
}

/* --- on the loop ---------------------------------------------------------------------------- */

static struct watch_position hub_now(const struct watch_hub *hub)
{
    struct store_state state;

    store_state(hub->feeds.store, &state);
    return (struct watch_position){state.last_event_id, state.last_change};
}

/* What the store had told before a job was submitted, the job sees. */
static void watcher_submit(struct watcher *watcher, struct watch_position now)
{
    watcher->asked = now;
    store_submit(watcher->hub->feeds.store, &watcher->job);
}

/* The job that finds the place reads the first page too, so it is READING from the start. */
int watcher_start(struct watcher *watcher, struct watch_hub *hub)
{
    watcher->feed = feed_join(&hub->feeds, &watcher->request.selection);
    if (!watcher->feed)
        return STORE_NO_MEMORY;
    watcher->hub = hub;
    hub->n_watchers++;
    list_push(&hub->watchers, &watcher->all);
    watcher->job.kind = STORE_READ;
    watcher->job.run = watcher_run;
    watcher->state = WATCHER_READING;
    list_init(&watcher->node);
    watcher_submit(watcher, hub_now(hub));
    return 0;
}

static void watcher_end(struct watcher *watcher, int result)
{
    if (watcher->state == WATCHER_WAITING)
        watcher->feed->n_waiting--;
    list_remove(&watcher->node);
    list_remove(&watcher->all);
    watcher->hub->n_watchers--;
    feed_leave(watcher->feed);
    buffer_clear(&watcher->told.messages);
    watcher->ended(watcher, result);
}

void watcher_stop(struct watcher *watcher)
{
    switch (watcher->state) {
    case WATCHER_READING:
        watcher_move(watcher, WATCHER_ENDING);
        return;
    case WATCHER_ENDING:
        return;
    case WATCHER_WAITING:
    case WATCHER_BLOCKED:
        watcher_end(watcher, 0);
        return;
    }
}

/* Compared with what was told, not with the watcher's place: the store's numbers never go back, but
 * the newest rows may be deleted. */
static bool watcher_behind(const struct watcher *watcher, struct watch_position now)
{
    return watcher->more || watch_position_after(now, watcher->seen);
}

/* Tells a whole page, whatever the room: it is bounded, and the place after it is the only state.
 * False when the watch is over. */
static bool watcher_take(struct watcher *watcher, const struct watch_told *told,
                         struct watch_position until)
{
    bool room = true;

    watcher->placed = true;
    watcher->position = told->position;
    watcher->more = !told->caught_up;
    if (told->caught_up)
        watcher->seen = until;
    if (told->messages.size > 0)
        room = watcher->tell(watcher, told->messages.data, told->messages.size);
    if (watcher->state == WATCHER_ENDING) {
        watcher_end(watcher, 0);
        return false;
    }
    watcher_move(watcher, room ? WATCHER_WAITING : WATCHER_BLOCKED);
    return true;
}

/* Waits for the next page of the feed, or is told it if it is there. False when the watch is over.
 */
static bool watcher_follow(struct watcher *watcher, struct watch_position now)
{
    struct feed_page *page = feed_page_get(watcher->feed, watcher->position, watcher->seen, now);
    bool goes_on;

    if (!page) {
        watcher_end(watcher, STORE_NO_MEMORY);
        return false;
    }
    if (!page->done) {
        list_push(&page->watchers, &watcher->node);
        return true;
    }
    feed_page_hold(page);
    goes_on = watcher_take(watcher, &page->told, page->until);
    feed_page_release(page);
    return goes_on;
}

/* Moves a watcher that waits, as far as pages are there that others have read. */
static void watcher_go_on(struct watcher *watcher, struct watch_position now)
{
    while (watcher->state == WATCHER_WAITING && watcher_behind(watcher, now)) {
        watcher_move(watcher, WATCHER_READING);
        if (!watcher->ready)
            watcher_submit(watcher, now);
        else if (!watcher_follow(watcher, now))
            return;
    }
}

void watcher_resume(struct watcher *watcher)
{
    struct feed *feed = watcher->feed;

    if (watcher->state != WATCHER_BLOCKED)
        return;
    feed_hold(feed);
    watcher_move(watcher, WATCHER_READING);
    watcher_move(watcher, WATCHER_WAITING);
    watcher_go_on(watcher, hub_now(watcher->hub));
    feed_release(feed);
}

/* Each watcher of the page takes its turn; what it asks for next is asked for by the hub, when all
 * were told. */
static void watch_hub_page_done(struct feed_page *page)
{
    int result = page->job.result;
    struct list told;

    list_init(&told);
    list_splice(&told, &page->watchers);
    feed_page_done(page);
    feed_page_hold(page);
    for (struct list *node = list_pop(&told); node; node = list_pop(&told)) {
        struct watcher *watcher = container_of(node, struct watcher, node);

        watcher->unreadable = page->unreadable;
        if (watcher->state == WATCHER_ENDING || result != 0)
            watcher_end(watcher, watcher->state == WATCHER_ENDING ? 0 : result);
        else
            watcher_take(watcher, &page->told, page->until);
    }
    feed_page_release(page);
}

static void watcher_job_done(struct watcher *watcher)
{
    struct watch_told told = watcher->told;
    int result = watcher->job.result;

    /* A watcher that waits holds its place and no page. */
    watcher->told = (struct watch_told){.caught_up = false};
    if (watcher->state == WATCHER_ENDING || result != 0)
        watcher_end(watcher, watcher->state == WATCHER_ENDING ? 0 : result);
    else
        watcher_take(watcher, &told, watcher->asked);
    buffer_clear(&told.messages);
}

bool watch_hub_owns_job(const struct store_job *job)
{
    return job->run == watcher_run || feed_owns_job(job);
}

void watch_hub_job_done(struct watch_hub *hub, struct store_job *job)
{
    hub->restless = true;
    if (feed_owns_job(job))
        watch_hub_page_done(container_of(job, struct feed_page, job));
    else
        watcher_job_done(container_of(job, struct watcher, job));
}

void watch_hub_committed(struct watch_hub *hub)
{
    struct watch_position now = hub_now(hub);
    struct list round;

    if (!hub->restless && !watch_position_after(now, hub->told))
        return;
    hub->told = now;
    hub->restless = false;
    list_init(&round);
    list_splice(&round, &hub->waiting);
    for (struct list *node = list_pop(&round); node; node = list_pop(&round)) {
        list_push(&hub->waiting, node);
        watcher_go_on(container_of(node, struct watcher, node), now);
    }
    feeds_tidy(&hub->feeds);
}

/* Until its place is found, the place is its job's to set. */
int64_t watch_hub_lag(const struct watch_hub *hub)
{
    int64_t newest = hub_now(hub).event_id;
    int64_t lag = 0;

    list_for_each(node, &hub->watchers) {
        const struct watcher *watcher = container_of(node, struct watcher, all);

        if (watcher->placed && newest - watcher->position.event_id > lag)
            lag = newest - watcher->position.event_id;
    }
    return lag;
}
