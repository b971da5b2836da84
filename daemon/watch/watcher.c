#include "watcher.h"

#include <assert.h>
#include <string.h>

enum {
    WATCH_PAGE_EVENTS = 500,
    WATCH_PAGE_BYTES = 256 << 10,
};

void watch_hub_init(struct watch_hub *hub, struct store *store)
{
    hub->store = store;
    hub->n_watchers = 0;
    list_init(&hub->watchers);
}

static void watcher_move(struct watcher *watcher, enum watcher_state state)
{
    static const bool allowed[4][4] = {
        [WATCHER_READING] = {[WATCHER_WAITING] = true,
                             [WATCHER_BLOCKED] = true,
                             [WATCHER_READING] = true,
                             [WATCHER_ENDING] = true},
        [WATCHER_WAITING] = {[WATCHER_READING] = true},
        [WATCHER_BLOCKED] = {[WATCHER_READING] = true},
    };

    assert(allowed[watcher->state][state]);
    (void)allowed;
    watcher->state = state;
}

/* --- on a reader thread --------------------------------------------------------------------- */

static int watcher_place(struct watcher *watcher, struct store_db *db)
{
    const struct watch_request *request = &watcher->request;
    struct watch_position now;
    int64_t oldest;
    int r;

    if (request->filter.run_id) {
        r = runs_get(db, request->filter.run_id, &watcher->arena, &watcher->run);
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
        return watch_event_before_seq(db, request->filter.run_id, request->after,
                                      &watcher->position.event_id);
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

static int watcher_run(struct store_job *job, struct store_db *db)
{
    struct watcher *watcher = container_of(job, struct watcher, job);
    const char *repo_path = watcher->request.filter.repo_path;
    int64_t minimum = watcher->request.from == WATCH_FROM_SEQ ? watcher->request.after : 0;
    int r;

    arena_clear(&watcher->arena);
    watcher->has_run = false;
    if (!watcher->placed) {
        r = watcher_place(watcher, db);
        if (r)
            return r;
    }
    r = watch_page_read(db, &watcher->request.filter, watcher->position, minimum,
                        watcher->ready_after, WATCH_PAGE_EVENTS, WATCH_PAGE_BYTES, &watcher->arena,
                        &watcher->page);
    if (r || watcher->ready || !watcher->request.filter.run_id ||
        watcher->page.position.event_id < watcher->ready_after)
        return r;
    /* The row as it is in the very snapshot the page was read from. */
    r = runs_get(db, watcher->request.filter.run_id, &watcher->arena, &watcher->run);
    watcher->has_run = r == 0 && (!repo_path || strcmp(repo_path, watcher->run.repo_path) == 0);
    return r;
}

/* --- on the loop ---------------------------------------------------------------------------- */

/* What the store had told before a job was submitted, the job sees. */
static void watcher_submit(struct watcher *watcher)
{
    struct store_state state;

    store_state(watcher->hub->store, &state);
    watcher->seen = (struct watch_position){state.last_event_id, state.last_change};
    store_submit(watcher->hub->store, &watcher->job);
}

static void watcher_read(struct watcher *watcher)
{
    watcher_move(watcher, WATCHER_READING);
    watcher_submit(watcher);
}

/* Compared with what was told, not with the watcher's place: the store's numbers never go back, but
 * the newest rows may be deleted. */
static bool watcher_behind(const struct watcher *watcher, const struct store_state *state)
{
    return state->last_event_id > watcher->seen.event_id ||
           state->last_change > watcher->seen.change;
}

/* The job that finds the place reads the first page too, so it is READING from the start. */
void watcher_start(struct watcher *watcher, struct watch_hub *hub)
{
    watcher->hub = hub;
    watcher->job.kind = STORE_READ;
    watcher->job.run = watcher_run;
    watcher->state = WATCHER_READING;
    list_push(&hub->watchers, &watcher->node);
    hub->n_watchers++;
    watcher_submit(watcher);
}

static void watcher_end(struct watcher *watcher, int result)
{
    list_remove(&watcher->node);
    watcher->hub->n_watchers--;
    arena_clear(&watcher->arena);
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

/* The stored events are told. The row of a watched run comes from the very snapshot of the page. */
static bool watcher_tell_ready(struct watcher *watcher)
{
    struct watch_news news = {.last_id = watcher->position.event_id};

    if (watcher->has_run) {
        news.kind = WATCH_RUN;
        news.run = &watcher->run;
        watcher->tell(watcher, &news);
    }
    watcher->ready = true;
    news.kind = WATCH_READY;
    return watcher->tell(watcher, &news);
}

/* Tells a whole page, whatever the room: it is bounded, and the place after it is the only state.
 * An owner that can't take it stops the watch, and nothing further is told. */
static bool watcher_tell_page(struct watcher *watcher)
{
    const struct watch_page *page = &watcher->page;
    struct watch_news news = {.last_id = page->position.event_id};
    bool room = true;

    watcher->placed = true;
    watcher->position = page->position;
    if (page->n_events > 0) {
        news.kind = WATCH_EVENTS;
        news.events = page->events;
        news.n_events = page->n_events;
        room = watcher->tell(watcher, &news);
    }
    if (watcher->state == WATCHER_READING && !watcher->ready &&
        page->position.event_id >= watcher->ready_after)
        room = watcher_tell_ready(watcher);
    news.kind = WATCH_RUN;
    for (size_t i = 0; i < page->n_runs && !watcher->has_run; i++) {
        if (watcher->state != WATCHER_READING)
            return false;
        news.run = &page->runs[i];
        room = watcher->tell(watcher, &news);
    }
    return room;
}

void watcher_job_done(struct watcher *watcher)
{
    int result = watcher->job.result;
    struct store_state state;
    bool room;

    if (watcher->state == WATCHER_ENDING || result != 0) {
        watcher_end(watcher, watcher->state == WATCHER_ENDING ? 0 : result);
        return;
    }
    room = watcher_tell_page(watcher);
    /* A watcher that waits holds its place and no page. */
    arena_clear(&watcher->arena);
    store_state(watcher->hub->store, &state);
    if (watcher->state == WATCHER_ENDING)
        watcher_end(watcher, 0);
    else if (!room)
        watcher_move(watcher, WATCHER_BLOCKED);
    else if (!watcher->page.caught_up || watcher_behind(watcher, &state))
        watcher_read(watcher);
    else
        watcher_move(watcher, WATCHER_WAITING);
}

void watcher_resume(struct watcher *watcher)
{
    if (watcher->state == WATCHER_BLOCKED)
        watcher_read(watcher);
}

void watch_hub_committed(struct watch_hub *hub)
{
    struct store_state state;

    store_state(hub->store, &state);
    if (state.last_event_id == hub->told.event_id && state.last_change == hub->told.change)
        return;
    hub->told = (struct watch_position){state.last_event_id, state.last_change};
    list_for_each(node, &hub->watchers) {
        struct watcher *watcher = container_of(node, struct watcher, node);

        if (watcher->state == WATCHER_WAITING && watcher_behind(watcher, &state))
            watcher_read(watcher);
    }
}

bool watcher_owns_job(const struct store_job *job)
{
    return job->run == watcher_run;
}
