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

/* One arrival rate, and how long a slice of each side takes. The daemon's are the longer ones where
 * few arrive in a second: its p99 needs them, the raw p50 does not. */
struct pace {
    double rate;
    double seconds;
    double raw_seconds;
};

struct latencies {
    struct samples raw;   /* p50 of each round, ms */
    struct samples p50;   /* the daemon's */
    struct samples all;   /* of all rounds */
    struct samples ratio; /* p50 / raw */
    struct samples p99;
    bool failed;
};

static void open_round(struct pair *pair, const struct load_spec *spec, const struct pace *pace,
                       struct latencies *latencies)
{
    size_t raw_calls = (size_t)(pace->rate * pace->raw_seconds);
    struct samples raw = {.count = 0};
    struct load load;
    double p50;

    load_prepare(&load, spec, &pair->daemon);
    raw_slice(&pair->raw, load.arrivals, raw_calls < spec->calls ? raw_calls : spec->calls, &raw);
    load_run(&load);
    p50 = samples_quantile(&load.result.latency, 0.5);
    samples_add(&latencies->ratio, p50 / samples_quantile(&raw, 0.5));
    samples_add(&latencies->p99, samples_quantile(&load.result.latency, 0.99));
    samples_add(&latencies->p50, p50);
    samples_add(&latencies->raw, samples_quantile(&raw, 0.5));
    samples_join(&latencies->all, &load.result.latency);
    load_clear(&load);
    samples_clear(&raw);
    if (!pair_holds(pair))
        latencies->failed = true;
}

static void open_rate(struct bench *bench, const struct pace *pace)
{
    struct load_spec spec = {.clients = 16, .events = 1, .in_flight = 1, .rate = pace->rate};
    struct figure ratio = {.row = "open", .unit = "x", .kind = GOAL_AT_MOST, .goal = 2.0};
    struct figure tail = {.row = "open", .unit = "ms", .kind = GOAL_AT_MOST, .goal = 10.0};
    struct latencies latencies = {.failed = false};
    struct pair *pair = pair_open(bench);

    spec.calls = (size_t)(pace->rate * pace->seconds);
    for (int round = 0; round < bench->options.rounds; round++) {
        spec.draw = (unsigned)round;
        open_round(pair, &spec, pace, &latencies);
    }
    ratio.failed = tail.failed = latencies.failed;
    ratio.rounds = latencies.ratio;
    tail.rounds = latencies.p99;
    snprintf(ratio.work, sizeof(ratio.work), "%.0f events/s, birth to ack p50 / raw commit p50",
             pace->rate);
    snprintf(ratio.detail, sizeof(ratio.detail), "historyd p50 %.3f ms, raw commit p50 %.3f ms",
             samples_median(&latencies.p50), samples_median(&latencies.raw));
    snprintf(tail.work, sizeof(tail.work), "%.0f events/s, birth to ack p99", pace->rate);
    snprintf(tail.detail, sizeof(tail.detail),
             "%zu events a round; of all %zu: p99 %.2f ms, longest %.2f ms", spec.calls,
             latencies.all.count, samples_quantile(&latencies.all, 0.99),
             samples_quantile(&latencies.all, 1));
    report_add(&bench->report, &ratio);
    report_add(&bench->report, &tail);
    samples_clear(&latencies.raw);
    samples_clear(&latencies.p50);
    samples_clear(&latencies.all);
}

void row_open(struct bench *bench)
{
    const struct pace full[] = {{20, 8, 2.5}, {200, 2.5, 1.5}, {1000, 2.5, 1}};
    const struct pace quick[] = {{20, 1.5, 0.5}, {200, 0.7, 0.3}, {1000, 0.7, 0.3}};

    for (size_t i = 0; i < sizeof(full) / sizeof(full[0]); i++) {
        struct pace pace = bench->options.quick ? quick[i] : full[i];

        if (bench->options.seconds > 0)
            pace.seconds = pace.raw_seconds = bench->options.seconds;
        open_rate(bench, &pace);
    }
}
