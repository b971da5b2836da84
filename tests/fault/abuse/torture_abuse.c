/*
 * torture_abuse [--seconds N] [--judge MS] [--kind NAME] [--seed N]: a good client records among a
 * thousand connections that mean harm, eleven kinds of them, one after another.
 *
 * The daemon has its default limits and quotas. Where this is root, the crowd is a user of its own
 * and the good client another, as on a machine with several; else both are the daemon's own user,
 * who has no quotas.
 *
 * Every call of the good client must succeed. Afterwards the daemon has the descriptors it had, and
 * its memory is within eight MiB of what it was. How long the acknowledgements took is told; with
 * --judge, 99 of 100 must not have taken longer.
 *
 * Without --seconds or --kind it is a smoke: a moment of each kind on one daemon, whose memory is
 * looked at once, at the end.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abuse_crowd.h"
#include "database.h"
#include "strangers.h"

enum {
    CROWD_USER = 47110,
    GOOD_USER = 47111,
    SMOKE_MS = 150,
    PACE_MS = 1, /* between two calls of the good client */
    LOOK_MS = 200,
    MOST_CALLS = 1 << 20,
    WARM_CALLS = 300,
    FULL_EVENTS = 1000,
};

/* In KiB. The sanitizers keep freed memory. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_MARGIN = 600 << 10 };
#else
enum { MEMORY_MARGIN = 8 << 10 };
#endif

static int64_t duration_ms; /* of each kind; 0: a smoke */
static int crowd_size = CROWD;
static double judged_ms;
static const char *only_kind;
static const char *seed_text;

struct good {
    struct wire *wire;
    int64_t seq;    /* acknowledged */
    int64_t *times; /* in microseconds, of the calls that count */
    long n_times;
};

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* --- the good client -------------------------------------------------------------------------- */

static int64_t good_call(struct good *good)
{
    char call[256];
    const char *answer;
    int64_t began;
    int size;

    size = snprintf(call, sizeof(call),
                    "{\"method\":\"dev.historyd.history.AppendEvents\",\"parameters\":{\"run_id\":"
                    "\"good\",\"events\":[{\"seq\":%lld,\"type\":\"unit.completed\",\"payload\":"
                    "{\"n\":%lld}}]}}",
                    (long long)good->seq + 1, (long long)good->seq + 1);
    began = now_us();
    ck_assert_msg(wire_send(good->wire, call, (size_t)size + 1), "the good client was closed");
    answer = wire_receive(good->wire, NULL);
    ck_assert_msg(answer && strstr(answer, "\"inserted\":1"),
                  "the good client was answered: %.500s", answer ? answer : "(nothing)");
    good->seq++;
    return now_us() - began;
}

static void good_begin(struct good *good)
{
    *good = (struct good){.wire = strangers_possible() ? stranger_wire(GOOD_USER) : wire,
                          .times = harness_alloc(MOST_CALLS * sizeof(*good->times))};
    wire_call(good->wire, "CreateRun", "{'id':'good','repo_path':'/r'}");
    for (int i = 0; i < WARM_CALLS; i++)
        good_call(good);
}

/* Records until the whole crowd has come, and then for as long as is wanted; returns the most
 * memory that was seen, in KiB. */
static int64_t good_goes_on(struct good *good, const struct crowd_counts *counts)
{
    int64_t deadline = harness_deadline();
    int64_t end = 0;
    int64_t look = 0;
    int64_t most = 0;

    while (end == 0 || harness_now() < end) {
        int64_t time = good_call(good);

        if (good->n_times < MOST_CALLS)
            good->times[good->n_times++] = time;
        if (harness_now() >= look) {
            int64_t memory = subject_memory(subject);

            most = memory > most ? memory : most;
            look = harness_now() + LOOK_MS;
        }
        if (end == 0 && counts->opened >= crowd_size)
            end = harness_now() + (duration_ms > 0 ? duration_ms : SMOKE_MS);
        else if (end == 0)
            harness_left(deadline, "the crowd to come");
        usleep(PACE_MS * 1000);
    }
    return most;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double good_percentile(const struct good *good, int percent)
{
    return (double)good->times[good->n_times * percent / 101] / 1000;
}

/* --- one kind --------------------------------------------------------------------------------- */

/* Runs with and without events for the crowd. */
static void runs_make(void)
{
    const char *events = harness_repeat(
        harness_text(",{'type':'a','payload':{'text':'%s'}}", harness_repeat("x", 1000)),
        FULL_EVENTS - 1);

    scene_run("full");
    scene_run("flood");
    wire_call(wire, "AppendEvents", "{'run_id':'full','events':[{'type':'a'}%s]}", events);
    for (int i = 0; i < 4; i++)
        wire_call(wire, "ListEvents", "{'run_id':'full','limit':1000}");
    wire_call(wire, "GetMetrics", NULL);
}

static void crowd_end(pid_t crowd)
{
    int status;

    ck_assert_int_eq(kill(crowd, SIGKILL), 0);
    ck_assert_int_eq(waitpid(crowd, &status, 0), crowd);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the crowd had ended by %d",
                  status);
}

static void descriptors_come_back(int before)
{
    int64_t deadline = harness_deadline();

    for (int now; (now = subject_descriptors(subject)) != before;)
        harness_turn(deadline,
                     harness_text("the descriptors to come back, %d from %d", before, now));
}

static int64_t memory_comes_back(int64_t before)
{
    int64_t deadline = harness_deadline();
    int64_t memory;

    while ((memory = subject_memory(subject)) > before + MEMORY_MARGIN) {
        ck_assert_msg(harness_now() < deadline, "%lld KiB before, %lld after", (long long)before,
                      (long long)memory);
        harness_turn(deadline, "the memory to come back");
    }
    return memory;
}

static void tell(const struct abuse_kind *kind, const struct crowd_counts *counts,
                 const struct good *good)
{
    double p99 = good_percentile(good, 99);

    printf("%-14s %8ld %8ld %9ld %9.1f %7ld %7.2f %7.2f %8.2f", kind->name, counts->opened,
           counts->closed, counts->messages, (double)counts->sent / 1048576, good->n_times,
           good_percentile(good, 50), p99, (double)good->times[good->n_times - 1] / 1000);
    if (judged_ms > 0 && p99 > judged_ms)
        printf("  LATE");
}

/* Returns the most memory that was seen. */
static int64_t kind_run(const struct abuse_kind *kind, struct good *good)
{
    struct crowd_counts *counts =
        mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int64_t most;
    pid_t crowd;

    ck_assert_ptr_ne(counts, MAP_FAILED);
    good->n_times = 0;
    crowd = crowd_start(kind, crowd_size, subject->socket, CROWD_USER, harness_random(1u << 24),
                        counts);
    most = good_goes_on(good, counts);
    crowd_end(crowd);
    qsort(good->times, (size_t)good->n_times, sizeof(*good->times), compare);
    tell(kind, counts, good);
    munmap(counts, sizeof(*counts));
    return most;
}

static void nothing_was_harmed(const struct good *good)
{
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'good'}"), "{'run':{'last_seq':%lld}}",
                   (long long)good->seq);
    subject_stop(subject);
    ck_assert_str_eq(database_rows(subject->database, "PRAGMA integrity_check"), "ok\n");
}

/* Kinds, one after another, on one daemon. */
static void good_client_is_served(const struct abuse_kind *kinds, int n_kinds)
{
    struct good good;
    int64_t before, most = 0;
    int descriptors;
    bool late = false;

    runs_make();
    good_begin(&good);
    descriptors = subject_descriptors(subject);
    before = subject_memory(subject);
    for (int i = 0; i < n_kinds; i++) {
        int64_t seen = kind_run(&kinds[i], &good);

        most = seen > most ? seen : most;
        late = late || (judged_ms > 0 && good_percentile(&good, 99) > judged_ms);
        descriptors_come_back(descriptors);
        if (i + 1 < n_kinds)
            printf("\n");
    }
    printf(" %6.1f %6.1f %6.1f\n", (double)before / 1024, (double)most / 1024,
           (double)memory_comes_back(before) / 1024);
    fflush(stdout);
    nothing_was_harmed(&good);
    ck_assert_msg(!late, "late");
}

START_TEST(one_kind)
{
    good_client_is_served(&abuse_kinds[_i], 1);
}
END_TEST

START_TEST(all_kinds)
{
    good_client_is_served(abuse_kinds, n_abuse_kinds);
}
END_TEST

/* A small page cache, so that what is recorded meanwhile does not count as memory that was not
 * given back. */
static void setup(void)
{
    struct rlimit files;

    if (seed_text)
        setenv("HISTORYD_TEST_SEED", seed_text, 1);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    harness_setup();
    subject = subject_new("historyd");
    subject_configure(subject, "[daemon]\nsocket_mode = 0666\n[store]\ncache_kib = 1024\n");
    ck_assert_int_eq(chmod(harness_folder(), 0755), 0);
    subject_start(subject);
    wire = wire_open(subject);
}

static bool options_read(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seconds") == 0)
            duration_ms = strtol(argv[i + 1], NULL, 10) * 1000;
        else if (strcmp(argv[i], "--judge") == 0)
            judged_ms = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--kind") == 0)
            only_kind = argv[i + 1];
        else if (strcmp(argv[i], "--seed") == 0)
            seed_text = argv[i + 1];
        else
            return false;
    }
    if (only_kind && duration_ms == 0)
        duration_ms = SMOKE_MS;
    return argc % 2 == 1 && duration_ms >= 0;
}

/* Returns how many kinds that are. */
static int cases_add(TCase *test_case)
{
    int kinds = 0;

    if (duration_ms == 0) {
        crowd_size = (int)harness_scaled(CROWD, CROWD / 10);
        crowd_size = crowd_size < CROWD ? crowd_size : CROWD;
        tcase_add_test(test_case, all_kinds);
        return n_abuse_kinds;
    }
    for (int i = 0; i < n_abuse_kinds; i++) {
        if (only_kind && strcmp(only_kind, abuse_kinds[i].name) != 0)
            continue;
        tcase_add_loop_test(test_case, one_kind, i, i + 1);
        kinds++;
    }
    return kinds;
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("abuse");
    TCase *test_case;
    int kinds;

    if (!options_read(argc, argv)) {
        fputs("usage: torture_abuse [--seconds N] [--judge MS] [--kind NAME] [--seed N]\n", stderr);
        return 2;
    }
    test_case = harness_case_with(suite, "abuse", 200.0 + (double)duration_ms / 1000, setup);
    kinds = cases_add(test_case);
    printf("%d connections, %s; times in ms, memory in MiB\n%-14s %8s %8s %9s %9s %7s %7s %7s %8s "
           "%6s %6s %6s\n",
           crowd_size, strangers_possible() ? "of another user" : "of the daemon's user", "kind",
           "opened", "closed", "messages", "MiB sent", "calls", "p50", "p99", "most", "before",
           "most", "after");
    fflush(stdout);
    if (kinds == 0)
        fputs("there is no such kind\n", stderr);
    return kinds == 0 ? 2 : harness_main(suite);
}
