#include "sqlite_side.h"

#include <stdio.h>
#include <string.h>

#include "bench.h"

const char sqlite_insert_sql[] =
    "INSERT INTO events (run_id, seq, time, type, unit, task, pr, payload, error)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";

sqlite3 *sqlite_open(const char *path, int flags)
{
    sqlite3 *handle = NULL;

    if (sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        bench_die("%s: %s", path, handle ? sqlite3_errmsg(handle) : "out of memory");
    sqlite3_busy_timeout(handle, 10000);
    return handle;
}

void sqlite_run(sqlite3 *handle, const char *sql)
{
    if (sqlite3_exec(handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        bench_die("%s: %s", sql, sqlite3_errmsg(handle));
}

sqlite3_stmt *sqlite_prepare(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v3(handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
        SQLITE_OK)
        bench_die("%s: %s", sql, sqlite3_errmsg(handle));
    return statement;
}

int64_t sqlite_number(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement = sqlite_prepare(handle, sql);
    int64_t number;

    if (sqlite3_step(statement) != SQLITE_ROW)
        bench_die("%s: %s", sql, sqlite3_errmsg(handle));
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static void bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

void sqlite_insert(sqlite3_stmt *insert, const struct shape *shape, const char *run_id,
                   unsigned run, int64_t index, int64_t seq)
{
    const struct shape_event *event = shape_event(shape, index);

    bind_text(insert, 1, run_id);
    sqlite3_bind_int64(insert, 2, seq);
    bind_text(insert, 3, event->time);
    bind_text(insert, 4, event->type);
    bind_text(insert, 5, shape_unit(shape, run, event));
    sqlite3_bind_int64(insert, 6, event->task);
    bind_text(insert, 8, event->payload);
    if (sqlite3_step(insert) != SQLITE_DONE)
        bench_die("insert: %s", sqlite3_errmsg(sqlite3_db_handle(insert)));
    sqlite3_reset(insert);
}

/* The daemon's own settings; the checkpoint runs at the same size of the log. */
static void side_configure(sqlite3 *handle)
{
    char sql[512];

    snprintf(sql, sizeof(sql),
             "PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;"
             "PRAGMA temp_store=MEMORY; PRAGMA foreign_keys=ON; PRAGMA cache_size=-%d;"
             "PRAGMA journal_mode=WAL; PRAGMA journal_size_limit=%lld;"
             "PRAGMA wal_autocheckpoint=%d; PRAGMA synchronous=FULL",
             BENCH_CACHE_KIB, BENCH_JOURNAL_KIB * 1024LL, BENCH_CHECKPOINT_PAGES);
    sqlite_run(handle, sql);
    if (sqlite_number(handle, "PRAGMA synchronous") != 2 ||
        sqlite_number(handle, "PRAGMA cache_size") != -BENCH_CACHE_KIB ||
        sqlite_number(handle, "PRAGMA foreign_keys") != 1)
        bench_die("raw SQLite does not keep its settings");
}

void sqlite_side_open(struct sqlite_side *side, const struct shape *shape, const char *path)
{
    *side = (struct sqlite_side){.shape = shape};
    side->handle = sqlite_open(path, SQLITE_OPEN_READWRITE);
    side_configure(side->handle);
    side->insert = sqlite_prepare(side->handle, sqlite_insert_sql);
    side->begin = sqlite_prepare(side->handle, "BEGIN IMMEDIATE");
    side->commit = sqlite_prepare(side->handle, "COMMIT");
    side->base_id = sqlite_number(side->handle, "SELECT coalesce(max(id), 0) FROM events");
    for (unsigned i = 0; i < SHAPE_RUNS_MOST; i++)
        side->next_seq[i] = 1;
}

void sqlite_side_close(struct sqlite_side *side)
{
    sqlite3_finalize(side->insert);
    sqlite3_finalize(side->begin);
    sqlite3_finalize(side->commit);
    sqlite3_close(side->handle);
    side->handle = NULL;
}

static void statement_run(sqlite3_stmt *statement)
{
    if (sqlite3_step(statement) != SQLITE_DONE || sqlite3_reset(statement) != SQLITE_OK)
        bench_die("%s: %s", sqlite3_sql(statement), sqlite3_errmsg(sqlite3_db_handle(statement)));
}

double sqlite_side_record(struct sqlite_side *side, int64_t events, int64_t transaction,
                          struct samples *ret_commits)
{
    double start = bench_now();
    double begun = start;

    for (int64_t i = 0; i < events; i++) {
        unsigned run = (unsigned)(side->index % side->shape->n_runs);

        if (i % transaction == 0) {
            begun = bench_now();
            statement_run(side->begin);
        }
        sqlite_insert(side->insert, side->shape, side->shape->runs[run], run, side->index,
                      side->next_seq[run]++);
        side->index++;
        if (i % transaction == transaction - 1 || i == events - 1) {
            statement_run(side->commit);
            if (ret_commits)
                samples_add(ret_commits, (bench_now() - begun) * 1e3);
        }
    }
    side->appended += events;
    return bench_now() - start;
}

static bool runs_hold(sqlite3 *handle, const struct shape *shape, const int64_t *next_seq)
{
    sqlite3_stmt *statement =
        sqlite_prepare(handle, "SELECT coalesce(max(seq), 0) FROM events WHERE run_id = ?");
    bool holds = true;

    for (unsigned i = 0; holds && i < shape->n_runs; i++) {
        bind_text(statement, 1, shape->runs[i]);
        holds = sqlite3_step(statement) == SQLITE_ROW &&
                sqlite3_column_int64(statement, 0) == next_seq[i] - 1;
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    return holds;
}

bool sqlite_holds(const char *path, const struct shape *shape, int64_t base_id, int64_t appended,
                  const int64_t *next_seq)
{
    sqlite3 *handle = sqlite_open(path, SQLITE_OPEN_READONLY);
    char sql[96];
    int64_t stored;
    bool holds;

    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM events WHERE id > %lld", (long long)base_id);
    stored = sqlite_number(handle, sql);
    holds = stored == appended && (!next_seq || runs_hold(handle, shape, next_seq));
    if (!holds)
        bench_say("%s: %lld events stored, %lld acknowledged", path, (long long)stored,
                  (long long)appended);
    sqlite3_close(handle);
    return holds;
}
