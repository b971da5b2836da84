/*
 * torture_kill [--cycles N] [--minutes N] [--judge MS] [--seed N]: sixteen recorders and eight
 * watchers ride through kill -9 after kill -9 of the daemon.
 *
 * In each cycle the daemon is killed at a random moment, now and then while it starts, and started
 * again. All that was acknowledged before must be there at once, with the recorders sending again
 * what is in doubt; at the end every event is stored once, as it was sent and in order, the
 * watchers have seen all of it without a gap, and the database is sound. How long the first
 * acknowledgement after a start takes is measured and told; with --judge, longer is a fault.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kill_crew.h"
#include "scene.h"

enum {
    CYCLES_SMOKE = 5,
    LOAD_US = 80000,
    START_US = 15000,
    START_KILLS = 8, /* one in so many */
    LOOK_EACH = 100, /* cycles between two looks at the whole database */
    PROGRESS_MS = 10000,
};

static long cycles;
static int64_t most_ms = INT64_MAX; /* after that no further cycle begins */
static int64_t judged_ms;           /* 0: time is only told */
static const char *seed_text;

static struct kill_crew crew;
static int64_t *times; /* of each restart, to its first acknowledgement, in microseconds */
static long start_kills;

/* Kills and starts again; returns how long the first acknowledgement took. */
static int64_t cycle(void)
{
    usleep(harness_random(LOAD_US));
    kill_crew_kill(&crew);
    if (harness_random(START_KILLS) == 0) {
        subject_spawn(subject);
        usleep(harness_random(START_US));
        subject_kill(subject);
        start_kills++;
    }
    return kill_crew_start(&crew);
}

static void progress(long done)
{
    static int64_t told;

    if (done < cycles && harness_now() < told + PROGRESS_MS)
        return;
    told = harness_now();
    fprintf(stderr, "%ld of %ld cycles, %lld events acknowledged, last restart %.1f ms\n", done,
            cycles, (long long)kill_crew_acknowledged(&crew), (double)times[done - 1] / 1000);
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
           cycles, start_kills, (long long)kill_crew_acknowledged(&crew),
           (long long)crew.book->repeated, (long long)crew.book->resumed);
    if (tenth > 0) {
        tell_times("first tenth", times, tenth);
        tell_times("last tenth", times + cycles - tenth, tenth);
    }
    tell_times("all", times, cycles);
    fflush(stdout);
    ck_assert_msg(judged_ms == 0 || times[cycles - 1] <= judged_ms * 1000, "late");
}

START_TEST(acknowledged_events_outlive_every_kill)
{
    int64_t began = harness_now();

    times = harness_alloc((size_t)cycles * sizeof(*times));
    kill_crew_begin(&crew, harness_random(1u << 24));
    for (long i = 0; i < cycles; i++) {
        times[i] = cycle();
        if (harness_now() - began > most_ms)
            cycles = i + 1;
        progress(i + 1);
        if (i % LOOK_EACH == LOOK_EACH - 1)
            answer_matches(wire_call(wire, "CheckIntegrity", "{'quick':true}"), "{'ok':true}");
    }
    kill_crew_recorders_end(&crew);
    kill_crew_watchers_end(&crew);
    subject_stop(subject);
    kill_crew_compare(&crew);
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

    cycles = harness_scaled(CYCLES_SMOKE, 2);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--cycles") == 0) {
            cycles = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--minutes") == 0) {
            most_ms = strtol(argv[i + 1], NULL, 10) * 60000;
        } else if (strcmp(argv[i], "--judge") == 0) {
            judged_ms = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed_text = argv[i + 1];
        } else {
            cycles = 0;
        }
    }
    if (argc % 2 == 0 || cycles < 1) {
        fputs("usage: torture_kill [--cycles N] [--minutes N] [--judge MS] [--seed N]\n", stderr);
        return 2;
    }
    test_case = harness_case_with(suite, "kill", 300.0 + (double)cycles * 3, setup);
    tcase_add_test(test_case, acknowledged_events_outlive_every_kill);
    return harness_main(suite);
}
