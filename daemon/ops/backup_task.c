#include "backup_task.h"

#include <assert.h>
#include <time.h>

enum { NAME_TRIES = 60 };

/* --- on the store's threads ----------------------------------------------------------------- */

static int begin_named(struct backup_task *task, struct store_db *db)
{
    return store_backup_begin(db, task->folder, task->name, task->problem);
}

/* What an earlier daemon left goes first: it may have the very name, and takes room. */
static int task_begin(struct backup_task *task, struct store_db *db)
{
    int64_t now = time(NULL);
    int r = STORE_BACKUP_EXISTS;

    store_backup_tidy(task->folder);
    if (task->named)
        return begin_named(task, db);
    for (int i = 0; r == STORE_BACKUP_EXISTS && i < NAME_TRIES; i++) {
        store_backup_default_name(now + i, task->name);
        r = begin_named(task, db);
    }
    return r;
}

static int task_publish(struct backup_task *task, struct store_db *db)
{
    struct store_backup *written = task->written;
    int r;

    task->written = NULL;
    r = store_backup_publish(db, written, &task->cut, &task->bytes, task->problem);
    if (r == 0 && task->keep > 0)
        task->removed = store_backup_rotate(task->folder, task->name, task->keep);
    return r;
}

static int task_run(struct store_job *job, struct store_db *db)
{
    struct backup_task *task = container_of(job, struct backup_task, job);

    switch (task->state) {
    case BACKUP_BEGINNING:
        return task_begin(task, db);
    case BACKUP_COPYING:
        return store_backup_step(db, &task->progress, task->problem);
    case BACKUP_FLUSHING:
        return store_backup_flush(task->progress.flush, task->problem);
    case BACKUP_PUBLISHING:
        return task_publish(task, db);
    case BACKUP_CANCELLING:
        store_backup_cancel(db);
        return 0;
    }
    return 0;
}

/* --- on the loop ---------------------------------------------------------------------------- */

static void task_go(struct backup_task *task, enum backup_state state)
{
    static const bool allowed[5][5] = {
        [BACKUP_BEGINNING] = {[BACKUP_COPYING] = true, [BACKUP_CANCELLING] = true},
        [BACKUP_COPYING] = {[BACKUP_COPYING] = true,
                            [BACKUP_FLUSHING] = true,
                            [BACKUP_PUBLISHING] = true,
                            [BACKUP_CANCELLING] = true},
        [BACKUP_FLUSHING] = {[BACKUP_COPYING] = true, [BACKUP_CANCELLING] = true},
    };

    assert(allowed[task->state][state]);
    (void)allowed;
    task->state = state;
    task->job.aside = state == BACKUP_FLUSHING || state == BACKUP_PUBLISHING;
    task->job.kind = task->job.aside ? STORE_LONG_READ : STORE_EXCLUSIVE;
    store_submit(task->store, &task->job);
}

void backup_task_start(struct backup_task *task, struct store *store)
{
    task->store = store;
    task->state = BACKUP_BEGINNING;
    task->job.kind = STORE_EXCLUSIVE;
    task->job.run = task_run;
    store_submit(store, &task->job);
}

void backup_task_stop(struct backup_task *task)
{
    atomic_store(&task->cut, true);
}

/* The write connection has a backup under way: its next step, or its end. */
static void task_go_on(struct backup_task *task, enum backup_state state)
{
    task_go(task, atomic_load(&task->cut) ? BACKUP_CANCELLING : state);
}

static void task_copied(struct backup_task *task)
{
    if (task->progress.written) {
        task->written = task->progress.written;
        task->moved(task);
        task_go(task, BACKUP_PUBLISHING);
        return;
    }
    task->moved(task);
    task_go_on(task, task->progress.flush ? BACKUP_FLUSHING : BACKUP_COPYING);
}

/* A job the store has refused has left everything as it was; what the write connection holds then
 * is removed when it is closed. */
void backup_task_job_done(struct store_job *job)
{
    struct backup_task *task = container_of(job, struct backup_task, job);
    int result = job->result;

    switch (task->state) {
    case BACKUP_BEGINNING:
        if (result != 0)
            break;
        task_go_on(task, BACKUP_COPYING);
        return;
    case BACKUP_COPYING:
        if (result != 0)
            break;
        task_copied(task);
        return;
    case BACKUP_FLUSHING:
        if (result != 0) {
            task->failure = result;
            atomic_store(&task->cut, true);
        }
        task_go_on(task, BACKUP_COPYING);
        return;
    case BACKUP_PUBLISHING:
        store_backup_discard(task->written);
        break;
    case BACKUP_CANCELLING:
        result = task->failure ? task->failure : STORE_BUSY;
        break;
    }
    task->ended(task, result);
}

bool backup_task_owns_job(const struct store_job *job)
{
    return job->run == task_run;
}
