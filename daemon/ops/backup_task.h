/*
 * backup_task: one backup, from its first page to its name.
 *
 * A row of store jobs, one at a time: pages are copied on the write connection between its
 * transactions, what was copied is brought to the disk and at the end looked through on the thread
 * of the long reads. The owner embeds the task and keeps it until `ended` was called. Loop thread,
 * but for the jobs.
 */
#pragma once

#include <stdatomic.h>

#include "store_backup.h"

/*
 *   BEGINNING   makes the file
 *   COPYING     copies some pages
 *   FLUSHING    brings them to the disk, so that the end does not
 *   PUBLISHING  checks the file and names it
 *   CANCELLING  removes it
 */
enum backup_state {
    BACKUP_BEGINNING,
    BACKUP_COPYING,
    BACKUP_FLUSHING,
    BACKUP_PUBLISHING,
    BACKUP_CANCELLING,
};

struct backup_task {
    struct store_job job;
    struct store *store;
    enum backup_state state;
    atomic_bool cut; /* must end without a backup */

    /* What is wanted; `folder` lives as long as the task. */
    const char *folder;
    char name[BACKUP_NAME_MAX + 1];
    bool named;   /* else the name follows the clock, and one that is taken the next second's */
    int64_t keep; /* 0: all */

    struct store_backup *written; /* between COPYING and PUBLISHING */
    struct store_backup_progress progress;
    int failure;   /* why it is cancelled, 0 when it was cut */
    int64_t bytes; /* of the file, at the end */
    int removed;   /* of older ones, at the end */
    char problem[BACKUP_PROBLEM_SIZE];

    /* Some pages more were copied. */
    void (*moved)(struct backup_task *task);
    /* It is over, with 0 or a result as those of store_backup.h; with STORE_BUSY it was cut. The
     * task may be freed. */
    void (*ended)(struct backup_task *task, int result);
};

/* The owner has zeroed the task and set `folder`, `keep`, `moved`, `ended` and, where it is given,
 * `name` with `named`. */
void backup_task_start(struct backup_task *task, struct store *store);
/* Ends it soon; it may be too late for that. */
void backup_task_stop(struct backup_task *task);

/* True if the job is a backup's. */
bool backup_task_owns_job(const struct store_job *job);
/* Such a job came back. */
void backup_task_job_done(struct store_job *job);
