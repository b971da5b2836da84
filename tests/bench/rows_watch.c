/*
 * Recording while others look on.
 */
#include <stdio.h>

#include "bench.h"
#include "generator_peers.h"
#include "pair.h"

enum { WATCHERS = 100, WATCH_RATE = 10000, WATCH_CALL = 100, READERS = 8, WAL_MOST_MIB = 64 };

struct watching {
    struct samples slower; /* per cent */
    struct samples delays; /* p99 of each round, ms */
    struct samples alone;  /* p50 of the acknowledgement, ms */
    struct samples watched;
    struct samples ratio;      /* of the two */
    struct samples daemon_cpu; /* per cent of a core */
    struct samples peers_cpu;  /* what the watchers' end took of another */
    bool failed;
};

/* The same arrivals with and without watchers. What slows recording shows in how long it takes to
 * acknowledge all of them. */
static void watch_round(struct pair *pair, const struct load_spec *spec, struct watching *watching)
{
    struct samples delays = {.count = 0};
    struct load alone, watched;
    struct peers *peers;

    double cpu;

    load_prepare(&alone, spec, &pair->daemon);
    load_run(&alone);
    load_prepare(&watched, spec, &pair->daemon);
    peers =
        watchers_start(&pair->daemon, WATCHERS, 0, spec->events, watched.arrivals, &watched.start);
    cpu = daemon_cpu(&pair->daemon);
    load_run(&watched);
    if (!watchers_wait(peers, spec->calls))
        watching->failed = true;
    samples_add(&watching->daemon_cpu,
                (daemon_cpu(&pair->daemon) - cpu) / (bench_now() - watched.start) * 100);
    samples_add(&watching->peers_cpu, peers_cpu(peers) / (bench_now() - watched.start) * 100);
    peers_stop(peers, &delays);
    samples_add(&watching->slower, (1 - (double)watched.result.events / watched.result.seconds /
                                            ((double)alone.result.events / alone.result.seconds)) *
                                       100);
    samples_add(&watching->delays, samples_quantile(&delays, 0.99));
    samples_add(&watching->alone, samples_quantile(&alone.result.latency, 0.5));
    samples_add(&watching->watched, samples_quantile(&watched.result.latency, 0.5));
    samples_add(&watching->ratio, samples_quantile(&watched.result.latency, 0.5) /
                                      samples_quantile(&alone.result.latency, 0.5));
    samples_clear(&delays);
    load_clear(&alone);
    load_clear(&watched);
    if (!pair_holds(pair))
        watching->failed = true;
}

void row_watchers(struct bench *bench)
{
    double seconds = bench->options.seconds > 0 ? bench->options.seconds
                     : bench->options.quick     ? 0.6
                                                : 2.5;
    struct load_spec spec = {.clients = 1,
                             .events = WATCH_CALL,
                             .in_flight = 1,
                             .rate = (double)WATCH_RATE / WATCH_CALL};
    struct figure slower = {.row = "watchers", .unit = "%", .kind = GOAL_AT_MOST, .goal = 15};
    struct figure delay = {.row = "watchers", .unit = "ms", .kind = GOAL_AT_MOST, .goal = 50};
    struct figure acks = {.row = "watchers", .unit = "x"};
    struct watching watching = {.failed = false};
    struct pair *pair = pair_open(bench);

    bench_say("watchers: %d watchers of one run at %d events/s", WATCHERS, WATCH_RATE);
    spec.calls = (size_t)(spec.rate * seconds);
    for (int round = 0; round < bench->options.rounds; round++) {
        spec.draw = (unsigned)round;
        watch_round(pair, &spec, &watching);
    }
    slower.failed = delay.failed = watching.failed;
    slower.rounds = watching.slower;
    delay.rounds = watching.delays;
    snprintf(slower.work, sizeof(slower.work), "%d watchers, 10,000 events/s: recording slows by",
             WATCHERS);
    snprintf(slower.detail, sizeof(slower.detail),
             "the same arrivals; cores busy: daemon %.0f %%, the watchers' end %.0f %%",
             samples_median(&watching.daemon_cpu), samples_median(&watching.peers_cpu));
    report_add(&bench->report, &slower);
    snprintf(delay.work, sizeof(delay.work), "%d watchers, 10,000 events/s: birth to watcher p99",
             WATCHERS);
    snprintf(delay.detail, sizeof(delay.detail),
             "calls of %d events, every watcher had all of them", WATCH_CALL);
    report_add(&bench->report, &delay);
    acks.rounds = watching.ratio;
    acks.failed = watching.failed;
    snprintf(acks.work, sizeof(acks.work), "%d watchers: ack p50 / without watchers", WATCHERS);
    snprintf(acks.detail, sizeof(acks.detail), "%.2f ms, %.2f ms without",
             samples_median(&watching.watched), samples_median(&watching.alone));
    report_add(&bench->report, &acks);
    samples_clear(&watching.daemon_cpu);
    samples_clear(&watching.peers_cpu);
    samples_clear(&watching.alone);
    samples_clear(&watching.watched);
}

void row_readers(struct bench *bench)
{
    struct load_spec spec = {.clients = 16, .events = 100, .in_flight = 1};
    struct figure slower = {.row = "readers", .unit = "%", .kind = GOAL_AT_MOST, .goal = 25};
    struct figure log = {.row = "readers", .unit = "MiB", .kind = GOAL_AT_MOST};
    struct samples alone = {.count = 0}, beside = {.count = 0}, pages = {.count = 0};
    struct pair *pair = pair_open(bench);

    log.goal = WAL_MOST_MIB;
    spec.calls = (size_t)bench_size(bench, 800, 200);
    bench_say("readers: %d readers page while 16 clients record", READERS);
    for (int round = 0; round < bench->options.rounds; round++) {
        double before = load_once(&spec, &pair->daemon, NULL);
        double during, start;
        struct peers *peers;

        pair->daemon.wal_most = 0;
        peers = readers_start(&pair->daemon, READERS, bench->seeded_events);
        start = bench_now();
        during = load_once(&spec, &pair->daemon, NULL);
        samples_add(&pages, (double)peers_stop(peers, NULL) / (bench_now() - start));
        samples_add(&alone, before);
        samples_add(&beside, during);
        samples_add(&slower.rounds, (1 - during / before) * 100);
        samples_add(&log.rounds, (double)pair->daemon.wal_most / (1 << 20));
        if (!pair_holds(pair))
            slower.failed = true;
    }
    snprintf(slower.work, sizeof(slower.work), "%d readers paging: recording slows by", READERS);
    snprintf(slower.detail, sizeof(slower.detail),
             "%.0f/s, %.0f/s alone; %.0f pages of 1,000 events a second", samples_median(&beside),
             samples_median(&alone), samples_median(&pages));
    report_add(&bench->report, &slower);
    snprintf(log.work, sizeof(log.work), "%d readers paging: the write-ahead log", READERS);
    snprintf(log.detail, sizeof(log.detail), "largest size of the file");
    report_add(&bench->report, &log);
    samples_clear(&alone);
    samples_clear(&beside);
    samples_clear(&pages);
}
