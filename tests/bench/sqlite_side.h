/*
 * sqlite_side: raw SQLite, the measure.
 *
 * One connection of this process on a database of its own that has the daemon's schema, with the
 * daemon's settings, its own statements prepared once, and values that are ready: what is left is
 * SQLite. Belongs to the main thread.
 */
#pragma once

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "samples.h"
#include "shape.h"

enum { SQLITE_READER_CACHE_KIB = 4096 /* a reading connection's in the daemon */ };

struct sqlite_side {
    sqlite3 *handle;
    sqlite3_stmt *insert;
    sqlite3_stmt *begin;
    sqlite3_stmt *commit;
    const struct shape *shape;
    int64_t index;    /* of the next event */
    int64_t base_id;  /* newest event when it was opened */
    int64_t appended; /* since then */
    int64_t next_seq[SHAPE_RUNS_MOST];
};

sqlite3 *sqlite_open(const char *path, int flags);
void sqlite_run(sqlite3 *handle, const char *sql);
int64_t sqlite_number(sqlite3 *handle, const char *sql);
sqlite3_stmt *sqlite_prepare(sqlite3 *handle, const char *sql);
/* One insert of version 1's columns. `run_id` and the event's texts must outlive it. */
void sqlite_insert(sqlite3_stmt *insert, const struct shape *shape, const char *run_id,
                   unsigned run, int64_t index, int64_t seq);
extern const char sqlite_insert_sql[];

void sqlite_side_open(struct sqlite_side *side, const struct shape *shape, const char *path);
void sqlite_side_close(struct sqlite_side *side);

/* Records `events`, each next event into the next run, `transaction` of them in each; the seconds
 * it took. `ret_commits` (may be NULL) gets the milliseconds of each transaction. */
double sqlite_side_record(struct sqlite_side *side, int64_t events, int64_t transaction,
                          struct samples *ret_commits);

/* True when `path` holds exactly what was acknowledged: `appended` events behind `base_id`, and in
 * each active run the last number given. Looks through a connection of its own that reads only.
 * `next_seq` NULL: the numbers are the daemon's own. */
bool sqlite_holds(const char *path, const struct shape *shape, int64_t base_id, int64_t appended,
                  const int64_t *next_seq);
