/*
 * attachments: running runs that stand and fall with the process that records them.
 *
 * The book has an entry for every attached run, and one for each process that has any: however many
 * runs a process has, it is watched once. A run's row in the database says which process it is;
 * what stands here beside it is whether the process lives and whether it is connected:
 *
 *   attached  the process lives, and a connection of it that has named the run is open
 *   detached  it lives, without such a connection
 *   lost      it is gone; after the time of grace the run is stopped, unless another claims it
 *
 * A run leaves the book when it ends. Everything belongs to the loop's thread, but for
 * attachments_state(), which any thread may call. How processes are found and watched is the
 * server's: struct attach_system.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "list.h"
#include "store.h"

enum {
    ATTACH_BOOT_SIZE = 40,
    ATTACH_START_UNKNOWN = 0, /* such a process is known by its pid alone */
    ATTACH_PROCESS_BUCKETS = 256,
};

struct attach_process {
    struct list node; /* in its bucket of the book */
    unsigned int users;
    pid_t pid;
    int64_t start;
    char boot[ATTACH_BOOT_SIZE];
    atomic_bool gone;
    int64_t gone_at;  /* on the system's clock */
    struct list runs; /* struct attached_run */
    void *watch;      /* of the system; NULL: it is asked for at each tick */
};

/* One end of a connection, embedded in what lives as long as its last call. */
struct attach_holder {
    pid_t pid;
    void *peer;                     /* what the system finds the process by */
    struct attach_process *process; /* NULL until it was found */
    struct list runs;               /* that it holds attached */
    struct list spares;             /* entries for calls under way */
};

struct attach_system {
    /* A monotonic clock, in milliseconds. */
    int64_t (*now)(void *data);
    /* The process at the holder's other end, or the one that has a pid now. `ret_pidfd` is -1 where
     * there was none to be had. 0, or -ESRCH when it is gone. */
    int (*find_peer)(void *data, const struct attach_holder *holder, int *ret_pidfd,
                     int64_t *ret_start);
    int (*find)(void *data, pid_t pid, int *ret_pidfd, int64_t *ret_start);
    /* Calls attachments_process_gone() when the process ends. Takes the pidfd over, also when it
     * can't: NULL. */
    void *(*watch)(void *data, int pidfd, struct attach_process *process);
    void (*unwatch)(void *data, void *watch);
    /* Closes a pidfd that is not needed. */
    void (*discard)(void *data, int pidfd);
    /* A run was stopped as lost; may be NULL. */
    void (*stopped)(void *data, const char *run_id, pid_t pid);
};

struct attached_run;

struct attachments {
    const struct attach_system *system;
    void *system_data;
    struct list *writes; /* where store jobs of this turn go */
    char boot[ATTACH_BOOT_SIZE];
    struct list processes[ATTACH_PROCESS_BUCKETS];
    pthread_mutex_t mutex; /* held to change what attachments_state() looks at */
    struct list *buckets;  /* of runs, by their id */
    size_t n_buckets;
    atomic_size_t n_runs;
    struct list stops; /* jobs that are with the store */
    size_t n_stops;
    int64_t grace_ms;
    void (*loaded)(void *data, int result);
    void *loaded_data;
    struct attach_load *load; /* under way */
};

/* `boot` names the boot of the machine. Returns 0 or -ENOMEM. */
int attachments_init(struct attachments *book, const struct attach_system *system,
                     void *system_data, const char *boot, struct list *writes);
/* The store is closed and all holders are before. A book that is all zeros is fine. */
void attachments_clear(struct attachments *book);

/* Reads what an earlier daemon left: every process that a run stands with is looked up, the grace
 * of those that are gone begins now. `loaded` is called with 0 or a store failure. Returns 0 or
 * -ENOMEM. */
int attachments_load(struct attachments *book, struct store *store,
                     void (*loaded)(void *data, int result), void *data);

/* "attached", "detached" or "lost"; NULL for a run that is not in the book. Any thread. */
const char *attachments_state(struct attachments *book, const char *run_id);

void attach_holder_init(struct attach_holder *holder, pid_t pid, void *peer);
/* Its connection is gone and its last call done. */
void attach_holder_close(struct attachments *book, struct attach_holder *holder);

/* What a call needs that will attach a run: the holder's process, and room for an entry, so that
 * nothing can fail once the run's row is written. Returns 0; -EOPNOTSUPP for a process that can't
 * be seen from here; -ENOMEM. A process that is gone already is no failure. */
int attachments_prepare(struct attachments *book, struct attach_holder *holder);
/* Such a call is done: it attached the run to the holder's process, in the order of the commits, or
 * attached none (NULL). */
void attachments_settle(struct attachments *book, struct attach_holder *holder, const char *run_id);
/* A call that writes names the run. */
void attachments_touch(struct attachments *book, struct attach_holder *holder, const char *run_id);
/* The run has ended, or stands with no process any more. */
void attachments_forget(struct attachments *book, const char *run_id);

/* For attach_system.watch. */
void attachments_process_gone(struct attachments *book, struct attach_process *process);

/* Once a second: asks for processes that can't be watched, and stops runs that were lost `grace_ms`
 * ago. */
void attachments_tick(struct attachments *book, int64_t grace_ms);

/* For store jobs that came back. */
bool attachments_owns_job(const struct store_job *job);
void attachments_job_done(struct attachments *book, struct store_job *job);
