/*
 * The reader threads. Each job that reads rows has one read transaction, and between jobs there is
 * none: an open one keeps the log from starting anew.
 *
 * A job that fails fails alone, also by a read error of the disk. A damaged database does not: it
 * is found here sooner than by the writer, and to go on writing into it is no service, so the store
 * fails for good.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "store_threads.h"

enum { READER_NICE = 5 };

static struct store_job *reader_wait(struct reader *reader)
{
    struct store *store = reader->store;
    struct store_job *job;
    struct list *node;

    pthread_mutex_lock(&store->mutex);
    while (list_empty(reader->jobs) && !store->closing)
        pthread_cond_wait(reader->jobs_ready, &store->mutex);
    node = list_pop(reader->jobs);
    job = node ? container_of(node, struct store_job, node) : NULL;
    if (job && !job->aside)
        door_enter(reader);
    pthread_mutex_unlock(&store->mutex);
    return job;
}

/* The job within its transaction. */
static int job_read(struct store_job *job, struct store_db *db)
{
    int r = db_run(db, STATEMENT_BEGIN_READ);
    int result = r < 0 ? r : job->run(job, db);

    if (!sqlite3_get_autocommit(db->handle))
        r = db_run(db, STATEMENT_COMMIT);
    /* What a commit that failed leaves open must not stay so; its failure is what counts. */
    if (!sqlite3_get_autocommit(db->handle))
        db_run(db, STATEMENT_ROLLBACK);
    return r < 0 && result >= 0 ? r : result;
}

static void reader_run(struct reader *reader, struct store_job *job)
{
    struct store_db *db = &reader->db;
    struct store *store = reader->store;
    struct list one;

    job->result = job->aside ? job->run(job, db) : job_read(job, db);
    if (failure_is_damage(db->fatal)) {
        job->result = STORE_FAILED;
        store_fail(store, db->failure);
    } else if (job->result == STORE_FAILED) {
        store_note_failure(store, db->failure);
    }
    db->fatal = 0;
    if (!job->aside) {
        pthread_mutex_lock(&store->mutex);
        door_leave(reader);
        pthread_mutex_unlock(&store->mutex);
    }
    list_init(&one);
    list_push(&one, &job->node);
    store_finish(store, &one, NULL);
}

/* Where the processors are short, recording goes first; but not so far that a reader, which holds
 * the log while it reads, gets next to nothing where others load the machine. On Linux the priority
 * is a thread's. A system that refuses loses only that. */
static void reader_step_back(void)
{
    setpriority(PRIO_PROCESS, (id_t)gettid(), getpriority(PRIO_PROCESS, 0) + READER_NICE);
}

void *reader_main(void *data)
{
    struct reader *reader = data;
    struct store_job *job;

    reader_step_back();
    while ((job = reader_wait(reader)))
        reader_run(reader, job);
    return NULL;
}
