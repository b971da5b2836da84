/*
 * Reading 1,000 events of one run: the same page by raw SQLite, over the socket, and through the
 * library, in turn.
 */
#include <errno.h>
#include <historyd/historyd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"
#include "sqlite_side.h"

enum { PAGE = 1000, FULL_EVENTS = 5000000 };

struct reading {
    struct daemon_side daemon;
    sqlite3 *raw;
    sqlite3_stmt *select;
    struct hd_client *library;
    int fd;
    char *answer;
    size_t capacity;
};

static const char page_sql[] = "SELECT id, run_id, seq, time, type, unit, task, pr, payload, error"
                               " FROM events WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?";

/* Every value is fetched, as a reader of rows would. */
static double read_raw(struct reading *reading, const char *run_id, int64_t after)
{
    double start = bench_now();
    size_t bytes = 0;
    int rows = 0;

    sqlite3_bind_text(reading->select, 1, run_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(reading->select, 2, after);
    sqlite3_bind_int(reading->select, 3, PAGE);
    while (sqlite3_step(reading->select) == SQLITE_ROW) {
        for (int column = 0; column < 10; column++) {
            if (sqlite3_column_type(reading->select, column) == SQLITE_TEXT) {
                if (sqlite3_column_text(reading->select, column))
                    bytes += (size_t)sqlite3_column_bytes(reading->select, column);
            } else {
                bytes += (size_t)sqlite3_column_int64(reading->select, column) & 1;
            }
        }
        rows++;
    }
    sqlite3_reset(reading->select);
    if (rows != PAGE || bytes == 0)
        bench_die("raw SQLite read %d events", rows);
    return bench_now() - start;
}

static double read_socket(struct reading *reading, const char *run_id, int64_t after)
{
    double start = bench_now();
    char text[256];
    size_t size = 0;

    snprintf(text, sizeof(text),
             "{\"method\":\"dev.historyd.history.ListEvents\",\"parameters\":{\"run_id\":\"%s\","
             "\"after_seq\":%lld,\"limit\":%d}}",
             run_id, (long long)after, PAGE);
    if (send(reading->fd, text, strlen(text) + 1, MSG_NOSIGNAL) < 0)
        bench_die("send: %s", strerror(errno));
    do {
        ssize_t n = recv(reading->fd, reading->answer + size, reading->capacity - size, 0);

        if (n <= 0)
            bench_die("the daemon closed a connection");
        size += (size_t)n;
    } while (reading->answer[size - 1] != '\0');
    if (size < PAGE * 200)
        bench_die("a page of %zu bytes: %.200s", size, reading->answer);
    return bench_now() - start;
}

static double read_library(struct reading *reading, const char *run_id, int64_t after)
{
    struct hd_list_events_params params = {.run_id = run_id,
                                           .has_after_seq = true,
                                           .after_seq = after,
                                           .has_limit = true,
                                           .limit = PAGE};
    const struct hd_list_events_result *result = NULL;
    double start = bench_now();

    if (hd_list_events(reading->library, &params, &result) != 0)
        bench_die("ListEvents: %s", hd_client_error(reading->library)->message);
    if (result->n_events != PAGE)
        bench_die("the daemon read %zu events", result->n_events);
    hd_result_free(result);
    return bench_now() - start;
}

static void reading_open(struct reading *reading, struct bench *bench, int64_t events)
{
    char sql[192];

    seed_grow(bench, events);
    daemon_start(&reading->daemon, bench, "grown.db", NULL);
    reading->raw = sqlite_open(bench_path(bench, "grown.db"), SQLITE_OPEN_READONLY);
    sqlite3_db_config(reading->raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    /* As a reading connection of the daemon. */
    snprintf(sql, sizeof(sql),
             "PRAGMA trusted_schema=OFF; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;"
             "PRAGMA temp_store=MEMORY; PRAGMA query_only=ON; PRAGMA cache_size=-%d",
             SQLITE_READER_CACHE_KIB);
    sqlite_run(reading->raw, sql);
    reading->select = sqlite_prepare(reading->raw, page_sql);
    reading->fd = daemon_connect(&reading->daemon);
    reading->capacity = 4 << 20;
    reading->answer = bench_alloc(reading->capacity);
    if (hd_client_new(reading->daemon.socket, &reading->library) < 0)
        bench_die("out of memory");
}

static void reading_close(struct reading *reading)
{
    sqlite3_finalize(reading->select);
    sqlite3_close(reading->raw);
    hd_client_free(reading->library);
    close(reading->fd);
    free(reading->answer);
    daemon_stop(&reading->daemon);
}

static int64_t page_after(int64_t page)
{
    return page % (SEED_RUN_EVENTS / PAGE) * PAGE;
}

/* One round: pages all over the database. Each of the three reads another page of the same run, so
 * that none finds in its cache what it has just read: the system's cache holds all of them. */
static void read_round(struct reading *reading, int64_t events, int pages, struct samples *raw,
                       struct samples *daemon, struct samples *library)
{
    static int64_t page;

    for (int i = 0; i < pages; i++, page++) {
        char id[32];

        seed_run_id(page * 7919 % seed_runs(events), id);
        samples_add(raw, read_raw(reading, id, page_after(page)) * 1e3);
        samples_add(daemon, read_socket(reading, id, page_after(page + 1)) * 1e3);
        samples_add(library, read_library(reading, id, page_after(page + 2)) * 1e3);
    }
}

static void figure_say(struct bench *bench, struct figure *figure, const char *work, int64_t events,
                       const struct samples *times, const struct samples *raw)
{
    snprintf(figure->work, sizeof(figure->work), "%s", work);
    snprintf(figure->detail, sizeof(figure->detail),
             "historyd %.2f ms, raw %.2f ms, of %.1f M events%s", samples_median(times),
             samples_median(raw), (double)events / 1e6,
             events < FULL_EVENTS ? " (the full mode has 5 M)" : "");
    report_add(&bench->report, figure);
}

void row_events(struct bench *bench)
{
    int64_t events = bench_size(bench, FULL_EVENTS, bench->options.seed_events);
    struct figure bare = {.row = "events", .unit = "x", .kind = GOAL_AT_MOST, .goal = 1.35};
    struct figure through = {.row = "events", .unit = "x"};
    struct samples all[3] = {{.count = 0}, {.count = 0}, {.count = 0}};
    struct reading reading;

    if (seed_runs(events) == 0) {
        report_skip(&bench->report, "events", "1,000 events of one run", "too few events");
        return;
    }
    reading_open(&reading, bench, events);
    bench_say("events: 1,000 events of one run out of %lld", (long long)events);
    for (int round = 0; round < bench->options.rounds; round++) {
        struct samples now[3] = {{.count = 0}, {.count = 0}, {.count = 0}};

        read_round(&reading, events, (int)bench_size(bench, 60, 30), &now[0], &now[1], &now[2]);
        samples_add(&bare.rounds, samples_median(&now[1]) / samples_median(&now[0]));
        samples_add(&through.rounds, samples_median(&now[2]) / samples_median(&now[0]));
        for (int i = 0; i < 3; i++) {
            samples_join(&all[i], &now[i]);
            samples_clear(&now[i]);
        }
    }
    reading_close(&reading);
    figure_say(bench, &bare, "1,000 events of one run, over the socket", events, &all[1], &all[0]);
    figure_say(bench, &through, "1,000 events of one run, through the library", events, &all[2],
               &all[0]);
    for (int i = 0; i < 3; i++)
        samples_clear(&all[i]);
}
