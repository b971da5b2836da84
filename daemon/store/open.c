/*
 * Opening and closing the store. The order matters; each step says why.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate.h"
#include "restore_end.h"
#include "store_create.h"
#include "store_inspect.h"
#include "store_lock.h"
#include "store_problem.h"
#include "store_threads.h"
#include "transaction.h"

static pthread_once_t sqlite_once = PTHREAD_ONCE_INIT;

/* Connections are one thread's each, and nobody asks SQLite for its memory counters, which cost a
 * lock an allocation. Refused when SQLite runs already, which does no harm. */
static void sqlite_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_initialize();
}

static void store_free(struct store *store)
{
    for (int i = 0; i < store->n_readers; i++)
        db_close(&store->readers[i].db);
    db_close(&store->writer);
    lock_release(store->lock);
    pthread_cond_destroy(&store->long_reads_ready);
    pthread_cond_destroy(&store->reads_ready);
    pthread_cond_destroy(&store->writes_ready);
    pthread_cond_destroy(&store->door.opened);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

static struct store *store_new(const struct store_options *options)
{
    struct store *store = calloc(1, sizeof(*store));
    pthread_condattr_t monotonic;

    if (!store)
        return NULL;
    store->checkpoint_pages = options->checkpoint_pages;
    store->wake = options->wake;
    store->wake_data = options->wake_data;
    store->lock = -1;
    atomic_init(&store->hurry, false);
    list_init(&store->writes);
    list_init(&store->reads);
    list_init(&store->long_reads);
    list_init(&store->done);
    /* None of these allocates on Linux, so none can fail. */
    pthread_mutex_init(&store->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&store->writes_ready, &monotonic);
    pthread_cond_init(&store->door.opened, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&store->reads_ready, NULL);
    pthread_cond_init(&store->long_reads_ready, NULL);
    return store;
}

static int step_problem(struct store *store, const char *what, int r,
                        struct store_problem *ret_problem)
{
    const char *path = store->place.path;

    if (r == STORE_FULL)
        problem_environment(ret_problem, "no room on the disk for %s (%s); make room", path, what);
    else if (r == STORE_BUSY)
        problem_environment(ret_problem,
                            "%s is locked by another program (%s); end its transaction "
                            "and start again",
                            path, what);
    else if (r == STORE_NO_MEMORY)
        problem_environment(ret_problem, "out of memory (%s)", what);
    else if (failure_is_damage(store->writer.fatal))
        problem_refuse(ret_problem, "%s is damaged (%s): %s; " PROBLEM_REMEDY, path, what,
                       store->writer.failure);
    else
        problem_environment(ret_problem, "%s: %s failed: %s", path, what, store->writer.failure);
    return -1;
}

/* What an earlier, killed daemon wrote may be in the page cache only. It goes to the disk before
 * this daemon answers for it: a retry would be told "already there" and the power could still take
 * it away. A reader in another process may keep the log from being truncated; the boot record's
 * sync covers it then. */
static int log_settle(struct store *store, struct store_problem *ret_problem)
{
    int ignored;
    int r = place_size(store->place.wal) > 0 ? log_rewrite(&store->writer) : 0;

    if (r < 0)
        return step_problem(store, "writing the log again", r, ret_problem);
    r = checkpoint_make(&store->writer, SQLITE_CHECKPOINT_TRUNCATE, 2000, &ignored, &ignored);
    if (r < 0 && r != STORE_BUSY)
        return step_problem(store, "checkpoint", r, ret_problem);
    return 0;
}

static int boot_record(struct store *store, const char *version, struct store_problem *ret_problem)
{
    struct store_db *db = &store->writer;
    struct query query;
    int r = transaction_begin(db);

    if (r == 0) {
        query_start(&query, db, STATEMENT_BOOT_INSERT);
        query_bind_int(&query, ":pid", getpid());
        query_bind_text(&query, ":version", version ? version : "");
        r = query_step(&query);
        query_end(&query);
        if (r == 0)
            r = transaction_commit(db);
        if (r < 0)
            transaction_rollback(db);
    }
    return r < 0 ? step_problem(store, "boot record", r, ret_problem) : 0;
}

/* With a journal beside it that a database has left SQLite makes the new one: it knows that the
 * journal is not the new one's. */
static int database_make(const struct store_place *place, struct store_problem *ret_problem)
{
    if (place->exists || place_size(place->journal) > 0)
        return 0;
    return database_create(place, ret_problem);
}

static int readers_open(struct store *store, const struct store_options *options,
                        struct store_problem *ret_problem)
{
    while (store->n_readers <= options->readers) {
        struct reader *reader = &store->readers[store->n_readers++];
        bool takes_long = store->n_readers > options->readers;

        reader->store = store;
        reader->jobs = takes_long ? &store->long_reads : &store->reads;
        reader->jobs_ready = takes_long ? &store->long_reads_ready : &store->reads_ready;
        if (db_open(&reader->db, store->place.path, DB_READER, options, &store->hurry,
                    ret_problem) < 0)
            return -1;
    }
    return 0;
}

/* Signals are the main thread's. */
static int threads_start(struct store *store, struct store_problem *ret_problem)
{
    sigset_t all;
    sigset_t before;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&store->writer_thread, NULL, writer_main, store);
    store->writer_started = r == 0;
    for (int i = 0; r == 0 && i < store->n_readers; i++) {
        r = pthread_create(&store->readers[i].thread, NULL, reader_main, &store->readers[i]);
        store->readers[i].started = r == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r != 0) {
        problem_environment(ret_problem, "no thread can be started: %s", strerrordesc_np(r));
        return -1;
    }
    return 0;
}

static void threads_stop(struct store *store)
{
    atomic_store(&store->hurry, true);
    pthread_mutex_lock(&store->mutex);
    store->closing = true;
    pthread_cond_broadcast(&store->reads_ready);
    pthread_cond_broadcast(&store->long_reads_ready);
    pthread_cond_broadcast(&store->writes_ready);
    door_open(store);
    pthread_mutex_unlock(&store->mutex);
    for (int i = 0; i < store->n_readers; i++)
        if (store->readers[i].started)
            pthread_join(store->readers[i].thread, NULL);
    if (store->writer_started)
        pthread_join(store->writer_thread, NULL);
}

static int store_open_steps(struct store *store, const struct store_options *options,
                            struct store_problem *ret_problem)
{
    struct store_db *db = &store->writer;

    /* Where: before anything is created there. */
    if (place_resolve(options->path, &store->place, ret_problem) < 0)
        return -1;
    /* Who: before the file is looked at, so that nobody changes it meanwhile. */
    store->lock = lock_take(&store->place, "stop that one or name another database", ret_problem);
    if (store->lock < 0)
        return -1;
    /* Whose: a restore that was cut short behind its point of no return. */
    if (restore_end(&store->place, NULL, ret_problem) < 0)
        return -1;
    /* What: before SQLite may write to it. */
    if (inspect_database(&store->place, ret_problem) < 0 ||
        database_make(&store->place, ret_problem) < 0 ||
        /* Its name before that of a log, which alone would be a history without its beginning. */
        folder_settle(&store->place, ret_problem) < 0 ||
        db_open(db, store->place.path, DB_WRITER, options, &store->hurry, ret_problem) < 0 ||
        log_settle(store, ret_problem) < 0 ||
        schema_migrate(db->handle, store->place.path, ret_problem) < 0 ||
        boot_record(store, options->version, ret_problem) < 0 ||
        /* The log keeps its name as long as it is open: once is enough. */
        folder_settle(&store->place, ret_problem) < 0)
        return -1;
    /* From here on everything in the database is on the disk. */
    if (db_set_synchronous(db, options->synchronous, ret_problem) < 0 ||
        own_files_remember(store, ret_problem) < 0 || readers_open(store, options, ret_problem) < 0)
        return -1;
    store->state.last_event_id = db->committed.last_event_id;
    store->state.last_change = db->committed.last_change;
    store->state.runs_running = db->committed.runs_running;
    return threads_start(store, ret_problem);
}

int store_open(const struct store_options *options, struct store **ret_store,
               struct store_problem *ret_problem)
{
    struct store *store;

    if (options->readers < 1 || options->readers > STORE_READERS_MAX || options->cache_kib < 1 ||
        options->checkpoint_pages < 1 || options->journal_bytes < 0) {
        problem_environment(ret_problem,
                            "the store's options are out of range (1 to %d readers, a "
                            "cache and a checkpoint size of at least 1)",
                            STORE_READERS_MAX);
        return -1;
    }
    pthread_once(&sqlite_once, sqlite_configure);
    store = store_new(options);
    if (!store) {
        problem_environment(ret_problem, "out of memory");
        return -1;
    }
    if (store_open_steps(store, options, ret_problem) < 0) {
        threads_stop(store);
        store_free(store);
        return -1;
    }
    *ret_store = store;
    return 0;
}

int store_close(struct store *store)
{
    int ignored;
    int r = 0;

    if (!store)
        return 0;
    threads_stop(store);
    /* The readers first: the last connection to go is the one that may checkpoint. */
    for (int i = 0; i < store->n_readers; i++)
        db_close(&store->readers[i].db);
    if (store->state.failed)
        r = STORE_FAILED;
    else
        r = checkpoint_make(&store->writer, SQLITE_CHECKPOINT_TRUNCATE, 1000, &ignored, &ignored);
    /* After a failure nothing is written any more, not even by closing: it would sync once more,
     * with success, what the failed sync has lost, and delete the log. The next start settles it.
     */
    if (r < 0 && r != STORE_BUSY)
        sqlite3_db_config(store->writer.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    store_free(store);
    return r == STORE_FAILED ? r : 0;
}

int store_schema_version(void)
{
    return n_migrations;
}
