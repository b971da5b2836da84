/*
 * Checkpoints: moving the log's pages into the database file. Only the write connection does it,
 * between its transactions, and a failed sync is as final here as in a commit: the log must not be
 * reused after pages that may never have reached the disk.
 */
#include <errno.h>

#include "store_threads.h"

enum {
    ANSWER_WAIT_MS = 2000, /* for readers, when somebody asked for it */
    DOOR_FACTOR = 2,       /* how far the log may outgrow its size before readers wait for it */
    STEP_PART = 4,  /* of its size is enough after a step that comes between batches, at most */
    STEP_US = 8000, /* and less where moving that takes longer, */
    STEP_PART_LEAST = 8, /* down to this: the syncs cost about the same for few */
    IDLE_PART = 16,      /* and while nothing is to be written */
    PAGES_LEAST = 64,
};

int checkpoint_make(struct store_db *db, int mode, int64_t wait_ms, int *ret_wal_pages,
                    int *ret_checkpointed)
{
    int64_t limit = db->busy_limit_ms;
    int64_t began = metrics_now();
    int wal_pages = -1;
    int checkpointed = -1;
    int rc;

    db->busy_limit_ms = wait_ms;
    errno = 0;
    rc = sqlite3_wal_checkpoint_v2(db->handle, "main", mode, &wal_pages, &checkpointed);
    db->busy_limit_ms = limit;
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY)
        return db_failure(db, rc);
    histogram_note_duration(&db->figures.checkpoints, metrics_now() - began);
    *ret_wal_pages = wal_pages > 0 ? wal_pages : 0;
    *ret_checkpointed = checkpointed > 0 ? checkpointed : 0;
    return rc == SQLITE_OK ? 0 : STORE_BUSY;
}

/* The counts come from a first, waitless one: after the log was truncated there is nothing to
 * count. */
int store_checkpoint(struct store_db *db, int64_t *ret_wal_pages, int64_t *ret_checkpointed_pages)
{
    int wal_pages = 0;
    int done = 0;
    int ignored = 0;
    int r = checkpoint_make(db, SQLITE_CHECKPOINT_PASSIVE, 0, &wal_pages, &done);

    if (r < 0 && r != STORE_BUSY)
        return r;
    r = checkpoint_make(db, SQLITE_CHECKPOINT_TRUNCATE, ANSWER_WAIT_MS, &ignored, &ignored);
    if (r < 0 && r != STORE_BUSY)
        return r;
    db->wal_pages = 0;
    *ret_wal_pages = wal_pages;
    *ret_checkpointed_pages = r == 0 ? wal_pages : done;
    return 0;
}

/* Pages in the log that are not in the database yet. A log shorter than what was moved out of it
 * has started anew. */
static int64_t pages_grown(struct store *store)
{
    if (store->writer.wal_pages < store->checkpointed_pages)
        store->checkpointed_pages = 0;
    return store->writer.wal_pages - store->checkpointed_pages;
}

/* What a step deletes lies all over the database: a whole log of it would take long. */
static int64_t pages_due(const struct store *store, enum checkpoint_moment moment)
{
    int64_t pages = store->checkpoint_pages;

    switch (moment) {
    case CHECKPOINT_BUSY:
        return pages;
    case CHECKPOINT_STEP:
        pages = store->step_pages > 0 ? store->step_pages : pages / STEP_PART;
        break;
    case CHECKPOINT_IDLE:
        pages /= IDLE_PART;
        break;
    }
    return pages > PAGES_LEAST ? pages : PAGES_LEAST;
}

/* The scattered pages of a step take the disk much longer than the same number in a row; how much
 * longer is for the disk to tell. */
static void step_measure(struct store *store, int64_t took)
{
    struct store_figures *figures = &store->writer.figures;
    int64_t pages = pages_due(store, CHECKPOINT_STEP);
    int64_t most = store->checkpoint_pages / STEP_PART;
    int64_t least = store->checkpoint_pages / STEP_PART_LEAST;

    histogram_note_duration(&figures->exclusive_checkpoints, took);
    counter_raise(&figures->exclusive_checkpoint_longest, took);
    if (took > STEP_US)
        pages /= 2;
    else if (took < STEP_US / 2)
        pages *= 2;
    store->step_pages = pages > most ? most : pages < least ? least : pages;
}

bool checkpoint_due(struct store *store, enum checkpoint_moment moment)
{
    return !store->writer.fatal &&
           (door_is_clear(store) || pages_grown(store) >= pages_due(store, moment));
}

/* A log that starts anew in spite of readers needs no more than the passive checkpoint while none
 * is inside: the next transaction then finds nothing in it that anybody may still need. The mutex
 * is held. */
static void door_tend(struct store *store, bool was_clear)
{
    int64_t size = store->writer.wal_pages;

    if (was_clear) {
        door_open(store);
    } else if (size < store->checkpoint_pages * DOOR_FACTOR) {
        store->door_pages = 0;
    } else if (size >= store->door_pages) {
        door_shut(store);
        store->door_pages = size + store->checkpoint_pages;
    }
}

void checkpoint_tend(struct store *store, enum checkpoint_moment moment)
{
    struct store_db *db = &store->writer;
    int64_t began = metrics_now();
    int ignored;
    int checkpointed = 0;
    bool clear;
    bool due;

    pthread_mutex_lock(&store->mutex);
    due = checkpoint_due(store, moment);
    clear = door_is_clear(store);
    pthread_mutex_unlock(&store->mutex);
    if (!due)
        return;
    /* No room and busy are no harm, the pages stay in the log; anything else is for good. */
    checkpoint_make(db, SQLITE_CHECKPOINT_PASSIVE, 0, &ignored, &checkpointed);
    store->checkpointed_pages = checkpointed;
    if (moment == CHECKPOINT_STEP && !clear)
        step_measure(store, metrics_now() - began);
    if (db->fatal) {
        store_fail(store, db->failure);
        return;
    }
    pthread_mutex_lock(&store->mutex);
    door_tend(store, clear);
    pthread_mutex_unlock(&store->mutex);
}
