/*
 * torture_faults: each call by which the daemon asks the system for something fails, once and from
 * then on for ever.
 *
 * Counts the calls of a fixed load, then plays it against a fresh daemon for each kind of call,
 * each way to fail, and each number of the call (or a spread sample of them), and compares what was
 * answered with what a daemon whose calls do not fail finds stored. See usage below.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_cases.h"
#include "fault_judge.h"

enum { JOBS_MOST = 64, SHOWN_MOST = 40, COUNTS = 3, PROGRESS = 1000 };

static const char usage[] =
    "usage: torture_faults [--cases N] [--jobs N] [--seed N] [--kind KIND]... [--minutes N]\n"
    "                      [--each-allocation] [--keep FOLDER]\n"
    "       torture_faults --kind KIND --error ERROR [--stack STACK] --from N [--forever]\n"
    "                      [--keep FOLDER]\n"
    "\n"
    "  --cases N   so many cases, spread over all kinds; left out, all of them\n"
    "  --each-allocation   not the first from each stack of calls, but all\n"
    "  --minutes N no further case begins after that\n"
    "  --jobs N    daemons at a time; 2 unless given\n"
    "  --seed N    moves the sample\n"
    "  --kind, --error, --stack, --from, --forever   one case, as a failed one is told\n"
    "  --keep FOLDER   what a bad case left is copied there\n";

struct shared {
    struct fault_tally tally;
    atomic_long next; /* case to be taken */
};

static struct {
    struct fault_choice choice;
    long jobs;
    long minutes; /* 0: as many as it takes */
    bool some_kinds;
    struct fault_case one;
    const char *keep;
    char base[64];
} options = {.choice = {.seed = 1}, .jobs = 2};

static struct shared *shared;
static struct fault_cases cases;

/* Of the load with nothing failing. */
static struct fault_orders counted;
static struct fault_held held;

/* --- one case --------------------------------------------------------------------------------- */

static void keep(const struct fault_place *place, long bad)
{
    char command[3 * PATH_MAX];

    if (!options.keep)
        return;
    snprintf(command, sizeof(command), "mkdir -p '%s/%ld' && cp -r '%s' '%s' '%s/%ld'",
             options.keep, bad, place->folder, place->log, options.keep, bad);
    if (system(command) != 0)
        fprintf(stderr, "torture_faults: can't keep it in %s\n", options.keep);
}

static void case_play(const struct fault_place *place, const struct fault_case *fault)
{
    struct fault_played played;
    char what[160];
    long bad;

    fault_place_empty(place);
    fault_play(place, fault, &held, &played);
    fault_judge(place, &played);
    fault_tally_note(&shared->tally, fault, atomic_load(&place->orders->failed) > 0);
    if (!played.problem[0])
        return;
    bad = atomic_fetch_add(&shared->tally.bad, 1);
    fault_case_describe(fault, what, sizeof(what));
    if (bad < SHOWN_MOST)
        printf("BAD %s: %s%s%s\n", what, played.problem, place->orders->where[0] ? " at " : "",
               place->orders->where);
    fflush(stdout);
    keep(place, bad);
}

static void worker(long number)
{
    int64_t end = options.minutes ? fault_now_ms() + options.minutes * 60000 : INT64_MAX;
    struct fault_place place;
    char base[128];
    long taken;

    snprintf(base, sizeof(base), "%s/%ld", options.base, number);
    if (fault_place_make(&place, base, fault_config) < 0) {
        perror(base);
        exit(2);
    }
    while (fault_now_ms() < end && (taken = atomic_fetch_add(&shared->next, 1)) < cases.count) {
        case_play(&place, &cases.cases[taken]);
        if ((taken + 1) % PROGRESS == 0)
            printf("%ld cases played\n", taken + 1);
    }
    fault_place_remove(&place);
}

/* --- what there is to fail ---------------------------------------------------------------------
 */

/* The load with nothing failing, which also must be as promised. Not all runs of it allocate from
 * the same places: threads meet in different ways. */
static int count(const struct fault_place *place)
{
    struct fault_case none = {.kind = FAULT_NONE};
    struct fault_played played;

    fault_place_empty(place);
    fault_play(place, &none, NULL, &played);
    fault_judge(place, &played);
    if (played.problem[0]) {
        printf("BAD without a fault: %s\n", played.problem);
        keep(place, 0);
        return -1;
    }
    if (fault_counted_add(&counted, place->orders) < 0) {
        fputs("torture_faults: no room to count all stacks of allocations\n", stderr);
        return -1;
    }
    held.descriptors =
        held.descriptors > played.held.descriptors ? held.descriptors : played.held.descriptors;
    held.maps = held.maps > played.held.maps ? held.maps : played.held.maps;
    return 0;
}

static int count_all(void)
{
    struct fault_place place;
    char base[128];
    int r = 0;

    snprintf(base, sizeof(base), "%s/count", options.base);
    if (fault_place_make(&place, base, fault_config) < 0) {
        perror(base);
        return -1;
    }
    for (int i = 0; i < COUNTS && r == 0; i++)
        r = count(&place);
    fault_place_remove(&place);
    if (r < 0)
        return -1;
    if (options.one.from)
        fault_cases_add(&cases, &options.one);
    else
        fault_cases_make(&cases, &counted, &options.choice);
    printf("%ld cases, seed %lu\n", cases.count, options.choice.seed);
    return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static enum fault_kind kind_named(const char *name)
{
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        if (strcmp(name, fault_kind_name(kind)) == 0)
            return kind;
    return FAULT_NONE;
}

static int error_named(const char *name)
{
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        for (int i = 0; fault_ways[kind][i]; i++)
            if (strcmp(name, fault_error_name(fault_ways[kind][i])) == 0)
                return fault_ways[kind][i];
    return 0;
}

static int options_read(int argc, char **argv)
{
    static const struct option known[] = {
        {"cases", required_argument, NULL, 'c'},     {"jobs", required_argument, NULL, 'j'},
        {"seed", required_argument, NULL, 's'},      {"minutes", required_argument, NULL, 'm'},
        {"each-allocation", no_argument, NULL, 'a'}, {"stack", required_argument, NULL, 'S'},
        {"kind", required_argument, NULL, 'k'},      {"error", required_argument, NULL, 'e'},
        {"from", required_argument, NULL, 'n'},      {"forever", no_argument, NULL, 'f'},
        {"keep", required_argument, NULL, 'K'},      {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options.choice.cases = strtol(optarg, NULL, 10);
            break;
        case 'j':
            options.jobs = strtol(optarg, NULL, 10);
            break;
        case 's':
            options.choice.seed = strtoull(optarg, NULL, 10);
            break;
        case 'm':
            options.minutes = strtol(optarg, NULL, 10);
            break;
        case 'a':
            options.choice.each_allocation = true;
            break;
        case 'S':
            options.one.stack = strtoull(optarg, NULL, 16);
            break;
        case 'n':
            options.one.from = strtol(optarg, NULL, 10);
            break;
        case 'f':
            options.one.forever = true;
            break;
        case 'K':
            options.keep = optarg;
            break;
        case 'k':
            options.some_kinds = true;
            options.one.kind = kind_named(optarg);
            options.choice.kinds[options.one.kind] = true;
            break;
        case 'e':
            options.one.error = error_named(optarg);
            break;
        default:
            return -1;
        }
    }
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        options.choice.kinds[kind] |= !options.some_kinds;
    if (optind < argc || options.jobs < 1 || options.jobs > JOBS_MOST || options.choice.cases < 0 ||
        (options.some_kinds && options.one.kind == FAULT_NONE) ||
        (options.one.from && (options.one.kind == FAULT_NONE || options.one.error == 0)))
        return -1;
    return 0;
}

static int workers_run(void)
{
    int failed = 0;

    for (long i = 0; i < options.jobs; i++) {
        pid_t pid = fork();

        if (pid < 0)
            abort();
        if (pid == 0) {
            worker(i);
            exit(0);
        }
    }
    for (long i = 0; i < options.jobs; i++) {
        int status = 0;

        wait(&status);
        failed += status != 0;
    }
    return failed;
}

int main(int argc, char **argv)
{
    int r;

    if (options_read(argc, argv) < 0) {
        fputs(usage, stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(options.base, sizeof(options.base), "%s/historyd-faults.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !mkdtemp(options.base)) {
        perror(options.base);
        return 2;
    }
    r = count_all();
    if (r == 0)
        r = workers_run();
    if (r == 0)
        fault_tally_tell(&shared->tally, &counted);
    free(cases.cases);
    rmdir(options.base);
    return r != 0 || atomic_load(&shared->tally.bad) > 0;
}
