/*
 * The writer thread: group commit.
 *
 * It takes all that waits, runs it in one transaction, commits, and gives everything back at once;
 * while one commit syncs, the next batch gathers. A batch has at most ORDER_JOBS jobs and ends at
 * BATCH_BYTES, so that the first job in it does not wait for a flood behind it, and an exclusive
 * job ends it because it runs between transactions.
 *
 * A job that fails, or that wrote and then returned an outcome, spoils its batch: the batch is
 * rolled back and its jobs run again, each in a transaction of its own. A failure of the disk is
 * never tried again.
 */
#include <errno.h>
#include <time.h>

#include "store_threads.h"
#include "transaction.h"

enum {
    BATCH_BYTES = 8 << 20,
    IDLE_NS = 2000000, /* without a job, before a checkpoint is in nobody's way */
};

static struct store_job *job_of(struct list *node)
{
    return container_of(node, struct store_job, node);
}

static void batch_set(struct list *batch, int result)
{
    list_for_each(node, batch)
        job_of(node)->result = result;
}

static bool writer_has_none(const struct store *store)
{
    return list_empty(&store->writes) && !store->closing;
}

/* The mutex is held. Waits until there is something to do; with `until` no longer than that. */
static void writer_sleep(struct store *store, const struct timespec *until)
{
    int r = 0;

    store->writer_idle = true;
    while (writer_has_none(store) && !door_is_clear(store) && r != ETIMEDOUT)
        r = until ? pthread_cond_timedwait(&store->writes_ready, &store->mutex, until)
                  : pthread_cond_wait(&store->writes_ready, &store->mutex);
    store->writer_idle = false;
}

/* The mutex is held. */
static void writer_nap(struct store *store)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += IDLE_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    writer_sleep(store, &until);
}

/* The mutex is held. Waits for jobs. A checkpoint that is worth it is made when nothing came for a
 * while, so that it delays nobody, and at once when readers wait for it. */
static void writer_rest(struct store *store)
{
    bool due = checkpoint_due(store, CHECKPOINT_IDLE);

    while (writer_has_none(store)) {
        if (!due)
            writer_sleep(store, NULL);
        else if (!door_is_clear(store))
            writer_nap(store);
        if (!writer_has_none(store))
            break;
        pthread_mutex_unlock(&store->mutex);
        checkpoint_tend(store, CHECKPOINT_IDLE);
        pthread_mutex_lock(&store->mutex);
        due = false;
    }
}

/* Waits for jobs and moves them behind `arrived`. False when there is nothing left and the store
 * closes. */
static bool writer_gather(struct store *store, struct list *arrived, const struct list *pending,
                          bool *ret_failed)
{
    bool found;

    pthread_mutex_lock(&store->mutex);
    if (list_empty(pending) && list_empty(arrived))
        writer_rest(store);
    atomic_fetch_add(&store->writer_turns, 1);
    list_splice(arrived, &store->writes);
    found = !list_empty(pending) || !list_empty(arrived);
    *ret_failed = store->state.failed;
    pthread_mutex_unlock(&store->mutex);
    return found;
}

/* Runs a job within the open transaction. False when the transaction must not be committed. */
static bool job_run(struct store_job *job, struct store_db *db)
{
    sqlite3_int64 changes = sqlite3_total_changes64(db->handle);

    job->result = job->run(job, db);
    if (job->result < 0 || db->fatal)
        return false;
    return job->result == 0 || sqlite3_total_changes64(db->handle) == changes;
}

/* Runs jobs from the front of `pending`, each then in `batch`. False when the batch is spoilt. */
static bool batch_run(struct store_db *db, struct list *pending, struct list *batch)
{
    while (db->transaction.bytes < BATCH_BYTES && !list_empty(pending)) {
        struct store_job *job = job_of(pending->next);

        if (job->kind == STORE_EXCLUSIVE)
            return true;
        list_remove(&job->node);
        list_push(batch, &job->node);
        if (!job_run(job, db))
            return false;
    }
    return true;
}

/* A transaction that could not be started, by another process's lock or for want of memory: all
 * that would have been in it comes back. */
static void batch_refuse(struct list *pending, struct list *batch, int result)
{
    while (!list_empty(pending)) {
        struct store_job *job = job_of(pending->next);

        if (job->kind == STORE_EXCLUSIVE)
            break;
        list_remove(&job->node);
        list_push(batch, &job->node);
    }
    batch_set(batch, result);
}

static int job_run_alone(struct store_db *db, struct store_job *job)
{
    int r = transaction_begin(db);

    if (r < 0)
        return r;
    if (job_run(job, db) && job->result == 0) {
        r = transaction_commit(db);
        if (r == 0)
            return 0;
        job->result = r;
    }
    transaction_rollback(db);
    return job->result;
}

/* Moves the log into the database, so that the next transaction is written over its start instead
 * of behind its end. False when there was no room for that either, or nothing to move. */
static bool room_make(struct store_db *db)
{
    int wal_pages = 0;
    int checkpointed = 0;
    int r = checkpoint_make(db, SQLITE_CHECKPOINT_RESTART, 0, &wal_pages, &checkpointed);

    return r == 0 && wal_pages > 0;
}

static void batch_run_singly(struct store *store, struct list *batch)
{
    struct store_db *db = &store->writer;
    bool hopeless = false;

    list_for_each(node, batch) {
        struct store_job *job = job_of(node);

        atomic_fetch_add(&store->writer_turns, 1);
        if (db->fatal) {
            job->result = STORE_FAILED;
            continue;
        }
        job->result = job_run_alone(db, job);
        if (job->result == STORE_FULL && !hopeless) {
            hopeless = !room_make(db);
            if (!hopeless)
                job->result = job_run_alone(db, job);
        }
        db->full = db->full || job->result == STORE_FULL;
        if (job->result == STORE_FAILED)
            store_note_failure(store, db->failure[0] ? db->failure : "a job failed");
    }
}

static void writer_batch(struct store *store, struct list *pending)
{
    struct store_db *db = &store->writer;
    struct list batch;
    int r;

    list_init(&batch);
    r = transaction_begin(db);
    if (r < 0)
        batch_refuse(pending, &batch, r);
    else if (!batch_run(db, pending, &batch) || transaction_commit(db) < 0) {
        transaction_rollback(db);
        /* Of a batch whose commit failed nobody knows what is on the disk. */
        if (db->fatal)
            batch_set(&batch, STORE_FAILED);
        else
            batch_run_singly(store, &batch);
    }
    if (db->fatal)
        store_fail(store, db->failure);
    store_finish(store, &batch, db);
}

static void exclusive_run(struct store *store, struct store_job *job)
{
    struct store_db *db = &store->writer;
    int64_t began = metrics_now();
    struct list one;
    int64_t took;

    list_init(&one);
    list_push(&one, &job->node);
    job->result = job->run(job, db);
    transaction_rollback(db);
    took = metrics_now() - began;
    histogram_note_duration(&db->figures.exclusives, took);
    counter_raise(&db->figures.exclusive_longest, took);
    if (db->fatal)
        store_fail(store, db->failure);
    else if (job->result == STORE_FAILED)
        store_note_failure(store, db->failure);
    store_finish(store, &one, NULL);
}

/* Whether the next thing to do is a batch: what waited for an exclusive job does not also wait for
 * the checkpoint behind it. */
static bool batch_waits(struct store *store, const struct list *pending, const struct list *arrived)
{
    const struct list *jobs = !list_empty(pending)   ? pending
                              : !list_empty(arrived) ? arrived
                                                     : &store->writes;
    bool waits;

    pthread_mutex_lock(&store->mutex);
    waits = !list_empty(jobs) && job_of(jobs->next)->kind != STORE_EXCLUSIVE;
    pthread_mutex_unlock(&store->mutex);
    return waits;
}

void *writer_main(void *data)
{
    struct store *store = data;
    enum checkpoint_moment moment = CHECKPOINT_BUSY;
    struct list arrived; /* as they came */
    struct list pending; /* the next ones, in the order they are run */
    bool failed = false;

    pthread_setname_np(pthread_self(), "hd-writer");
    list_init(&arrived);
    list_init(&pending);
    while (writer_gather(store, &arrived, &pending, &failed)) {
        if (list_empty(&pending))
            jobs_take_ordered(&pending, &arrived);
        if (failed) {
            batch_set(&pending, STORE_FAILED);
            store_finish(store, &pending, NULL);
            continue;
        }
        if (job_of(pending.next)->kind == STORE_EXCLUSIVE) {
            exclusive_run(store, job_of(list_pop(&pending)));
            moment = CHECKPOINT_STEP;
            if (batch_waits(store, &pending, &arrived))
                continue;
        } else {
            writer_batch(store, &pending);
        }
        checkpoint_tend(store, moment);
        moment = CHECKPOINT_BUSY;
    }
    return NULL;
}
