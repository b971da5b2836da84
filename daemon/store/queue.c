/*
 * The way of a job: submitted by the caller's thread, run by a store thread, done, taken back.
 */
#include <stdio.h>

#include "store_threads.h"

/* The mutex is held. */
static void queue_add(struct store *store, struct store_job *job)
{
    switch (job->kind) {
    case STORE_READ:
        list_push(&store->reads, &job->node);
        pthread_cond_signal(&store->reads_ready);
        return;
    case STORE_LONG_READ:
        list_push(&store->long_reads, &job->node);
        pthread_cond_signal(&store->long_reads_ready);
        return;
    case STORE_WRITE:
    case STORE_EXCLUSIVE:
        list_push(&store->writes, &job->node);
        pthread_cond_signal(&store->writes_ready);
        return;
    }
}

void store_submit_all(struct store *store, struct list *jobs)
{
    bool failed;

    if (list_empty(jobs))
        return;
    pthread_mutex_lock(&store->mutex);
    failed = store->state.failed;
    for (struct list *node = list_pop(jobs); node; node = list_pop(jobs)) {
        struct store_job *job = container_of(node, struct store_job, node);

        if (failed) {
            job->result = STORE_FAILED;
            list_push(&store->done, node);
        } else {
            queue_add(store, job);
            store->waiting[job->kind]++;
        }
    }
    pthread_mutex_unlock(&store->mutex);
    if (failed)
        store->wake(store->wake_data);
}

void store_submit(struct store *store, struct store_job *job)
{
    struct list one;

    list_init(&one);
    list_push(&one, &job->node);
    store_submit_all(store, &one);
}

void store_take_done(struct store *store, struct list *done)
{
    pthread_mutex_lock(&store->mutex);
    list_splice(done, &store->done);
    pthread_mutex_unlock(&store->mutex);
}

void store_hurry(struct store *store)
{
    atomic_store(&store->hurry, true);
}

/* The mutex is held. */
static void jobs_done(struct store *store, struct list *jobs)
{
    list_for_each(node, jobs)
        store->waiting[container_of(node, struct store_job, node)->kind]--;
    list_splice(&store->done, jobs);
}

void store_finish(struct store *store, struct list *jobs, const struct store_db *publish)
{
    pthread_mutex_lock(&store->mutex);
    if (publish) {
        store->state.last_event_id = publish->committed.last_event_id;
        store->state.last_change = publish->committed.last_change;
        store->state.runs_running = publish->committed.runs_running;
        store->state.events_appended = publish->committed.events_appended;
        store->state.full = publish->full;
    }
    jobs_done(store, jobs);
    pthread_mutex_unlock(&store->mutex);
    store->wake(store->wake_data);
}

static void jobs_fail(struct list *jobs)
{
    list_for_each(node, jobs)
        container_of(node, struct store_job, node)->result = STORE_FAILED;
}

void store_fail(struct store *store, const char *words)
{
    pthread_mutex_lock(&store->mutex);
    if (!store->state.failed) {
        store->state.failed = true;
        snprintf(store->state.failure, sizeof(store->state.failure), "%s", words);
    }
    jobs_fail(&store->writes);
    jobs_done(store, &store->writes);
    jobs_fail(&store->reads);
    jobs_done(store, &store->reads);
    jobs_fail(&store->long_reads);
    jobs_done(store, &store->long_reads);
    door_open(store);
    pthread_mutex_unlock(&store->mutex);
    store->wake(store->wake_data);
}

void store_note_failure(struct store *store, const char *words)
{
    pthread_mutex_lock(&store->mutex);
    store->state.job_failures++;
    snprintf(store->state.job_failure, sizeof(store->state.job_failure), "%s", words);
    pthread_mutex_unlock(&store->mutex);
}

void store_state(struct store *store, struct store_state *ret_state)
{
    pthread_mutex_lock(&store->mutex);
    *ret_state = store->state;
    ret_state->jobs_waiting = 0;
    for (int i = 0; i < STORE_JOB_KINDS; i++) {
        ret_state->waiting[i] = store->waiting[i];
        ret_state->jobs_waiting += store->waiting[i];
    }
    ret_state->writer_busy = !store->writer_idle || !list_empty(&store->writes);
    ret_state->writer_turns = atomic_load(&store->writer_turns);
    pthread_mutex_unlock(&store->mutex);
}

const struct store_figures *store_figures(const struct store *store)
{
    return &store->writer.figures;
}

void store_sizes(struct store *store, int64_t *ret_database, int64_t *ret_wal)
{
    *ret_database = place_size(store->place.path);
    *ret_wal = place_size(store->place.wal);
}
