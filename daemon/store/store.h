/*
 * store: the one SQLite database, its writer thread and its reader threads.
 *
 * The store owns the database file. SQLite is seen nowhere else. Work is handed over as jobs: a job
 * belongs to the caller until store_submit(), to the store until it comes back from
 * store_take_done(), and to the caller again. Write jobs run in the order they were submitted (but
 * for groups, see there), many in one transaction; a write job that comes back with 0 or an outcome
 * is on disk, synced. Read jobs run on any of the reader threads, each in one read transaction of
 * its own, and see every write job that came back before they were submitted.
 *
 * SQLite's own locks are for other programs: an operator may read with sqlite3 at any time, and a
 * writer waits up to ten seconds for an operator's transaction before its jobs come back
 * STORE_BUSY. What such a program writes is seen, but nobody is woken for it before the next commit
 * here.
 *
 * A failure of the disk or a damaged database ends the store for good: every job under way and all
 * later ones come back STORE_FAILED and store_state() says why. It is never tried again: after a
 * failed sync nobody knows what is on the disk but a new start, which reads it anew. A read that
 * fails, or a job that SQLite refuses for another reason, fails alone.
 *
 * Results follow one doctrine: negative is a failure of storage or memory (enum store_failure),
 * positive is an outcome that the caller turns into an answer (enum store_outcome), 0 is done. A
 * write job that returns anything but 0 must not have written (verify first, then write); the store
 * rolls back a failed batch and runs its other jobs again one by one, so `run` may run more than
 * once and starts from its inputs each time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "list.h"
#include "metrics.h"

struct store;
struct store_db; /* one connection with its prepared statements; belongs to its thread */

enum store_failure {
    STORE_FAILED = -1,    /* the disk or SQLite: final, the daemon must end */
    STORE_FULL = -2,      /* no room on the disk; later writes may succeed */
    STORE_NO_MEMORY = -3, /* this job only */
    STORE_BUSY = -4, /* another program held its lock too long, or the store closes: again later */
};

enum store_outcome {
    STORE_RUN_NOT_FOUND = 1,
    STORE_RUN_EXISTS,
    STORE_GRAPH_NOT_FOUND,
    STORE_SEQUENCE_CONFLICT,
    STORE_SEQUENCE_EXHAUSTED, /* numbering would pass 2^63-1 */
    STORE_HISTORY_TRUNCATED,
    STORE_BACKUP_EXISTS,    /* a file of its name */
    STORE_BACKUP_FAILED,    /* the copy, not the database; see store_backup.h */
    STORE_EVENT_UNREADABLE, /* see struct event_look */
    STORE_OUTCOME_LAST,     /* callers' own outcomes start here */
};

enum store_job_kind {
    STORE_READ,
    STORE_LONG_READ, /* on a thread of its own, so that it keeps no other reader waiting */
    STORE_WRITE,
    STORE_EXCLUSIVE, /* on the writer thread in its turn, but between two transactions */
};

enum { STORE_JOB_KINDS = STORE_EXCLUSIVE + 1 };

struct store_job {
    struct list node;
    enum store_job_kind kind;
    /* Runs on a store thread; see above. */
    int (*run)(struct store_job *job, struct store_db *db);
    /* Of a write, may be NULL: neighbours with one may be run in another order than they came, but
     * not those with the same. Lives as long as the job. */
    const char *group;
    /* Of a long read: it reads no rows, only files of its own, and has no transaction. */
    bool aside;
    int result; /* set when the job comes back */
};

enum store_sync { STORE_SYNC_FULL, STORE_SYNC_NORMAL };

struct store_options {
    const char *path;    /* of the database; its folder exists */
    const char *version; /* of the program, for the boot record */
    enum store_sync synchronous;
    int readers;       /* reader threads, 1 to 16 */
    int64_t cache_kib; /* page cache of the write connection */
    int64_t checkpoint_pages;
    int64_t journal_bytes; /* journal_size_limit */
    /* Called from store threads when store_take_done() or store_state() has news; must not block.
     */
    void (*wake)(void *data);
    void *wake_data;
};

/* Why the store can't be opened, in words for the operator. */
struct store_problem {
    char message[1024]; /* one line: what, where, what to do */
    bool refused;       /* the file itself must not be touched (exit 78), else the environment is
                           at fault (exit 1) */
};

/* Locks, opens, migrates and makes durable what an earlier daemon left, then starts the threads.
 * Blocks. Returns 0, or -1 with `ret_problem` filled and the database untouched where it was
 * refused. */
int store_open(const struct store_options *options, struct store **ret_store,
               struct store_problem *ret_problem);

/* The daemon is about to close the store: jobs that take long are cut short (STORE_BUSY), and other
 * programs' locks are waited for no longer than a second from now on. Any thread. */
void store_hurry(struct store *store);

/* Waits for all submitted jobs, closes the readers, checkpoints, closes the writer, unlocks. Jobs
 * that are done must be taken before. NULL is fine. Blocks. Returns 0, or STORE_FAILED when the
 * disk failed, also now: the next start settles the log, which is kept. */
int store_close(struct store *store);

/* Hands a job over; never blocks on the disk. */
void store_submit(struct store *store, struct store_job *job);
/* The same for many in their order, so that writes among them are found together. Empties the
 * list. */
void store_submit_all(struct store *store, struct list *jobs);

/* Moves all jobs that are done behind `done`. */
void store_take_done(struct store *store, struct list *done);

/* What the store knows of itself without asking the disk. */
struct store_state {
    int64_t last_event_id;   /* newest committed event */
    int64_t last_change;     /* newest committed change of a run row (run_changes) */
    int64_t events_appended; /* since open */
    int64_t runs_running;
    size_t jobs_waiting; /* those that run, too; all of the kinds below */
    size_t waiting[STORE_JOB_KINDS];
    bool writer_busy; /* the writer thread runs a job, or one waits for it */
    /* Grows whenever the writer gets on: one that is busy and whose turns stand still is stuck. */
    int64_t writer_turns;
    bool full;   /* the last write found no room on the disk */
    bool failed; /* a sync failed: nothing more will be acknowledged, the daemon must end */
    char failure[256];
    int64_t job_failures;  /* jobs that came back STORE_FAILED while the store went on */
    char job_failure[256]; /* why the last of them did */
};
void store_state(struct store *store, struct store_state *ret_state);

/* What the writer thread counts of its work since the store was opened. Any thread reads it. */
struct store_figures {
    struct histogram commits;       /* how long each took, its sync included */
    struct histogram commit_events; /* events in each */
    struct histogram checkpoints;   /* how long each took */
    struct histogram exclusives;    /* how long each exclusive job kept the batches waiting */
    struct histogram exclusive_checkpoints; /* likewise the checkpoints such jobs made due */
    struct counter exclusive_longest;
    struct counter exclusive_checkpoint_longest;
    struct counter duplicates; /* events that were stored already */
};
const struct store_figures *store_figures(const struct store *store);

/* Sizes in bytes of the database file and its write-ahead log, by stat(2). */
void store_sizes(struct store *store, int64_t *ret_database, int64_t *ret_wal);

/* The path of the database, its log or its shared memory, when what was open under it is gone or is
 * another file (by stat(2)); NULL when all are there. What is committed from then on may be lost
 * with it: the daemon must end. */
const char *store_lost_file(const struct store *store);

int store_schema_version(void);

/* Inside a STORE_WRITE job: writes what nobody sees, where there is room for it; STORE_FULL
 * without.
 */
int store_try_room(struct store_db *db);

/* Inside a STORE_EXCLUSIVE job: checkpoints the whole log on the write connection and truncates it.
 * `ret_wal_pages` had been in it, `ret_checkpointed_pages` of them are in the database now. */
int store_checkpoint(struct store_db *db, int64_t *ret_wal_pages, int64_t *ret_checkpointed_pages);

struct graph_row;

struct integrity_scope {
    bool quick; /* neither whether indexes fit their tables, nor payloads and graphs */
    /* What is wrong with an event's payload: 0 for nothing, positive with words, or a failure. NULL
     * leaves payloads out. */
    int (*payload_problem)(void *data, const char *payload, char *ret_text, size_t size);
    /* What is wrong with a graph, whose texts the store does not understand: 0 for nothing,
     * positive with words, or a failure. NULL leaves graphs out. */
    int (*graph_problem)(void *data, const struct graph_row *row, char *ret_text, size_t size);
    void *data;
};

/* Read job helper: PRAGMA integrity_check or quick_check, foreign keys, payloads and graphs one by
 * one. Damage is a problem, not a failure, and ends only the part of the check that met it.
 * `ret_problems` are owned by the arena; none means the database is sound. STORE_BUSY when the
 * store closes. */
int store_check_integrity(struct store_db *db, const struct integrity_scope *scope,
                          struct arena *arena, const char *const **ret_problems,
                          size_t *ret_n_problems);
