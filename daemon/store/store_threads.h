/*
 * store_threads: the store's inside, seen by its own files only.
 *
 * The mutex guards the lists, the counters and the state, and is never held across a call
 * into SQLite or of `wake`. Each connection is its thread's alone.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "store_db.h"
#include "store_place.h"

enum {
    STORE_READERS_MAX = 16,
    STORE_OWN_FILES = 3,                       /* the database, its log, its shared memory */
    STORE_READERS_ALL = STORE_READERS_MAX + 1, /* the last takes the long reads */
};

struct reader {
    struct store *store;
    struct store_db db;
    pthread_t thread;
    bool started;
    struct list *jobs; /* of the store, the ones it takes */
    pthread_cond_t *jobs_ready;
};

/* See door.c. */
struct door {
    bool shut;
    int inside;            /* readers in a transaction, */
    bool long_inside;      /* one of them with a long read */
    struct timespec until; /* no longer shut than this, by the monotonic clock */
    pthread_cond_t opened;
};

struct own_file {
    dev_t device;
    ino_t inode;
};

struct store {
    struct store_place place;
    int64_t checkpoint_pages;
    void (*wake)(void *data);
    void *wake_data;
    int lock;
    struct own_file own_files[STORE_OWN_FILES]; /* fixed once the store is open */

    atomic_bool hurry;
    pthread_mutex_t mutex;
    pthread_cond_t writes_ready;
    pthread_cond_t reads_ready;
    pthread_cond_t long_reads_ready;
    struct list writes;
    struct list reads;
    struct list long_reads;
    struct list done;
    struct door door;
    size_t waiting[STORE_JOB_KINDS]; /* jobs submitted and not in `done` yet */
    bool closing;
    struct store_state state;

    struct store_db writer;
    pthread_t writer_thread;
    bool writer_started;
    bool writer_idle; /* waits for jobs; guarded by the mutex */
    atomic_llong writer_turns;
    int64_t checkpointed_pages; /* of the log, in the database already */
    int64_t door_pages;         /* log size at which the writer next shuts the door */
    int64_t step_pages; /* of the log that are due behind an exclusive job; finds its level by what
                           the last ones took, 0 before the first */
    struct reader readers[STORE_READERS_ALL];
    int n_readers;
};

/* Moves the jobs of a list behind `done` and wakes the caller's loop. `publish` (may be NULL) is
 * the connection whose committed numbers become the state at the same moment. */
void store_finish(struct store *store, struct list *jobs, const struct store_db *publish);

/* Keeps in mind which files the paths name now, behind the first commit. */
int own_files_remember(struct store *store, struct store_problem *ret_problem);

/* For good: what waits and all that is submitted later comes back STORE_FAILED. */
void store_fail(struct store *store, const char *words);
/* One job came back STORE_FAILED, the store goes on. */
void store_note_failure(struct store *store, const char *words);

enum { ORDER_JOBS = 2048 };
/* Moves the first ORDER_JOBS of `from` behind `to`. Jobs without a group keep their place among all
 * others, those between two of them are sorted by group. */
void jobs_take_ordered(struct list *to, struct list *from);

void *writer_main(void *store);
void *reader_main(void *reader);

/* The mutex is held in all of these. Before a reader's transaction and after it: */
void door_enter(struct reader *reader);
void door_leave(struct reader *reader);
/* By the writer: nobody enters any more, nobody is inside any more, everybody may. */
void door_shut(struct store *store);
bool door_is_clear(const struct store *store);
void door_open(struct store *store);

/* Brings the log as it reads to the disk, before anything trusts it; see log_rewrite.c. */
int log_rewrite(struct store_db *db);

/* Checkpoints between transactions, on the write connection. The page numbers are filled also when
 * it is STORE_BUSY: readers kept some of the log. */
int checkpoint_make(struct store_db *db, int mode, int64_t wait_ms, int *ret_wal_pages,
                    int *ret_checkpointed);
enum checkpoint_moment {
    CHECKPOINT_BUSY, /* behind a batch */
    CHECKPOINT_STEP, /* behind an exclusive job, or behind the batch that waited for it */
    CHECKPOINT_IDLE,
};
/* Checkpoints when the log has grown by its size; by a part of it behind an exclusive job, so that
 * nobody waits for long, and when the writer is idle, so that what comes next finds a short log. */
void checkpoint_tend(struct store *store, enum checkpoint_moment moment);
/* Whether it would. The mutex is held. */
bool checkpoint_due(struct store *store, enum checkpoint_moment moment);
