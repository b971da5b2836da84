#include "seed.h"

#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "sqlite_side.h"

void seed_run_id(int64_t number, char text[static 32])
{
    snprintf(text, 32, "run_20251101_000000_%06x", (unsigned)number);
}

int64_t seed_runs(int64_t events)
{
    return events / (SEED_RUN_EVENTS * SEED_SIDE_BY_SIDE) * SEED_SIDE_BY_SIDE;
}

/* For a file that nobody needs if this process dies. */
static sqlite3 *fast_open(const struct bench *bench, const char *name)
{
    sqlite3 *handle = sqlite_open(bench_path(bench, name), SQLITE_OPEN_READWRITE);

    sqlite_run(handle, "PRAGMA cache_size=-1500000; PRAGMA journal_mode=OFF;"
                       "PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; BEGIN");
    return handle;
}

static void fast_close(sqlite3 *handle)
{
    sqlite_run(handle, "COMMIT; PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL");
    sqlite3_close(handle);
}

/* The active runs are created by the daemon, with all that it keeps of a run. */
static void empty_make(struct bench *bench, const char *name)
{
    struct daemon_side side;

    daemon_start(&side, bench, name, NULL);
    daemon_create_runs(&side);
    daemon_stop(&side);
}

static void run_insert(sqlite3_stmt *insert, int64_t number, const char *repository)
{
    char id[32];
    char time[32];

    seed_run_id(number, id);
    snprintf(time, sizeof(time), "2025-11-01T%02d:%02d:%02d.%06dZ", (int)(number / 3600 % 24),
             (int)(number / 60 % 60), (int)(number % 60), (int)(number % 1000000));
    sqlite3_bind_text(insert, 1, id, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 2, repository, -1, SQLITE_STATIC);
    sqlite3_bind_text(insert, 3, time, -1, SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE)
        bench_die("insert: %s", sqlite3_errmsg(sqlite3_db_handle(insert)));
    sqlite3_reset(insert);
}

static const char run_insert_sql[] =
    "INSERT INTO runs (id, repo_path, started_at, status) VALUES (?, ?, ?, 'completed')";

static void events_fill(struct bench *bench, const char *name, int64_t from, int64_t until)
{
    const int64_t generation = SEED_RUN_EVENTS * SEED_SIDE_BY_SIDE;
    sqlite3 *handle = fast_open(bench, name);
    sqlite3_stmt *run = sqlite_prepare(handle, run_insert_sql);
    sqlite3_stmt *event = sqlite_prepare(handle, sqlite_insert_sql);

    for (int64_t i = from; i < until; i++) {
        int64_t number = i / generation * SEED_SIDE_BY_SIDE + i % SEED_SIDE_BY_SIDE;
        int64_t seq = i % generation / SEED_SIDE_BY_SIDE + 1;
        char repository[32];
        char id[32];

        if (seq == 1) {
            snprintf(repository, sizeof(repository), "/srv/repo-%d", (int)(number % 20));
            run_insert(run, number, repository);
        }
        seed_run_id(number, id);
        sqlite_insert(event, &bench->shape, id, (unsigned)(number % SEED_SIDE_BY_SIDE), i, seq);
        if (i % 500000 == 499999)
            bench_say("%lld events", (long long)i + 1);
    }
    sqlite3_finalize(run);
    sqlite3_finalize(event);
    fast_close(handle);
}

void seed_make(struct bench *bench)
{
    if (bench->seeded_events > 0)
        return;
    bench_say("making a database of %lld events", (long long)bench->options.seed_events);
    empty_make(bench, "seed.db");
    events_fill(bench, "seed.db", 0, bench->options.seed_events);
    bench->seeded_events = bench->options.seed_events;
}

void seed_make_old(struct bench *bench, const char *name, int64_t events)
{
    bench_say("making a database of %lld events", (long long)events);
    empty_make(bench, name);
    events_fill(bench, name, 0, events);
}

void seed_grow(struct bench *bench, int64_t events)
{
    seed_make(bench);
    if (bench->grown_events == 0) {
        bench_copy(bench, "seed.db", "grown.db");
        bench->grown_events = bench->seeded_events;
    }
    if (bench->grown_events >= events)
        return;
    bench_say("letting a database grow to %lld events", (long long)events);
    events_fill(bench, "grown.db", bench->grown_events, events);
    bench->grown_events = events;
}

void seed_make_runs(struct bench *bench, const char *name, int64_t runs, int64_t repositories,
                    int64_t rare)
{
    sqlite3_stmt *event;
    sqlite3_stmt *run;
    sqlite3 *handle;

    unlink(bench_path(bench, name));
    empty_make(bench, name);
    handle = fast_open(bench, name);
    run = sqlite_prepare(handle, run_insert_sql);
    event = sqlite_prepare(handle, sqlite_insert_sql);
    for (int64_t i = 0; i < runs; i++) {
        char repository[32];
        char id[32];

        snprintf(repository, sizeof(repository), "/repo/%d", (int)(i % repositories));
        /* Spread evenly among the others. */
        run_insert(run, i, rare > 0 && i % (runs / rare) == 0 ? "/repo/rare" : repository);
        seed_run_id(i, id);
        sqlite_insert(event, &bench->shape, id, 0, i, 1);
    }
    sqlite3_finalize(run);
    sqlite3_finalize(event);
    fast_close(handle);
}
