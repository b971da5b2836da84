/*
 * Memory of the daemon, and what the recorder costs its caller.
 */
#include <historyd/historyd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "pair.h"
#include "seed.h"

enum { SPARE_DESCRIPTORS = 64, BULK_PART = 100000 };

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

static double connection_bytes(const struct daemon_side *daemon, unsigned count, int64_t idle_kib)
{
    int *fds = bench_alloc(count * sizeof(*fds));
    double bytes;

    for (unsigned i = 0; i < count; i++) {
        fds[i] = daemon_connect(daemon);
        say_ping(fds[i]);
    }
    bytes = (double)(daemon_memory(daemon, "VmRSS") - idle_kib) * 1024 / count;
    for (unsigned i = 0; i < count; i++)
        close(fds[i]);
    free(fds);
    return bytes;
}

void row_idle(struct bench *bench)
{
    struct figure idle = {.row = "idle", .unit = "MiB", .kind = GOAL_AT_MOST, .goal = 6};
    struct figure each = {.row = "idle", .unit = "KiB", .kind = GOAL_AT_MOST, .goal = 1.5};
    unsigned count = connections_possible(bench);
    struct samples private = {.count = 0};

    seed_make(bench);
    bench_copy(bench, "seed.db", "idle.db");
    bench_say("idle: memory at rest, and with %u idle connections", count);
    for (int round = 0; round < bench->options.rounds; round++) {
        struct daemon_side daemon;
        int64_t kib;

        daemon_start(&daemon, bench, "idle.db", NULL);
        /* The last descriptor of daemon_start() is closed by now, or counts for next to nothing. */
        close(daemon_connect(&daemon));
        kib = daemon_memory(&daemon, "VmRSS");
        samples_add(&idle.rounds, (double)kib / 1024);
        samples_add(&private, (double)daemon_memory(&daemon, "RssAnon") / 1024);
        samples_add(&each.rounds, connection_bytes(&daemon, count, kib) / 1024);
        daemon_stop(&daemon);
    }
    unlink(bench_path(bench, "idle.db"));
    snprintf(idle.work, sizeof(idle.work), "memory of the idle daemon");
    snprintf(idle.detail, sizeof(idle.detail), "resident, of which %.1f MiB are its own",
             samples_median(&private));
    report_add(&bench->report, &idle);
    snprintf(each.work, sizeof(each.work), "memory of each idle connection");
    snprintf(each.detail, sizeof(each.detail), "growth with %u connections%s", count,
             count < bench->options.connections ? " (descriptors are limited)" : "");
    report_add(&bench->report, &each);
    samples_clear(&private);
}

void row_memory(struct bench *bench)
{
    struct load_spec spec = {
        .clients = 16, .events = 100, .in_flight = 4, .calls = BULK_PART / 100};
    struct figure figure = {.row = "memory", .unit = "MiB", .kind = GOAL_AT_MOST, .goal = 128};
    int64_t events = bench_size(bench, 2000000, 200000);
    double half = 0, end = 0;
    struct daemon_side daemon;

    seed_make(bench);
    bench_copy(bench, "seed.db", "memory.db");
    daemon_start(&daemon, bench, "memory.db", NULL);
    bench_say("memory: recording %lld events", (long long)events);
    for (int64_t done = 0; done < events; done += BULK_PART) {
        load_once(&spec, &daemon, NULL);
        end = (double)daemon_memory(&daemon, "VmRSS") / 1024;
        if (done + BULK_PART <= events / 2)
            half = end;
    }
    samples_add(&figure.rounds, (double)daemon_memory(&daemon, "VmHWM") / 1024);
    figure.failed = !daemon_holds(&daemon);
    daemon_stop(&daemon);
    unlink(bench_path(bench, "memory.db"));
    snprintf(figure.work, sizeof(figure.work), "peak memory of recording %.1f million events",
             (double)events / 1e6);
    snprintf(figure.detail, sizeof(figure.detail), "resident: %.1f MiB half-way, %.1f at the end%s",
             half, end, bench->options.quick ? " (the full mode records 2 million)" : "");
    report_add(&bench->report, &figure);
}

struct recording {
    struct samples longest; /* us */
    struct samples drained; /* events/s until all were acknowledged */
};

/* Microseconds an event costs its caller. */
static double recorder_round(struct daemon_side *daemon, int64_t events,
                             struct recording *recording)
{
    struct hd_recorder_options options = {.socket_path = daemon->socket,
                                          .run_id = daemon->shape->runs[0],
                                          .last_seq = daemon->next_seq[0] - 1,
                                          .buffer_bytes = 256 << 20};
    struct hd_recorder *recorder = NULL;
    double start, added, longest = 0;

    if (hd_recorder_open(&options, &recorder) < 0)
        bench_die("the recorder does not open");
    start = bench_now();
    for (int64_t i = 0; i < events; i++) {
        struct hd_new_event event = shape_record(daemon->shape, 0, i, 0);
        double before = bench_now(), took;

        if (hd_recorder_add(recorder, &event, NULL) != 0)
            bench_die("the recorder refused an event: %s", hd_recorder_add_error());
        took = bench_now() - before;
        if (took > longest)
            longest = took;
    }
    added = bench_now() - start;
    if (hd_recorder_close(recorder, 60000, NULL) != 0)
        bench_die("the recorder could not send all");
    samples_add(&recording->longest, longest * 1e6);
    samples_add(&recording->drained, (double)events / (bench_now() - start));
    daemon->next_seq[0] += events;
    daemon->appended += events;
    return added * 1e6 / (double)events;
}

void row_recorder(struct bench *bench)
{
    struct figure figure = {.row = "recorder", .unit = "us", .kind = GOAL_AT_MOST, .goal = 2};
    int64_t events = bench_size(bench, 50000, 20000);
    struct recording recording = {{.count = 0}, {.count = 0}};
    struct daemon_side *daemon = &pair_open(bench)->daemon;

    bench_say("recorder: what an event costs its caller");
    for (int round = 0; round < bench->options.rounds; round++) {
        samples_add(&figure.rounds, recorder_round(daemon, events, &recording));
        if (!daemon_holds(daemon))
            figure.failed = true;
    }
    snprintf(figure.work, sizeof(figure.work), "hd_recorder_add(), mean cost to its caller");
    snprintf(figure.detail, sizeof(figure.detail),
             "longest %.0f us while the daemon records on the same cores; %.0f events/s stored",
             samples_median(&recording.longest), samples_median(&recording.drained));
    report_add(&bench->report, &figure);
    samples_clear(&recording.longest);
    samples_clear(&recording.drained);
}
