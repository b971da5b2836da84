/*
 * torture_races [--cycles N] [--judge MS] [--seed N]: everybody comes and leaves at random moments.
 *
 * Of N cycles nine in ten are visits to one daemon (visitor.h), which meanwhile is told SIGHUP at
 * random moments; one in ten is a shutdown: a daemon is started, has visits, and is told SIGTERM at
 * a random moment, now and then while it starts, or twice, or together with SIGHUP. A process whose
 * threads use the client library (library_user.h) goes on beside both.
 *
 * No daemon may crash, and each ends with 0 and leaves no socket and no write-ahead log. How long
 * that takes is told; with --judge, longer is a fault. When all have left, the daemon has the
 * descriptors and the memory that it had: counted are the very bytes it allocated (heap_count.c).
 * Under a sanitizer, which has an allocator of its own and looks for leaks itself, memory is not
 * compared.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database.h"
#include "heap_count.h"
#include "library_user.h"
#include "scene.h"
#include "visitor.h"

enum {
    VISITORS = 6,
    CYCLES_SMOKE = 300,
    WARM_VISITS = 500,  /* before memory is measured, at most */
    VISITS_LIFE = 5,    /* while a daemon lives that is shut down, at least */
    VISITS_MS = 180000, /* for visits, more than for anything else */
    RELOAD_US = 20000,  /* between two SIGHUPs, at most */
    MOMENT_US = 20000,
    YOUNG = 20, /* one daemon in so many is told to end while it starts */
    YOUNG_US = 30000,
    HEAP_SLACK = 64 << 10,
};

static long cycles;
static int64_t judged_ms; /* 0: time is only told */
static const char *seed_text;

static struct visitor_counts *visitors;
static struct library_counts *library;
static struct heap_counts *heap; /* NULL: not counted */
static pid_t visitor_pids[VISITORS];
static pid_t library_pid;

/* --- who comes -------------------------------------------------------------------------------- */

static void everybody_begins(void)
{
    visitors = visitor_counts_new();
    library = harness_shared(sizeof(*library));
    for (int i = 0; i < LIBRARY_THREADS; i++)
        scene_run(harness_text("library-%d", i));
    for (int i = 0; i < VISITORS; i++)
        visitor_pids[i] = visitor_start(visitors, subject->socket, harness_random(1u << 24), 0);
    library_pid = library_user_start(library, subject->socket, harness_random(1u << 24));
}

static void library_ends(void)
{
    int64_t deadline = harness_deadline();
    int status;

    library->ending = true;
    while (waitpid(library_pid, &status, WNOHANG) == 0)
        harness_turn(deadline, "who uses the library to end");
    ck_assert_msg(status == 0, "who uses the library ended with %#x", (unsigned int)status);
}

static void visitors_end(void)
{
    int64_t deadline = harness_deadline();
    int status;

    visitors->pausing = false;
    visitors->ending = true;
    for (int i = 0; i < VISITORS; i++) {
        while (waitpid(visitor_pids[i], &status, WNOHANG) == 0)
            harness_turn(deadline, "the visitors to end");
        ck_assert_int_eq(status, 0);
    }
}

static void daemon_lives(void)
{
    int status;

    ck_assert_msg(!subject_has_ended(subject, &status), "historyd ended with %d:\n%s", status,
                  subject_output(subject));
    for (int i = 0; i < VISITORS; i++)
        ck_assert_msg(waitpid(visitor_pids[i], NULL, WNOHANG) == 0, "a visitor has ended");
}

static void visits_pass(int64_t count)
{
    int64_t until = visitors->visits + count;
    int64_t deadline = harness_deadline() + VISITS_MS;
    int64_t reload = 0;

    while (visitors->visits < until) {
        daemon_lives();
        if (count > VISITS_LIFE && harness_now() * 1000 > reload) {
            subject_signal(subject, SIGHUP);
            reload = harness_now() * 1000 + harness_random(RELOAD_US);
        }
        harness_left(deadline, "the visits");
        usleep(500);
    }
}

/* --- what it costs ---------------------------------------------------------------------------- */

static void heap_open(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    const char *path = harness_path("heap");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, sizeof(*heap)), 0);
    heap = mmap(NULL, sizeof(*heap), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(heap, MAP_FAILED);
    close(fd);
    subject->environment[0] = harness_text("LD_PRELOAD=%s", HEAP_COUNT);
    subject->environment[1] = harness_text("HISTORYD_TEST_HEAP=%s", path);
#endif
}

struct cost {
    int descriptors;
    int64_t bytes;
    int64_t blocks;
};

/* What was written last empties the page caches of the threads that read, once they read again; the
 * check fills that of the thread for what takes long. */
static void caches_settle(void)
{
    scene_event("full", "a");
    scene_read_everywhere();
}

/* The least that is seen for a while: backups and checks that were begun still go on for a moment,
 * and each of the threads that read takes its turn. */
static struct cost cost_at_rest(void)
{
    struct cost cost = {.descriptors = INT_MAX, .bytes = heap ? INT64_MAX : 0};

    for (int64_t end = harness_now() + 2000; harness_now() < end;) {
        int descriptors;

        caches_settle();
        descriptors = subject_descriptors(subject);
        cost.descriptors = descriptors < cost.descriptors ? descriptors : cost.descriptors;
        if (heap && heap->bytes <= cost.bytes) {
            cost.bytes = heap->bytes;
            cost.blocks = heap->blocks;
        }
    }
    return cost;
}

static void visitors_rest(void)
{
    int64_t deadline = harness_deadline();

    visitors->pausing = true;
    while (visitors->resting < VISITORS)
        harness_turn(deadline, "the visitors to rest");
}

static void visitors_go_on(void)
{
    visitors->pausing = false;
}

static void costs_are_back(const struct cost *before, struct cost *ret_after)
{
    int64_t end = harness_deadline();

    do
        *ret_after = cost_at_rest();
    while ((ret_after->descriptors > before->descriptors ||
            ret_after->bytes > before->bytes + HEAP_SLACK) &&
           harness_now() < end);
    printf(
        "descriptors %d before, %d after; %lld bytes in %lld blocks before, %lld in %lld after\n",
        before->descriptors, ret_after->descriptors, (long long)before->bytes,
        (long long)before->blocks, (long long)ret_after->bytes, (long long)ret_after->blocks);
    fflush(stdout);
    /* Fewer where the daemon was slow to close what came before it was first looked at. */
    ck_assert_int_le(ret_after->descriptors, before->descriptors);
    ck_assert_msg(ret_after->bytes <= before->bytes + HEAP_SLACK, "memory was not given back");
}

/* --- the tests -------------------------------------------------------------------------------- */

/* So much that no page cache has room for all of it. */
static void caches_fill(void)
{
    const char *events =
        harness_repeat(harness_text(",{'type':'a','error':'%s'}", harness_repeat("x", 900)), 499);

    for (int i = 0; i < 32; i++)
        wire_call(wire, "AppendEvents", "{'run_id':'full','events':[{'type':'a'}%s]}", events);
    for (int i = 0; i < 32; i++)
        for (int page = 0; page < 16; page++)
            wire_call(wire, "ListEvents", "{'run_id':'full','limit':1000,'after_seq':%d}",
                      page * 1000);
}

START_TEST(clients_come_and_leave)
{
    long visits = cycles * 9 / 10;
    struct cost before, after;

    scene_run("full");
    if (heap)
        caches_fill();
    everybody_begins();
    visits_pass(2 * cycles < WARM_VISITS ? 2 * cycles : WARM_VISITS);
    visitors_rest();
    /* The library's process rests only when it has ended. */
    library_ends();
    before = cost_at_rest();
    library->ending = false;
    library_pid = library_user_start(library, subject->socket, harness_random(1u << 24));
    visitors_go_on();
    visits_pass(visits);
    visitors_rest();
    library_ends();
    costs_are_back(&before, &after);
    visitors_end();
    printf("%lld visits, %lld calls and %lld halves of calls, %lld closed by the daemon; library: "
           "%lld clients and recorders, %lld calls of which %lld were cancelled, %lld events\n",
           (long long)visitors->visits, (long long)visitors->calls, (long long)visitors->halves,
           (long long)visitors->closed, (long long)library->cycles, (long long)library->calls,
           (long long)library->cancelled, (long long)library->events);
    fflush(stdout);
    subject_stop(subject);
    ck_assert_str_eq(database_rows(subject->database, "PRAGMA integrity_check"), "ok\n");
}
END_TEST

/* One that is told to end before it listens for signals dies of the signal. */
static void young_one_ends(void)
{
    int status;

    subject_spawn(subject);
    usleep(harness_random(YOUNG_US));
    subject_signal(subject, SIGTERM);
    status = subject_wait(subject);
    ck_assert_msg(status == 0 || status == -SIGTERM, "historyd ended with %d", status);
}

/* Returns how long it took to end. */
static int64_t shut_down(void)
{
    uint32_t how = harness_random(4);
    int64_t began;

    usleep(harness_random(MOMENT_US));
    if (how == 0)
        subject_signal(subject, SIGHUP);
    began = harness_now();
    if (how == 1)
        subject_signal(subject, harness_random(2) ? SIGTERM : SIGINT);
    subject_stop(subject);
    return harness_now() - began;
}

START_TEST(the_daemon_comes_and_leaves)
{
    long lives = cycles / 10;
    int64_t most = 0, sum = 0;
    int64_t end;
    long young = 0;
    struct cost before, after;

    scene_run("full");
    before = cost_at_rest();
    everybody_begins();
    for (long i = 0; i < lives; i++) {
        int64_t took;

        visits_pass(VISITS_LIFE);
        took = shut_down();
        most = took > most ? took : most;
        sum += took;
        if (harness_random(YOUNG) == 0) {
            young_one_ends();
            young++;
        }
        subject_start(subject);
    }
    library_ends();
    visitors_end();
    wire = wire_open(subject);
    /* Those that were closed last may be open there for a moment. */
    end = harness_deadline();
    do
        after = cost_at_rest();
    while (after.descriptors > before.descriptors && harness_now() < end);
    ck_assert_int_le(after.descriptors, before.descriptors);
    subject_stop(subject);
    ck_assert_str_eq(database_rows(subject->database, "PRAGMA integrity_check"), "ok\n");
    printf("%ld shutdowns (and %ld while it started), %lld visits, %lld refused; library: %lld "
           "clients and recorders; SIGTERM to the end: %lld ms on average, %lld ms at most\n",
           lives, young, (long long)visitors->visits, (long long)visitors->refused,
           (long long)library->cycles, (long long)(lives ? sum / lives : 0), (long long)most);
    fflush(stdout);
    ck_assert_msg(judged_ms == 0 || most <= judged_ms, "late");
}
END_TEST

/* A small page cache, so that it is full soon. */
static void setup(void)
{
    if (seed_text)
        setenv("HISTORYD_TEST_SEED", seed_text, 1);
    harness_setup();
    subject = subject_new("historyd");
    subject_configure(subject, harness_text("[store]\ncache_kib = 1024\n[backup]\nfolder = %s\n",
                                            harness_path("backups")));
    heap_open();
    subject_start(subject);
    wire = wire_open(subject);
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("races");
    TCase *test_case;

    cycles = harness_scaled(CYCLES_SMOKE, CYCLES_SMOKE / 5);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--cycles") == 0) {
            cycles = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--judge") == 0) {
            judged_ms = strtol(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--seed") == 0) {
            seed_text = argv[i + 1];
        } else {
            cycles = 0;
        }
    }
    if (argc % 2 == 0 || cycles < 10) {
        fputs("usage: torture_races [--cycles N] [--judge MS] [--seed N]\n", stderr);
        return 2;
    }
    test_case = harness_case_with(suite, "races", 300.0 + (double)cycles / 2, setup);
    tcase_add_test(test_case, clients_come_and_leave);
    tcase_add_test(test_case, the_daemon_comes_and_leaves);
    return harness_main(suite);
}
