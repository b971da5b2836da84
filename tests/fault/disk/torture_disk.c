/*
 * torture_disk [--seconds N] [--simulated] [--judge] [--seed N]: sixteen recorders and eight
 * watchers, and a disk that is full for N seconds and then has room again; and then files of the
 * database that are removed or replaced under the daemon, with and without load.
 *
 * While the disk is full every read answers, and with all that was acknowledged; a write is
 * acknowledged or answered StorageFull, and has changed nothing then. Behind it writes resume by
 * themselves. A daemon whose database, log or shared memory is taken away ends with a failure that
 * names the file, and nothing acknowledged is missing of what it worked on. At the end every event
 * is stored once, in order, the watchers have seen all of it without a gap, and the database is
 * sound. How long it takes is told; with --judge, it is a fault when writes resume later than after
 * five seconds, or a lost file is noticed later than after two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kill_crew.h"
#include "scene.h"
#include "small_disk.h"

enum {
    SECONDS_SMOKE = 6,
    LOAD_MS = 1000,
    RESUMED_MS = 5000,
    NOTICED_MS = 2000,
    PAUSE_US = 20000, /* at most, of each recorder between two calls: the disk is small */
    TURN_US = 20000,
};

static long seconds;
static bool judges_time;
static bool simulated;
static const char *seed_text;

static struct kill_crew crew;

/* --- a full disk ------------------------------------------------------------------------------ */

struct fullness {
    int64_t reads;
    int64_t longest_read_ms;
    int64_t acknowledged; /* of the test's own writes */
    int64_t refused;
};

static int64_t acknowledged_of(int run)
{
    return atomic_load(&crew.book->acknowledged[run]);
}

/* The last event that was acknowledged, as it was sent; nothing of the run is missing. */
static void run_is_read(int run, int64_t acknowledged)
{
    struct kill_payload payload;
    struct kill_names names;

    kill_book_name(run, &names);
    kill_book_event(run, acknowledged, &payload);
    ck_assert_int_ge(
        answer_int(wire_call(wire, "GetRun", "{'run_id':'%s'}", names.run), "run.last_seq"),
        acknowledged);
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'%s','after_seq':%lld,'limit':1}",
                             names.run, (long long)acknowledged - 1),
                   "{'events':[{'seq':%lld,'payload':%s}]}", (long long)acknowledged, payload.text);
}

static void all_is_read(struct fullness *full)
{
    int64_t began = harness_now();
    int64_t took;

    for (int run = 0; run < KILL_RUNS; run++) {
        int64_t acknowledged = acknowledged_of(run);

        if (acknowledged > 0)
            run_is_read(run, acknowledged);
    }
    ck_assert_int_eq(answer_count(wire_call(wire, "ListRuns", NULL), "runs"), KILL_RUNS);
    answer_at(wire_call(wire, "GetStatus", NULL), "limits");
    took = harness_now() - began;
    full->reads += 2 * KILL_RUNS + 2;
    if (took > full->longest_read_ms)
        full->longest_read_ms = took;
}

static bool own_write(struct fullness *full)
{
    bool acknowledged = kill_crew_write(&crew);

    if (acknowledged)
        full->acknowledged++;
    else
        full->refused++;
    return acknowledged;
}

static void full_until_refused(struct fullness *full)
{
    int64_t deadline = harness_deadline();

    crew.book->full = true;
    do {
        small_disk_fill();
        all_is_read(full);
        harness_left(deadline, "StorageFull");
    } while (own_write(full));
}

static void full_for(long ms, struct fullness *full)
{
    int64_t end = harness_now() + ms;

    while (harness_now() < end) {
        small_disk_fill();
        all_is_read(full);
        own_write(full);
        kill_crew_is_well(&crew);
        usleep(TURN_US);
    }
    answer_matches(wire_call(wire, "CheckIntegrity", "{'quick':true}"), "{'ok':true}");
}

/* Makes room; returns after how many milliseconds everybody had been acknowledged a write. */
static int64_t room_again(struct fullness *full)
{
    int64_t deadline = harness_deadline();
    int64_t before[KILL_RUNS];
    int64_t began;

    for (int run = 0; run < KILL_RUNS; run++)
        before[run] = acknowledged_of(run);
    began = harness_now();
    small_disk_free();
    while (!own_write(full))
        harness_turn(deadline, "the first write behind a full disk");
    for (int run = 0; run < KILL_RUNS; run++)
        while (acknowledged_of(run) <= before[run])
            harness_turn(deadline, "all recorders to get on behind a full disk");
    crew.book->full = false;
    return harness_now() - began;
}

/* One call at a time: what a full disk refuses is stored behind what was sent after it. */
static void crew_begins(void)
{
    crew.in_flight = 1;
    kill_crew_begin(&crew, harness_random(1u << 24));
    crew.book->pause_us = PAUSE_US;
    for (int run = 0; run < KILL_RUNS; run++)
        for (int64_t deadline = harness_deadline(); acknowledged_of(run) == 0;)
            harness_turn(deadline, "all recorders to begin");
}

static void crew_ends(void)
{
    kill_crew_recorders_end(&crew);
    kill_crew_watchers_end(&crew);
}

START_TEST(a_disk_that_is_full_for_a_while)
{
    struct fullness full = {.reads = 0};
    int64_t resumed;

    crew_begins();
    usleep(LOAD_MS * 1000);
    full_until_refused(&full);
    full_for(seconds * 1000, &full);
    resumed = room_again(&full);
    usleep(LOAD_MS * 1000);
    crew_ends();
    subject_stop(subject);
    kill_crew_compare(&crew);
    small_disk_remove();
    printf("%s, full for %ld s: %lld reads answered, rounds of %d in %lld ms at most; %lld writes "
           "refused, and %lld of the test's own, %lld acknowledged; all recorders resumed after "
           "%lld ms; %lld events acknowledged: 0 lost, 0 doubled, 0 gaps\n",
           small_disk_is_real() ? "a tmpfs" : "simulated", seconds, (long long)full.reads,
           2 * KILL_RUNS + 2, (long long)full.longest_read_ms, (long long)crew.book->refused,
           (long long)full.refused, (long long)full.acknowledged, (long long)resumed,
           (long long)kill_crew_acknowledged(&crew));
    fflush(stdout);
    ck_assert_msg(!judges_time || resumed <= RESUMED_MS, "more than five seconds");
}
END_TEST

/* --- files that are taken away ---------------------------------------------------------------- */

static const char *const suffixes[] = {"", "-wal", "-shm"};
enum { SUFFIXES = sizeof(suffixes) / sizeof(suffixes[0]) };

/* Returns how long it took until the daemon said so; it ends then. What is put aside is what it
 * works on until its end. */
static int64_t taken_away(const char *suffix, bool replaced)
{
    const char *path = harness_text("%s%s", subject->database, suffix);
    const char *words = harness_text("%s was removed or replaced", path);
    const char *aside = harness_path("aside");
    int64_t deadline = harness_deadline();
    int64_t began = harness_now();

    ck_assert_int_eq(rename(path, aside), 0);
    if (replaced)
        harness_write_file(path, "another", 7);
    while (!strstr(subject_output(subject), words))
        harness_turn(deadline, words);
    began = harness_now() - began;
    ck_assert_int_eq(subject_wait(subject), 1);
    ck_assert_int_eq(unlink(subject->log), 0);
    if (suffix[0] == '\0')
        ck_assert_int_eq(rename(aside, path), 0);
    else
        ck_assert_int_eq(unlink(aside), 0);
    return began;
}

static int64_t all_taken_away(bool loaded)
{
    int64_t longest = 0;

    for (int i = 0; i < 2 * SUFFIXES; i++) {
        int64_t took;

        if (loaded)
            usleep(harness_random(LOAD_MS * 1000));
        took = taken_away(suffixes[i / 2], i % 2 == 1);
        longest = took > longest ? took : longest;
        kill_crew_bereaved(&crew);
        if (loaded) {
            kill_crew_start(&crew);
        } else {
            subject_start(subject);
            wire = wire_open(subject);
        }
    }
    return longest;
}

START_TEST(files_that_are_taken_away)
{
    int64_t loaded;
    int64_t idle;

    crew_begins();
    loaded = all_taken_away(true);
    crew_ends();
    idle = all_taken_away(false);
    subject_stop(subject);
    kill_crew_compare(&crew);
    printf("database, log and shared memory, removed and replaced: noticed within %lld ms under "
           "load, %lld ms idle; %lld events acknowledged: 0 lost, 0 doubled, 0 gaps\n",
           (long long)loaded, (long long)idle, (long long)kill_crew_acknowledged(&crew));
    fflush(stdout);
    ck_assert_msg(!judges_time || (loaded <= NOTICED_MS && idle <= NOTICED_MS),
                  "more than two seconds");
}
END_TEST

/* --- the whole -------------------------------------------------------------------------------- */

static void begin(bool small)
{
    if (seed_text)
        setenv("HISTORYD_TEST_SEED", seed_text, 1);
    harness_setup();
    subject = subject_new("historyd");
    if (small)
        small_disk_make(subject, simulated);
    subject_start(subject);
    wire = wire_open(subject);
}

static void setup_small(void)
{
    begin(true);
}

static void setup(void)
{
    begin(false);
}

static bool options_read(int argc, char **argv)
{
    seconds = harness_scaled(SECONDS_SMOKE, 2);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--simulated") == 0) {
            simulated = true;
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            seconds = strtol(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--judge") == 0) {
            judges_time = true;
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed_text = argv[++i];
        } else {
            return false;
        }
    }
    return seconds >= 1;
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("disk");
    TCase *test_case;

    if (!options_read(argc, argv)) {
        fputs("usage: torture_disk [--seconds N] [--simulated] [--judge] [--seed N]\n", stderr);
        return 2;
    }
    test_case = harness_case_with(suite, "full", 150.0 + (double)seconds, setup_small);
    tcase_add_test(test_case, a_disk_that_is_full_for_a_while);
    test_case = harness_case_with(suite, "files", 150, setup);
    tcase_add_test(test_case, files_that_are_taken_away);
    return harness_main(suite);
}
