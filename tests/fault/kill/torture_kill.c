/*
 * torture_kill [--cycles N] [--seed N]: sixteen recorders and eight watchers ride through kill -9
 * after kill -9 of the daemon.
 *
 * In each cycle the daemon is killed at a random moment, now and then while it starts, and started
 * again. All that was acknowledged before must be there at once, with the recorders sending again
 * what is in doubt; at the end every event is stored once, as it was sent and in order, the
 * watchers have seen all of it without a gap, and the database is sound. How long the first
 * acknowledgement after a start takes is measured and told; with --cycles given, more than two
 * seconds is a fault.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "database.h"
#include "kill_recorder.h"
#include "kill_watcher.h"
#include "scene.h"

enum {
    CYCLES_SMOKE = 5,
    LOAD_US = 80000,
    START_US = 15000,
    START_KILLS = 8, /* one in so many */
    LATE_US = 2000000,
    LOOK_EACH = 100, /* cycles between two looks at the whole database */
    PROGRESS_MS = 10000,
};

static long cycles = CYCLES_SMOKE;
static bool judges_time;
static const char *seed_text;

static struct kill_book *book;
static pid_t recorders[KILL_RECORDERS];
static pid_t watchers[KILL_WATCHERS];
static int64_t *times; /* of each restart, to its first acknowledgement, in microseconds */
static long start_kills;

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void everybody_is_well(void)
{
    int status;

    ck_assert_msg(book->faults == 0, "%s", book->fault);
    for (int i = 0; i < KILL_WATCHERS; i++)
        ck_assert_msg(waitpid(watchers[i], &status, WNOHANG) == 0, "watcher %d has ended", i);
}

static void load_begin(void)
{
    uint32_t seed = harness_random(1u << 24);

    book = kill_book_new();
    for (int i = 0; i < KILL_RECORDERS; i++)
        recorders[i] = kill_recorder_start(book, subject->socket, i, seed);
    for (int i = 0; i < KILL_WATCHERS; i++)
        watchers[i] = kill_watcher_start(book, subject->socket, i);
}

/* The test's own run: the first write after a start. */
static void own_run_goes_on(void)
{
    int run = KILL_RUNS - 1;
    int64_t n = book->acknowledged[run] + 1;
    struct kill_payload payload;
    struct kill_names names;

    kill_book_name(run, &names);
    kill_book_event(run, n, &payload);
    wire_call(wire, "AppendEvents",
              "{'run_id':'%s','events':[{'seq':%lld,'type':'unit.completed','payload':%s}]}",
              names.run, (long long)n, payload.text);
    book->acknowledged[run] = n;
}

static void own_run_begins(void)
{
    struct kill_names names;

    kill_book_name(KILL_RUNS - 1, &names);
    wire_call(wire, "CreateRun", "{'id':'%s','repo_path':'%s'}", names.run, names.repo);
}

static void connect_at_once(void)
{
    int64_t deadline = harness_deadline();
    int status;

    while (!(wire = wire_try(subject->socket))) {
        ck_assert_msg(!subject_has_ended(subject, &status), "historyd ended with %d:\n%s", status,
                      subject_output(subject));
        harness_left(deadline, "historyd to listen");
        usleep(500);
    }
}

static void acknowledged_is_there(const int64_t *acknowledged)
{
    for (int i = 0; i < KILL_RUNS; i++) {
        struct kill_names names;
        int64_t stored;

        if (acknowledged[i] == 0)
            continue;
        kill_book_name(i, &names);
        stored =
            answer_int(wire_call(wire, "GetRun", "{'run_id':'%s'}", names.run), "run.last_seq");
        ck_assert_msg(stored >= acknowledged[i], "run %s: %lld acknowledged, %lld stored",
                      names.run, (long long)acknowledged[i], (long long)stored);
    }
}

/* Kills and starts again; returns how long the first acknowledgement took. */
static int64_t cycle(void)
{
    int64_t acknowledged[KILL_RUNS];
    int64_t began;

    usleep(harness_random(LOAD_US));
    subject_kill(subject);
    for (int i = 0; i < KILL_RUNS; i++)
        acknowledged[i] = book->acknowledged[i];
    wire_close(wire);
    if (harness_random(START_KILLS) == 0) {
        subject_spawn(subject);
        usleep(harness_random(START_US));
        subject_kill(subject);
        start_kills++;
    }
    began = now_us();
    subject_spawn(subject);
    connect_at_once();
    own_run_goes_on();
    began = now_us() - began;
    acknowledged_is_there(acknowledged);
    everybody_is_well();
    return began;
}

static int64_t events_acknowledged(void)
{
    int64_t sum = 0;

    for (int i = 0; i < KILL_RUNS; i++)
        sum += book->acknowledged[i];
    return sum;
}

static void progress(long done)
{
    static int64_t told;

    if (done < cycles && harness_now() < told + PROGRESS_MS)
        return;
    told = harness_now();
    fprintf(stderr, "%ld of %ld cycles, %lld events acknowledged, last restart %.1f ms\n", done,
            cycles, (long long)events_acknowledged(), (double)times[done - 1] / 1000);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void tell_times(const char *which, int64_t *of, long count)
{
    qsort(of, (size_t)count, sizeof(*of), compare);
    printf("restart to first acknowledgement, %s: median %.1f ms, 99 %% %.1f ms, most %.1f ms\n",
           which, (double)of[count / 2] / 1000, (double)of[count * 99 / 100] / 1000,
           (double)of[count - 1] / 1000);
}

/* Sorts parts of the times, then all. */
static void tell(void)
{
    long tenth = cycles / 10;

    printf("%ld kills (and %ld while it started), %lld events acknowledged, %lld calls answered as "
           "duplicates, %lld streams resumed: 0 lost, 0 doubled, 0 gaps\n",
           cycles, start_kills, (long long)events_acknowledged(), (long long)book->repeated,
           (long long)book->resumed);
    if (tenth > 0) {
        tell_times("first tenth", times, tenth);
        tell_times("last tenth", times + cycles - tenth, tenth);
    }
    tell_times("all", times, cycles);
    fflush(stdout);
    ck_assert_msg(!judges_time || times[cycles - 1] <= LATE_US, "more than two seconds");
}

static void recorders_end(void)
{
    int64_t deadline = harness_now() + 2 * 60000;
    int status;

    book->ending = true;
    for (int i = 0; i < KILL_RECORDERS; i++) {
        while (waitpid(recorders[i], &status, WNOHANG) == 0)
            harness_turn(deadline, "the recorders to end");
        ck_assert_msg(status == 0, "recorder %d: %s", i, book->fault);
    }
}

static void watchers_see_all(void)
{
    int64_t deadline = harness_now() + 2 * 60000;

    for (int i = 0; i < KILL_WATCHERS; i++) {
        for (int run = 0; run < KILL_RUNS; run++) {
            while (kill_watcher_selects(i, run) && book->seen[i][run] < book->acknowledged[run]) {
                everybody_is_well();
                harness_turn(deadline, "the watchers to see all");
            }
            if (kill_watcher_selects(i, run))
                ck_assert_int_eq(book->seen[i][run], book->acknowledged[run]);
        }
    }
    everybody_is_well();
    for (int i = 0; i < KILL_WATCHERS; i++) {
        ck_assert_int_eq(kill(watchers[i], SIGKILL), 0);
        ck_assert_int_eq(waitpid(watchers[i], NULL, 0), watchers[i]);
    }
}

/* No daemon runs. */
static void database_is_as_promised(void)
{
    struct kill_names names;
    char query[128];

    ck_assert_str_eq(database_rows(subject->database, "PRAGMA integrity_check"), "ok\n");
    ck_assert_int_eq(database_int(subject->database, kill_book_query_strange()), 0);
    ck_assert_int_eq(database_int(subject->database,
                                  "SELECT count(*) FROM (SELECT seq - lag(seq, 1, 0) OVER "
                                  "(PARTITION BY run_id ORDER BY id) AS step FROM events) "
                                  "WHERE step <> 1"),
                     0);
    for (int run = 0; run < KILL_RUNS; run++) {
        kill_book_name(run, &names);
        snprintf(query, sizeof(query), "SELECT count(*) FROM events WHERE run_id = '%s'",
                 names.run);
        ck_assert_int_eq(database_int(subject->database, query), book->acknowledged[run]);
    }
}

START_TEST(acknowledged_events_outlive_every_kill)
{
    times = harness_alloc((size_t)cycles * sizeof(*times));
    own_run_begins();
    load_begin();
    for (long i = 0; i < cycles; i++) {
        times[i] = cycle();
        progress(i + 1);
        if (i % LOOK_EACH == LOOK_EACH - 1)
            answer_matches(wire_call(wire, "CheckIntegrity", "{'quick':true}"), "{'ok':true}");
    }
    recorders_end();
    watchers_see_all();
    subject_stop(subject);
    database_is_as_promised();
    tell();
}
END_TEST

/* Small logs, so that many kills fall into a checkpoint. */
static void setup(void)
{
    if (seed_text)
        setenv("HISTORYD_TEST_SEED", seed_text, 1);
    harness_setup();
    subject = subject_new("historyd");
    subject_configure(subject, "[store]\ncheckpoint_pages = 100\n");
    subject_start(subject);
    wire = wire_open(subject);
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("kill");
    TCase *test_case;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--cycles") == 0) {
            cycles = strtol(argv[i + 1], NULL, 10);
            judges_time = true;
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed_text = argv[i + 1];
        } else {
            cycles = 0;
        }
    }
    if (argc % 2 == 0 || cycles < 1) {
        fputs("usage: torture_kill [--cycles N] [--seed N]\n", stderr);
        return 2;
    }
    test_case = harness_case_with(suite, "kill", 300.0 + (double)cycles * 3, setup);
    tcase_add_test(test_case, acknowledged_events_outlive_every_kill);
    return harness_main(suite);
}
