/*
 * Memory of the daemon.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"

enum { SPARE_DESCRIPTORS = 64, FEW_CONNECTIONS = 1000, BULK_PART = 100000, FLAT_PER_CENT = 5 };

/* Of this process and, inherited, of the daemon: each end needs one a connection. */
static unsigned connections_possible(const struct bench *bench)
{
    struct rlimit limit = {.rlim_cur = 0};
    unsigned wanted = bench->options.connections;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (wanted + SPARE_DESCRIPTORS > limit.rlim_cur)
        wanted = (unsigned)limit.rlim_cur - SPARE_DESCRIPTORS;
    return wanted;
}

/* Every connection has said something once, as a client that then waits. */
static void say_ping(int fd)
{
    static const char ping[] = "{\"method\":\"dev.historyd.history.Ping\"}";
    char answer[256];

    if (write(fd, ping, sizeof(ping)) != (ssize_t)sizeof(ping) ||
        read(fd, answer, sizeof(answer)) <= 0)
        bench_die("no answer to Ping");
}

/* Connections beside those in `fds`, until there are `count`. Returns what each costs, in KB. */
static double connections_open(const struct daemon_side *daemon, int *fds, unsigned *n,
                               unsigned count, int64_t idle_kib)
{
    for (; *n < count; ++*n) {
        fds[*n] = daemon_connect(daemon);
        say_ping(fds[*n]);
    }
    return (double)(daemon_memory(daemon, "VmRSS") - idle_kib) * 1.024 / count;
}

struct idling {
    struct samples idle;    /* MB */
    struct samples private; /* MB */
    struct samples each[2]; /* KB, with that many connections */
    unsigned counts[2];
};

static void idle_round(struct bench *bench, struct idling *idling)
{
    int *fds = bench_alloc(idling->counts[1] * sizeof(*fds));
    struct daemon_side daemon;
    unsigned n = 0;
    int64_t kib;

    daemon_start(&daemon, bench, "idle.db", NULL);
    /* The last descriptor of daemon_start() is closed by now, or counts for next to nothing. */
    close(daemon_connect(&daemon));
    kib = daemon_memory(&daemon, "VmRSS");
    samples_add(&idling->idle, (double)kib * 1.024e-3);
    samples_add(&idling->private, (double)daemon_memory(&daemon, "RssAnon") * 1.024e-3);
    for (int i = 0; i < 2; i++)
        if (i == 0 || idling->counts[1] > idling->counts[0])
            samples_add(&idling->each[i],
                        connections_open(&daemon, fds, &n, idling->counts[i], kib));
    while (n > 0)
        close(fds[--n]);
    daemon_stop(&daemon);
    free(fds);
}

static void connections_figure(struct bench *bench, struct idling *idling, int i)
{
    struct figure figure = {.row = "idle", .unit = "KB", .kind = GOAL_AT_MOST, .goal = 1.5};

    if (idling->each[i].count == 0)
        return;
    figure.rounds = idling->each[i];
    snprintf(figure.work, sizeof(figure.work), "memory of each of %u idle connections",
             idling->counts[i]);
    snprintf(figure.detail, sizeof(figure.detail), "growth of the resident memory%s",
             idling->counts[i] < bench->options.connections && i == 1
                 ? "; RLIMIT_NOFILE allows no more"
                 : "");
    report_add(&bench->report, &figure);
}

void row_idle(struct bench *bench)
{
    struct figure idle = {.row = "idle", .unit = "MB", .kind = GOAL_AT_MOST, .goal = 6};
    unsigned most = connections_possible(bench);
    struct idling idling = {.counts = {most < FEW_CONNECTIONS ? most : FEW_CONNECTIONS, most}};

    seed_make(bench);
    bench_copy(bench, "seed.db", "idle.db");
    for (int round = 0; round < bench->options.rounds; round++)
        idle_round(bench, &idling);
    unlink(bench_path(bench, "idle.db"));
    idle.rounds = idling.idle;
    snprintf(idle.work, sizeof(idle.work), "memory of the idle daemon");
    snprintf(idle.detail, sizeof(idle.detail), "resident, of which %.1f MB are its own",
             samples_median(&idling.private));
    report_add(&bench->report, &idle);
    connections_figure(bench, &idling, 0);
    connections_figure(bench, &idling, 1);
    samples_clear(&idling.private);
}

/* What is resident after each part of the second half, against the middle. */
static void flat_figure(struct bench *bench, const struct samples *sizes)
{
    struct figure figure = {
        .row = "memory", .unit = "%", .kind = GOAL_AT_MOST, .goal = FLAT_PER_CENT};
    double middle = sizes->values[sizes->count / 2 - 1];

    if (bench->options.quick)
        figure.kind = GOAL_NONE; /* the page cache is still being filled */
    for (size_t i = sizes->count / 2; i < sizes->count; i++)
        samples_add(&figure.rounds, (sizes->values[i] / middle - 1) * 100);
    snprintf(figure.work, sizeof(figure.work), "growth in the second half of it");
    snprintf(figure.detail, sizeof(figure.detail), "resident: %.1f MB half-way, %.1f at the end",
             middle, sizes->values[sizes->count - 1]);
    report_add(&bench->report, &figure);
}

void row_memory(struct bench *bench)
{
    struct load_spec spec = {
        .clients = 16, .events = 100, .in_flight = 4, .calls = BULK_PART / 100};
    struct figure figure = {.row = "memory", .unit = "MB", .kind = GOAL_AT_MOST, .goal = 128};
    int64_t events = bench_size(bench, 2000000, 200000);
    struct samples sizes = {.count = 0};
    struct daemon_side daemon;

    seed_make(bench);
    bench_copy(bench, "seed.db", "memory.db");
    daemon_start(&daemon, bench, "memory.db", NULL);
    for (int64_t done = 0; done < events; done += BULK_PART) {
        load_once(&spec, &daemon, NULL);
        samples_add(&sizes, (double)daemon_memory(&daemon, "VmRSS") * 1.024e-3);
    }
    samples_add(&figure.rounds, (double)daemon_memory(&daemon, "VmHWM") * 1.024e-3);
    figure.failed = !daemon_holds(&daemon);
    daemon_stop(&daemon);
    unlink(bench_path(bench, "memory.db"));
    snprintf(figure.work, sizeof(figure.work), "peak memory of recording %.1f million events",
             (double)events / 1e6);
    snprintf(figure.detail, sizeof(figure.detail), "resident%s",
             bench->options.quick ? " (the full mode records 2 million)" : "");
    report_add(&bench->report, &figure);
    flat_figure(bench, &sizes);
    samples_clear(&sizes);
}
