/*
 * Latency at a given arrival rate: both sides get events at the same moments, so that a cold
 * processor and an idle disk count for both. Raw SQLite commits each by itself.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "pair.h"

/* The raw side of one slice: a commit at each of the generator's moments, or as soon as the one
 * before is done; what counts is the commit, not how long it waited for its turn. */
static void raw_slice(struct sqlite_side *raw, const double *arrivals, size_t count,
                      struct samples *latency)
{
    double start = bench_now();

    for (size_t i = 0; i < count; i++) {
        bench_sleep_until(start + arrivals[i]);
        sqlite_side_record(raw, 1, 1, latency);
    }
}

static void open_rate(struct bench *bench, double rate, double seconds)
{
    struct load_spec spec = {.clients = 16,
                             .events = 1,
                             .in_flight = 1,
                             .rate = rate,
                             .calls = (size_t)(rate * seconds)};
    struct figure ratio = {.row = "open", .unit = "x", .kind = GOAL_AT_MOST, .goal = 2.0};
    struct figure tail = {.row = "open", .unit = "ms", .kind = GOAL_AT_MOST, .goal = 10.0};
    struct samples raws = {.count = 0}, medians = {.count = 0};
    struct pair *pair = pair_open(bench);

    bench_say("open: %.0f events/s", rate);
    for (int round = 0; round < bench->options.rounds; round++) {
        struct samples raw = {.count = 0};
        struct load load;
        double p50;

        load_prepare(&load, &spec, &pair->daemon);
        raw_slice(&pair->raw, load.arrivals, spec.calls, &raw);
        load_run(&load);
        p50 = samples_quantile(&load.result.latency, 0.5);
        samples_add(&ratio.rounds, p50 / samples_quantile(&raw, 0.5));
        samples_add(&tail.rounds, samples_quantile(&load.result.latency, 0.99));
        samples_add(&medians, p50);
        samples_add(&raws, samples_quantile(&raw, 0.5));
        load_clear(&load);
        samples_clear(&raw);
        if (!pair_holds(pair))
            ratio.failed = tail.failed = true;
    }
    snprintf(ratio.work, sizeof(ratio.work), "%.0f events/s, birth to ack p50 / raw commit p50",
             rate);
    snprintf(ratio.detail, sizeof(ratio.detail), "historyd p50 %.3f ms, raw commit p50 %.3f ms",
             samples_median(&medians), samples_median(&raws));
    report_add(&bench->report, &ratio);
    snprintf(tail.work, sizeof(tail.work), "%.0f events/s, birth to ack p99", rate);
    snprintf(tail.detail, sizeof(tail.detail), "%zu events a round", spec.calls);
    report_add(&bench->report, &tail);
    samples_clear(&raws);
    samples_clear(&medians);
}

void row_open(struct bench *bench)
{
    double seconds = bench->options.seconds;

    if (seconds <= 0)
        seconds = bench->options.quick ? 1 : 3;
    open_rate(bench, 20, seconds);
    open_rate(bench, 200, seconds);
    open_rate(bench, 1000, seconds);
}
