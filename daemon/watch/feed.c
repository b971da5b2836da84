#include "feed.h"

#include <stdlib.h>
#include <string.h>

/* --- on a reader thread --------------------------------------------------------------------- */

int watch_told_write(const struct watch_selection *selection, const struct watch_page *page,
                     const struct watch_opening *opening, struct arena *arena,
                     struct watch_told *ret_told)
{
    struct watch_news news = {.last_id = page->position.event_id};
    struct watch_told told = {.position = page->position, .caught_up = page->caught_up};

    if (page->n_events > 0) {
        news.kind = WATCH_EVENTS;
        news.events = page->events;
        news.n_events = page->n_events;
        selection->write(&news, arena, &told.messages);
    }
    news.kind = WATCH_RUN;
    if (opening->run) {
        news.run = opening->run;
        selection->write(&news, arena, &told.messages);
    }
    if (opening->ready) {
        news.kind = WATCH_READY;
        selection->write(&news, arena, &told.messages);
    }
    news.kind = WATCH_RUN;
    for (size_t i = 0; i < page->n_runs && !opening->run; i++) {
        news.run = &page->runs[i];
        selection->write(&news, arena, &told.messages);
    }
    if (told.messages.failed) {
        buffer_clear(&told.messages);
        return STORE_NO_MEMORY;
    }
    *ret_told = told;
    return 0;
}

static int feed_page_run(struct store_job *job, struct store_db *db)
{
    struct feed_page *page = container_of(job, struct feed_page, job);
    const struct watch_selection *selection = &page->feed->selection;
    struct event_look look = {.look = selection->look};
    const struct watch_scope scope = {.filter = &selection->filter,
                                      .look = look.look ? &look : NULL,
                                      .from = page->from,
                                      .until = &page->until,
                                      .limit = WATCH_PAGE_EVENTS,
                                      .bytes = WATCH_PAGE_BYTES};
    const struct watch_opening opening = {.ready = false};
    struct arena arena = ARENA_INIT;
    struct watch_page read;
    int r = watch_page_read(db, &scope, &arena, &read);

    if (r == 0)
        r = watch_told_write(selection, &read, &opening, &arena, &page->told);
    page->unreadable = look.unreadable;
    arena_clear(&arena);
    return r;
}

bool feed_owns_job(const struct store_job *job)
{
    return job->run == feed_page_run;
}

/* --- pages ---------------------------------------------------------------------------------- */

static bool position_equal(struct watch_position a, struct watch_position b)
{
    return a.event_id == b.event_id && a.change == b.change;
}

static void feed_page_free(struct feed_page *page)
{
    struct feed *feed = page->feed;

    list_remove(&page->node);
    if (page->done)
        feed->bytes -= page->told.messages.capacity;
    buffer_clear(&page->told.messages);
    free(page);
}

/* The latest page that starts there and tells more than is known. */
static struct feed_page *feed_page_find(const struct feed *feed, struct watch_position from,
                                        struct watch_position seen)
{
    for (struct list *node = feed->pages.prev; node != &feed->pages; node = node->prev) {
        struct feed_page *page = container_of(node, struct feed_page, node);

        if (position_equal(page->from, from) && watch_position_after(page->until, seen))
            return page;
    }
    return NULL;
}

struct feed_page *feed_page_get(struct feed *feed, struct watch_position from,
                                struct watch_position seen, struct watch_position now)
{
    struct feed_page *page = feed_page_find(feed, from, seen);

    if (page)
        return page;
    page = calloc(1, sizeof(*page));
    if (!page)
        return NULL;
    if (!watch_position_after(feed->frontier, seen))
        feed->frontier = now;
    page->job.kind = STORE_READ;
    page->job.run = feed_page_run;
    page->feed = feed;
    page->from = from;
    page->until = feed->frontier;
    list_init(&page->watchers);
    list_push(&feed->pages, &page->node);
    store_submit(feed->feeds->store, &page->job);
    return page;
}

/* Drops the oldest pages until at most so much is kept. A page with the store, or held, stays. */
static void feed_drop(struct feed *feed, size_t keep_bytes, size_t keep_pages)
{
    size_t n_done = 0;

    list_for_each(node, &feed->pages)
        n_done += container_of(node, struct feed_page, node)->done;
    list_for_each_safe(node, &feed->pages) {
        struct feed_page *page = container_of(node, struct feed_page, node);

        if (feed->bytes <= keep_bytes && n_done <= keep_pages)
            return;
        if (!page->done || page->users > 0)
            continue;
        feed_page_free(page);
        n_done--;
    }
}

void feed_page_done(struct feed_page *page)
{
    struct feed *feed = page->feed;

    page->done = true;
    feed->bytes += page->told.messages.capacity;
    if (list_empty(&feed->stocked))
        list_push(&feed->feeds->stocked, &feed->stocked);
    /* Nobody is to find a page that failed. */
    if (page->job.result != 0)
        page->until = (struct watch_position){.event_id = 0};
}

void feed_page_hold(struct feed_page *page)
{
    page->users++;
    page->feed->users++;
}

/* Drops the pages if nobody is behind. */
static void feed_tidy(struct feed *feed)
{
    if (feed->n_watchers > 1 && feed->n_waiting < feed->n_watchers)
        return;
    feed_drop(feed, 0, 0);
    if (list_empty(&feed->pages))
        list_remove(&feed->stocked);
}

static void feed_put(struct feed *feed)
{
    if (--feed->users > 0)
        return;
    feed_drop(feed, 0, 0);
    list_remove(&feed->node);
    list_remove(&feed->stocked);
    arena_clear(&feed->arena);
    free(feed);
}

void feed_hold(struct feed *feed)
{
    feed->users++;
}

void feed_release(struct feed *feed)
{
    feed_tidy(feed);
    feed_put(feed);
}

void feed_page_release(struct feed_page *page)
{
    struct feed *feed = page->feed;

    page->users--;
    if (page->job.result != 0 && page->users == 0)
        feed_page_free(page);
    feed_drop(feed, FEED_KEEP_BYTES, FEED_KEEP_PAGES);
    feed_put(feed);
}

/* --- feeds ---------------------------------------------------------------------------------- */

void feeds_init(struct feeds *feeds, struct store *store)
{
    feeds->store = store;
    list_init(&feeds->stocked);
    for (int i = 0; i < FEED_BUCKETS; i++)
        list_init(&feeds->buckets[i]);
}

void feeds_tidy(struct feeds *feeds)
{
    list_for_each_safe(node, &feeds->stocked)
        feed_tidy(container_of(node, struct feed, stocked));
}

/* FNV-1a. */
static uint32_t text_hash(uint32_t hash, const char *text)
{
    for (; text && *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    return (hash ^ 0xffU) * 16777619U;
}

static struct list *feed_bucket(struct feeds *feeds, const struct event_filter *filter)
{
    uint32_t hash = text_hash(2166136261U, filter->run_id);

    hash = text_hash(hash, filter->repo_path);
    hash = text_hash(hash, filter->type);
    hash = text_hash(hash, filter->unit);
    return &feeds->buckets[hash % FEED_BUCKETS];
}

static bool text_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool selection_equal(const struct watch_selection *a, const struct watch_selection *b)
{
    return a->write == b->write && text_equal(a->filter.run_id, b->filter.run_id) &&
           text_equal(a->filter.repo_path, b->filter.repo_path) &&
           text_equal(a->filter.type, b->filter.type) &&
           text_equal(a->filter.unit, b->filter.unit) && a->filter.has_task == b->filter.has_task &&
           (!a->filter.has_task || a->filter.task == b->filter.task);
}

static bool text_copy(struct arena *arena, const char **text)
{
    const char *given = *text;

    *text = arena_strdup(arena, given);
    return *text || !given;
}

static struct feed *feed_new(struct feeds *feeds, const struct watch_selection *selection)
{
    struct feed *feed = calloc(1, sizeof(*feed));
    struct event_filter *filter;

    if (!feed)
        return NULL;
    feed->feeds = feeds;
    feed->selection = *selection;
    filter = &feed->selection.filter;
    if (!text_copy(&feed->arena, &filter->run_id) || !text_copy(&feed->arena, &filter->repo_path) ||
        !text_copy(&feed->arena, &filter->type) || !text_copy(&feed->arena, &filter->unit)) {
        arena_clear(&feed->arena);
        free(feed);
        return NULL;
    }
    list_init(&feed->stocked);
    list_init(&feed->pages);
    list_push(feed_bucket(feeds, filter), &feed->node);
    return feed;
}

struct feed *feed_join(struct feeds *feeds, const struct watch_selection *selection)
{
    struct list *bucket = feed_bucket(feeds, &selection->filter);
    struct feed *feed = NULL;

    list_for_each(node, bucket) {
        struct feed *other = container_of(node, struct feed, node);

        if (selection_equal(&other->selection, selection))
            feed = other;
    }
    if (!feed)
        feed = feed_new(feeds, selection);
    if (feed) {
        feed->users++;
        feed->n_watchers++;
    }
    return feed;
}

void feed_leave(struct feed *feed)
{
    feed->n_watchers--;
    feed_release(feed);
}
