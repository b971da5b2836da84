/*
 * runs: the rows of the table `runs`.
 *
 * Every function runs inside a job, on the thread of its `db`. Texts it returns are owned by the
 * arena given. Times are canonical RFC 3339 text; the store neither reads nor makes them.
 */
#pragma once

#include "store.h"

struct run_row {
    const char *id;
    const char *repo_path;
    const char *started_at;
    const char *completed_at; /* NULL while it runs */
    const char *status;
    int64_t parallelism;
    int64_t total_units;
    int64_t completed_units;
    int64_t failed_units;
    int64_t blocked_units;
    const char *error;
    const char *tasks_dir;
    bool dry_run;
    int64_t last_seq; /* of its events; 0 without any */
    bool pinned;      /* retention leaves it alone */
};

/* STORE_RUN_NOT_FOUND when there is none. */
int runs_get(struct store_db *db, const char *id, struct arena *arena, struct run_row *ret_run);

/* Inserts the row as given (`last_seq` and `pinned` are ignored); STORE_RUN_EXISTS when the id is
 * taken, also by a run that is being deleted and that runs_get() does not find. */
int runs_insert(struct store_db *db, const struct run_row *run);

/* Writes every column but id, repo_path and started_at back. Where nothing differs nothing is
 * written and no watcher is told. A run that no longer runs loses its attachment.
 * STORE_RUN_NOT_FOUND when there is none. */
int runs_update(struct store_db *db, const struct run_row *run);

/* Stops a running run at the time `now`: appends the event run.stopped with this payload, numbered
 * behind the others, and updates the row, which is the run's as it is stored. `ret_seq` is the
 * event's. What events_append() returns. */
int runs_stop(struct store_db *db, struct run_row *run, const char *payload, const char *now,
              int64_t *ret_seq);

/* Pins or unpins a run; watchers are told where that changes it. STORE_RUN_NOT_FOUND when there is
 * none. */
int runs_pin(struct store_db *db, const char *id, bool pinned);

/* Where a page of runs starts: behind this row in the order (started_at DESC, id DESC). */
struct run_cursor {
    const char *started_at;
    const char *id;
};

struct run_filter {
    const char *repo_path;      /* NULL: any */
    const char *status;         /* NULL: any */
    const char *started_after;  /* exclusive; NULL: no bound */
    const char *started_before; /* exclusive; NULL: no bound */
};

struct run_page {
    const struct run_row *runs;
    size_t n_runs;
    bool has_more;
};

/* Newest first: at most `limit` of them and, after the first, at most about `bytes` of text;
 * `has_more` tells of both. `cursor` may be NULL. */
int runs_list(struct store_db *db, const struct run_filter *filter, const struct run_cursor *cursor,
              int64_t offset, int64_t limit, int64_t bytes, struct arena *arena,
              struct run_page *ret_page);

int runs_count(struct store_db *db, const struct run_filter *filter, int64_t *ret_count);
