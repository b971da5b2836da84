/*
 * Growth: recording into 10 million events against recording into the seed, two daemons in turn,
 * and how soon a daemon answers for 10 million.
 */
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"

enum { FULL_EVENTS = 10000000 };

static void growth_start(struct bench *bench, int64_t events)
{
    struct figure figure = {.row = "growth", .unit = "ms", .kind = GOAL_AT_MOST, .goal = 100};
    struct load_spec one = {.clients = 1, .events = 1, .in_flight = 1, .calls = 1};

    for (int round = 0; round < bench->options.rounds; round++) {
        struct daemon_side daemon;

        daemon_start(&daemon, bench, "grown.db", NULL);
        /* Numbers left by the daemon before it. */
        one.unnumbered = true;
        load_once(&one, &daemon, NULL);
        samples_add(&figure.rounds, (bench_now() - daemon.started) * 1e3);
        if (!daemon_holds(&daemon))
            figure.failed = true;
        daemon_stop(&daemon);
    }
    snprintf(figure.work, sizeof(figure.work), "start to first acknowledgement, %.0f M events",
             (double)events / 1e6);
    snprintf(figure.detail, sizeof(figure.detail), "from fork(); the pages are cached");
    report_add(&bench->report, &figure);
}

void row_growth(struct bench *bench)
{
    struct load_spec spec = {.clients = 16, .events = 100, .in_flight = 1};
    struct figure figure = {.row = "growth", .unit = "x", .kind = GOAL_AT_LEAST, .goal = 0.95};
    struct samples smalls = {.count = 0}, larges = {.count = 0};
    struct daemon_side small, large;

    if (bench->options.quick) {
        report_skip(&bench->report, "growth", "recording at 10 M events / at 1 M, and start-up",
                    "10 million events take minutes to make; leave out --quick");
        return;
    }
    seed_grow(bench, FULL_EVENTS);
    bench_copy(bench, "seed.db", "small.db");
    daemon_start(&small, bench, "small.db", NULL);
    daemon_start(&large, bench, "grown.db", NULL);
    bench_say("growth: recording into %d events", FULL_EVENTS);
    spec.calls = 1000;
    for (int round = 0; round < bench->options.rounds; round++) {
        double a = load_once(&spec, &small, NULL);
        double b = load_once(&spec, &large, NULL);

        samples_add(&smalls, a);
        samples_add(&larges, b);
        samples_add(&figure.rounds, b / a);
        if (!daemon_holds(&small) || !daemon_holds(&large))
            figure.failed = true;
    }
    daemon_stop(&small);
    daemon_stop(&large);
    unlink(bench_path(bench, "small.db"));
    snprintf(figure.work, sizeof(figure.work), "recording at 10 M events / at %.0f M",
             (double)bench->seeded_events / 1e6);
    snprintf(figure.detail, sizeof(figure.detail), "%.0f/s at 10 M, %.0f/s before",
             samples_median(&larges), samples_median(&smalls));
    report_add(&bench->report, &figure);
    growth_start(bench, FULL_EVENTS);
    samples_clear(&smalls);
    samples_clear(&larges);
}
