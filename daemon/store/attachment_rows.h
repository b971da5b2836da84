/*
 * attachment_rows: the rows of the table `attachments`: the processes that runs stand and fall
 * with.
 *
 * Every function runs inside a job, on the thread of its `db`. A row goes with its run's end: see
 * runs_update().
 */
#pragma once

#include "store.h"

struct attachment_row {
    const char *run_id;
    int64_t pid;
    const char *boot_id;
    int64_t start_ticks;
};

/* The run exists. A row it has is replaced. */
int attachment_rows_put(struct store_db *db, const struct attachment_row *row);
/* Without one nothing is done. */
int attachment_rows_drop(struct store_db *db, const char *run_id);
/* STORE_RUN_NOT_FOUND when the run has none. */
int attachment_rows_get(struct store_db *db, const char *run_id, struct arena *arena,
                        struct attachment_row *ret_row);
/* Calls `visit` with each row of a running run, which is valid during the call only; anything but 0
 * that it returns ends the list and is returned. */
int attachment_rows_running(struct store_db *db,
                            int (*visit)(void *data, const struct attachment_row *row), void *data);
