#include "subscribers.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define NOW "2026-01-20T14:30:52.000000Z"

struct watch_hub hub;
int n_reads;
int n_ended;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static int wakes;

static void wake(void *data)
{
    (void)data;
    pthread_mutex_lock(&mutex);
    wakes++;
    pthread_cond_signal(&ready);
    pthread_mutex_unlock(&mutex);
}

/* What the daemon's loop does when it is woken; false when nothing was done. */
static bool collect(void)
{
    struct list done;
    bool any;

    list_init(&done);
    store_take_done(fixture.store, &done);
    any = !list_empty(&done);
    for (struct list *node = list_pop(&done); node; node = list_pop(&done)) {
        struct store_job *job = container_of(node, struct store_job, node);

        if (watch_hub_owns_job(job)) {
            n_reads++;
            watch_hub_job_done(&hub, job);
        } else {
            container_of(job, struct test_job, job)->order = 1;
        }
    }
    watch_hub_committed(&hub);
    return any;
}

static void wait_woken(void)
{
    pthread_mutex_lock(&mutex);
    while (wakes == 0)
        pthread_cond_wait(&ready, &mutex);
    wakes = 0;
    pthread_mutex_unlock(&mutex);
}

static void turn(void)
{
    wait_woken();
    collect();
}

/* Until the store has nothing to do, and nothing it did is unknown. What waits is asked for before
 * what is done is taken: a job is one or the other, and its wake comes after. */
void settle(void)
{
    for (;;) {
        bool waits = state_now().jobs_waiting > 0;

        if (collect())
            continue;
        if (!waits)
            return;
        wait_woken();
    }
}

static void job_wait(job_body body, void *data)
{
    struct test_job job;

    job_prepare(&job, STORE_WRITE, body, data);
    store_submit(fixture.store, &job.job);
    while (job.order == 0)
        turn();
    ck_assert_int_eq(job.job.result, 0);
}

struct commit {
    const char *run_id;
    int n_events;
    int64_t units; /* of the run's row from now on, 0: unchanged */
};

static int commit_body(struct store_db *db, void *data)
{
    static const struct event_new events[1000] = {[0 ... 999] = {.type = "unit.started"}};
    const struct commit *commit = data;
    struct run_row row = {.id = commit->run_id,
                          .repo_path = "/repo",
                          .started_at = NOW,
                          .status = "running",
                          .total_units = commit->units};
    struct events_appended appended;
    int r = 0;

    if (commit->units > 0)
        r = runs_insert(db, &row);
    if (r == STORE_RUN_EXISTS)
        r = runs_update(db, &row);
    if (r == 0 && commit->n_events > 0)
        r = events_append(db, commit->run_id, events, (size_t)commit->n_events, NOW, &appended);
    return r;
}

void commit(const char *run_id, int n_events, int64_t units)
{
    struct commit body = {.run_id = run_id, .n_events = n_events, .units = units};

    job_wait(commit_body, &body);
}

void write_news(const struct watch_news *news, struct arena *arena, struct buffer *messages)
{
    char text[32];

    (void)arena;
    for (size_t i = 0; news->kind == WATCH_EVENTS && i < news->n_events; i++) {
        ck_assert_int_le(news->events[i].id, news->last_id);
        snprintf(text, sizeof(text), "e%lld;", (long long)news->events[i].id);
        buffer_append_text(messages, text);
    }
    if (news->kind == WATCH_RUN) {
        snprintf(text, sizeof(text), "r%lld;", (long long)news->run->total_units);
        buffer_append_text(messages, text);
    }
    if (news->kind == WATCH_READY)
        buffer_append_text(messages, "!;");
}

void write_ready_only(const struct watch_news *news, struct arena *arena, struct buffer *messages)
{
    (void)arena;
    if (news->kind == WATCH_READY)
        buffer_append_text(messages, "!;");
    else
        messages->failed = true;
}

bool tell(struct watcher *watcher, const char *messages, size_t size)
{
    struct subscriber *subscriber = container_of(watcher, struct subscriber, watcher);

    ck_assert(subscriber->watching);
    ck_assert(watcher->state == WATCHER_READING);
    ck_assert_uint_gt(size, 0);
    buffer_append(&subscriber->told, messages, size);
    subscriber->n_tells++;
    if (subscriber->stops)
        watcher_stop(watcher);
    if (subscriber->stops_other)
        watcher_stop(&subscriber->stops_other->watcher);
    return !subscriber->full;
}

void ended(struct watcher *watcher, int result)
{
    struct subscriber *subscriber = container_of(watcher, struct subscriber, watcher);

    ck_assert(subscriber->watching);
    subscriber->watching = false;
    subscriber->result = result;
    n_ended++;
    /* The memory may be gone now: nothing of it is used any more. */
    memset(watcher, 0xa5, sizeof(*watcher));
}

/* From now on, or from after an event. */
void subscribe_from(struct subscriber *subscriber, const char *run_id, const char *type,
                    enum watch_from from, int64_t after)
{
    *subscriber = (struct subscriber){.watching = true, .first = after};
    subscriber->watcher.request.from = from;
    subscriber->watcher.request.after = after;
    subscriber->watcher.tell = tell;
    subscriber->watcher.ended = ended;
    subscriber->watcher.request.selection =
        (struct watch_selection){.filter = {.run_id = run_id, .type = type}, .write = write_news};
    ck_assert_int_eq(watcher_start(&subscriber->watcher, &hub), 0);
}

void subscribe(struct subscriber *subscriber, const char *run_id, const char *type)
{
    subscribe_from(subscriber, run_id, type, WATCH_FROM_NOW, 0);
}

const char *told(struct subscriber *subscriber)
{
    buffer_append(&subscriber->told, "", 1);
    subscriber->told.size--;
    return subscriber->told.data;
}

struct subscriber many[MANY];

void many_setup(void)
{
    fixture_setup();
    fixture.options.wake = wake;
    fixture.options.synchronous = STORE_SYNC_NORMAL;
    fixture_open();
    watch_hub_init(&hub, fixture.store);
    n_reads = n_ended = 0;
    commit("r", 0, 1);
    commit("s", 0, 1);
    settle();
}

void many_subscribe(void)
{
    for (int i = 0; i < MANY; i++)
        subscribe(&many[i], "r", NULL);
    settle();
    for (int i = 0; i < MANY; i++)
        ck_assert_str_eq(told(&many[i]), "r1;!;");
    n_reads = 0;
}

void many_end(void)
{
    for (int i = 0; i < MANY; i++)
        if (many[i].watching)
            watcher_stop(&many[i].watcher);
    settle();
    for (int i = 0; i < MANY; i++) {
        ck_assert(!many[i].watching);
        buffer_clear(&many[i].told);
    }
    ck_assert_int_eq(hub.n_watchers, 0);
    ck_assert(list_empty(&hub.waiting) && list_empty(&hub.feeds.stocked));
    for (int i = 0; i < FEED_BUCKETS; i++)
        ck_assert(list_empty(&hub.feeds.buckets[i]));
    fixture_teardown();
}
