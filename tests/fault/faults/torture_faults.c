/*
 * torture_faults: each call by which the daemon asks the system for something fails, once and from
 * then on for ever.
 *
 * Counts the calls of a fixed load, then plays it against a fresh daemon for each kind of call,
 * each way to fail, and each number of the call (or a spread sample of them), and compares what was
 * answered with what a daemon whose calls do not fail finds stored. See usage below.
 */
#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault_judge.h"

enum { JOBS_MOST = 64, SHOWN_MOST = 40, WAYS_MOST = 3 };

static const char usage[] =
    "usage: torture_faults [--cases N] [--jobs N] [--seed N] [--kind KIND]... [--keep FOLDER]\n"
    "       torture_faults --kind KIND --error ERROR --from N [--forever] [--keep FOLDER]\n"
    "\n"
    "  --cases N   so many cases, spread over all kinds; left out, all of them\n"
    "  --jobs N    daemons at a time; 2 unless given\n"
    "  --seed N    moves the sample\n"
    "  --kind, --error, --from, --forever   one case, as a failed one is told\n"
    "  --keep FOLDER   what a bad case left is copied there\n";

/* How calls of each kind fail; ended by 0. */
static const int ways[FAULT_KINDS][WAYS_MOST + 1] = {
    [FAULT_SYNC] = {EIO, ENOSPC},
    [FAULT_WRITE] = {EIO, ENOSPC, FAULT_SHORT},
    [FAULT_READ] = {EIO},
    [FAULT_TRUNCATE] = {EIO, ENOSPC},
    [FAULT_OPEN] = {EMFILE, EIO, ENOSPC},
    [FAULT_NAME] = {EIO, ENOSPC},
    [FAULT_MAP] = {ENOMEM},
    [FAULT_MEMORY] = {ENOMEM},
    [FAULT_THREAD] = {EAGAIN},
    [FAULT_DESCRIPTOR] = {EMFILE},
    [FAULT_ACCEPT] = {EMFILE},
    [FAULT_SEND] = {ENOBUFS, FAULT_SHORT},
};

struct tally {
    atomic_long played[FAULT_KINDS];
    atomic_long not_reached;
    atomic_long bad;
    atomic_long next; /* case to be taken */
};

static struct {
    long cases; /* 0: all */
    long jobs;
    uint64_t seed;
    bool kinds[FAULT_KINDS];
    bool some_kinds;
    struct fault_case one;
    const char *keep;
    char base[64];
} options = {.jobs = 2, .seed = 1};

static struct tally *tally;
static struct fault_case *cases;
static long n_cases;

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
    char what[128];
    long bad;

    fault_place_empty(place);
    fault_play(place, fault, &played);
    fault_judge(place, &played);
    atomic_fetch_add(&tally->played[fault->kind], 1);
    if (atomic_load(&place->orders->failed) == 0)
        atomic_fetch_add(&tally->not_reached, 1);
    if (!played.problem[0])
        return;
    bad = atomic_fetch_add(&tally->bad, 1);
    fault_case_describe(fault, what, sizeof(what));
    if (bad < SHOWN_MOST)
        printf("BAD %s: %s%s%s\n", what, played.problem, place->orders->where[0] ? " at " : "",
               place->orders->where);
    fflush(stdout);
    keep(place, bad);
}

static void worker(long number)
{
    struct fault_place place;
    char base[128];
    long taken;

    snprintf(base, sizeof(base), "%s/%ld", options.base, number);
    if (fault_place_make(&place, base) < 0) {
        perror(base);
        exit(2);
    }
    while ((taken = atomic_fetch_add(&tally->next, 1)) < n_cases)
        case_play(&place, &cases[taken]);
    fault_place_remove(&place);
}

/* --- which cases ------------------------------------------------------------------------------ */

static void case_add(const struct fault_case *fault)
{
    static long room;

    if (n_cases == room) {
        room = 2 * room + 1024;
        cases = realloc(cases, (size_t)room * sizeof(*cases));
        if (!cases)
            abort();
    }
    cases[n_cases++] = *fault;
}

static uint64_t draw(void)
{
    options.seed = options.seed * 6364136223846793005u + 1442695040888963407u;
    return options.seed >> 33;
}

/* `most` numbers of 1 to `calls`, one out of each of as many stretches. */
static void cases_spread(const struct fault_case *way, long calls, long most)
{
    struct fault_case fault = *way;
    long count = most > 0 && most < calls ? most : calls;

    for (long i = 0; i < count; i++) {
        long first = calls * i / count, behind = calls * (i + 1) / count;

        fault.from = first + 1 + (long)(draw() % (uint64_t)(behind - first));
        case_add(&fault);
    }
}

static int ways_of(enum fault_kind kind)
{
    int n = 0;

    while (ways[kind][n])
        n++;
    return options.some_kinds && !options.kinds[kind] ? 0 : n;
}

/* Of a sample memory, of which there is most, gets half. */
static void cases_make(const struct fault_orders *counted)
{
    long others = 0;

    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        others += kind == FAULT_MEMORY ? 0 : 2 * ways_of(kind);
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++) {
        /* Of kinds that are not asked for there are no ways. */
        if (ways_of(kind) == 0)
            continue;
        long parts = kind == FAULT_MEMORY ? (others ? 4 : 2) : 2 * others;
        long most = options.cases > 0 ? options.cases / parts + 1 : 0;

        for (int i = 0; i < ways_of(kind); i++)
            for (int forever = 0; forever < 2; forever++)
                cases_spread(&(struct fault_case){.kind = kind,
                                                  .error = ways[kind][i],
                                                  .forever = forever != 0},
                             counted->calls[kind], most);
    }
}

/* The load with nothing failing, which also must be as promised. */
static int count(void)
{
    struct fault_case none = {.kind = FAULT_NONE};
    struct fault_place place;
    struct fault_played played;
    char base[128];

    snprintf(base, sizeof(base), "%s/count", options.base);
    if (fault_place_make(&place, base) < 0) {
        perror(base);
        return -1;
    }
    fault_play(&place, &none, &played);
    fault_judge(&place, &played);
    if (played.problem[0]) {
        printf("BAD without a fault: %s\n", played.problem);
        keep(&place, 0);
        return -1;
    }
    printf("calls of the load:");
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
        printf(" %s %ld", fault_kind_name(kind), atomic_load(&place.orders->calls[kind]));
    putchar('\n');
    cases_make(place.orders);
    fault_place_remove(&place);
    return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

static int options_read(int argc, char **argv)
{
    static const struct option known[] = {{"cases", required_argument, NULL, 'c'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"kind", required_argument, NULL, 'k'},
                                          {"error", required_argument, NULL, 'e'},
                                          {"from", required_argument, NULL, 'n'},
                                          {"forever", no_argument, NULL, 'f'},
                                          {"keep", required_argument, NULL, 'K'},
                                          {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 'c':
            options.cases = strtol(optarg, NULL, 10);
            break;
        case 'j':
            options.jobs = strtol(optarg, NULL, 10);
            break;
        case 's':
            options.seed = strtoull(optarg, NULL, 10);
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
            for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
                if (strcmp(optarg, fault_kind_name(kind)) == 0) {
                    options.kinds[kind] = true;
                    options.one.kind = kind;
                }
            break;
        case 'e':
            for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++)
                for (int i = 0; ways[kind][i]; i++)
                    if (strcmp(optarg, fault_error_name(ways[kind][i])) == 0)
                        options.one.error = ways[kind][i];
            break;
        default:
            return -1;
        }
    }
    if (optind < argc || options.jobs < 1 || options.jobs > JOBS_MOST || options.cases < 0 ||
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

static void tell(void)
{
    long all = 0;

    printf("played:");
    for (enum fault_kind kind = 1; kind < FAULT_KINDS; kind++) {
        long played = atomic_load(&tally->played[kind]);

        all += played;
        if (played > 0)
            printf(" %s %ld", fault_kind_name(kind), played);
    }
    printf("\n%ld cases, %ld of them ended before their call came: %ld bad\n", all,
           atomic_load(&tally->not_reached), atomic_load(&tally->bad));
}

int main(int argc, char **argv)
{
    int r = 0;

    if (options_read(argc, argv) < 0) {
        fputs(usage, stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    snprintf(options.base, sizeof(options.base), "%s/historyd-faults.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tally == MAP_FAILED || !mkdtemp(options.base)) {
        perror(options.base);
        return 2;
    }
    if (options.one.from)
        case_add(&options.one);
    else
        r = count();
    if (r == 0)
        r = workers_run();
    if (r == 0)
        tell();
    free(cases);
    rmdir(options.base);
    return r != 0 || atomic_load(&tally->bad) > 0;
}
