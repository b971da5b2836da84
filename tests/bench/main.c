/*
 * The course of a run: the first process makes the folder and becomes the supervisor of the second,
 * which measures.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "machine.h"
#include "pair.h"
#include "supervisor.h"

enum { EXIT_WRONG = 1 };

const struct bench_row bench_rows[] = {
    {"bulk", "16 clients x 100 events a call, and its tail", false, row_bulk},
    {"pipelined", "16 clients x 64 single events in flight", false, row_pipelined},
    {"parallel", "16 clients, one event each in flight", false, row_parallel},
    {"single", "1 client, one event in flight", false, row_single},
    {"open", "20, 200 and 1,000 events a second, birth to acknowledgement", false, row_open},
    {"watchers", "100 watchers of one run at 10,000 events a second", false, row_watchers},
    {"readers", "8 readers paging during bulk recording", false, row_readers},
    {"recorder", "cost of one event to the recorder's caller", false, row_recorder},
    {"redaction", "bulk with secrets taken out and without", false, row_redaction},
    {"events", "1,000 events of one run out of 5 million", false, row_events},
    {"growth", "recording and start-up at 10 million events", false, row_growth},
    {"runs", "newest 100 runs of a repository among 100,000", false, row_runs},
    {"idle", "memory of the idle daemon and of each connection", false, row_idle},
    {"memory", "peak memory of recording 2 million events", false, row_memory},
    {"durability", "synchronous read back, a sync before each acknowledgement", false,
     row_durability},
    {"retention", "the longest acknowledgement while a million events are deleted", true,
     row_retention},
    {"custom", "a load of your own", true, row_custom},
};
const size_t n_bench_rows = sizeof(bench_rows) / sizeof(bench_rows[0]);

/* --- what the rows use ------------------------------------------------------------------------ */

double bench_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_sleep_until(double moment)
{
    struct timespec until = {.tv_sec = (time_t)moment,
                             .tv_nsec = (long)((moment - (double)(time_t)moment) * 1e9)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

/* What stands before each line of progress. */
static struct {
    double started;
    int row;
    int rows;
} progress;

void bench_say(const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "[row %d of %d, %3.0f s] ", progress.row, progress.rows,
            bench_now() - progress.started);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void bench_die(const char *format, ...)
{
    va_list arguments;

    fputs("historyd-bench: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(EXIT_WRONG);
}

void *bench_alloc(size_t size)
{
    void *memory = malloc(size ? size : 1);

    if (!memory)
        bench_die("out of memory");
    return memory;
}

int64_t bench_size(const struct bench *bench, int64_t full, int64_t quick)
{
    return bench->options.quick ? quick : full;
}

const char *bench_path(const struct bench *bench, const char *name)
{
    static char paths[16][96];
    static unsigned next;
    char *path = paths[next++ % 16];

    snprintf(path, sizeof(paths[0]), "%s/%.24s", bench->folder, name);
    return path;
}

void bench_copy(const struct bench *bench, const char *from, const char *to)
{
    int in = open(bench_path(bench, from), O_RDONLY | O_CLOEXEC);
    int out = open(bench_path(bench, to), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t n = -1;

    if (in >= 0 && out >= 0)
        while ((n = copy_file_range(in, NULL, out, NULL, 1 << 30, 0)) > 0)
            ;
    /* What is not on the disk yet would be written while others are measured. */
    if (n < 0 || fsync(out) < 0)
        bench_die("copying %s: %s", from, strerror(errno));
    close(in);
    close(out);
}

/* --- the measuring process -------------------------------------------------------------------- */

static bool row_is_chosen(const struct bench_options *options, const struct bench_row *row)
{
    size_t size = strlen(row->name);
    const char *at = options->rows;

    if (!at)
        return !row->asked;
    while (*at) {
        size_t n = strcspn(at, ",");

        if (n == size && strncmp(at, row->name, n) == 0)
            return true;
        at += n;
        at += *at == ',';
    }
    return false;
}

static void bench_run(struct bench *bench)
{
    progress.started = bench->started;
    for (size_t i = 0; i < n_bench_rows; i++)
        progress.rows += row_is_chosen(&bench->options, &bench_rows[i]);
    shape_init(&bench->shape, bench->options.payload, bench->options.runs, bench->options.units);
    for (size_t i = 0; i < n_bench_rows; i++) {
        if (!row_is_chosen(&bench->options, &bench_rows[i]))
            continue;
        /* From here on no row compares, and two idle sides would only hold memory and disk. */
        if (bench_rows[i].run == row_events)
            pair_close(bench);
        progress.row++;
        bench_say("%s: %s", bench_rows[i].name, bench_rows[i].about);
        bench_rows[i].run(bench);
    }
    pair_close(bench);
    shape_clear(&bench->shape);
}

/* --- the beginning ---------------------------------------------------------------------------- */

/* Idle connections are counted in thousands. */
static void descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int main(int argc, char **argv)
{
    struct bench bench = {.pair = NULL};
    pid_t measuring;
    int figures[2];

    bench_options_read(argc, argv, &bench.options);
    if (bench.options.help) {
        bench_usage();
        return EXIT_SUCCESS;
    }
    snprintf(bench.folder, sizeof(bench.folder), "%.36s/historyd-bench.XXXXXX",
             bench.options.folder);
    if (!mkdtemp(bench.folder)) {
        fprintf(stderr, "historyd-bench: %s: %s\n", bench.folder, strerror(errno));
        return EXIT_WRONG;
    }
    bench.started = bench_now();
    machine_look(bench.folder);
    descriptors_raise();
    if (pipe2(figures, O_CLOEXEC) < 0 || (measuring = fork()) < 0)
        bench_die("no second process: %s", strerror(errno));
    if (measuring > 0) {
        close(figures[1]);
        return supervise(&bench, measuring, figures[0]);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    /* Wake when it is time, not up to 50 us later. */
    prctl(PR_SET_TIMERSLACK, 1);
    signal(SIGPIPE, SIG_IGN);
    close(figures[0]);
    bench.report.pipe = figures[1];
    bench_run(&bench);
    return EXIT_SUCCESS;
}
