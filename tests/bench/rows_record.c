/*
 * Recording: events a second against raw SQLite, whose transactions are as large as the daemon's
 * can be with so many calls under way.
 */
#include <stdio.h>

#include "bench.h"
#include "pair.h"

struct contest {
    const char *row;
    const char *work;
    struct load_spec spec; /* `calls` is filled in */
    int64_t events;        /* a round */
    int64_t raw_events;
    int64_t transaction; /* raw: events in each */
    enum goal_kind kind;
    double goal;
};

struct standing {
    struct samples ratios;
    struct samples raw;
    struct samples rates;
    struct samples latencies; /* of all rounds */
    struct samples tails;     /* p99 / p50 of each round */
    bool failed;
};

static void contest_round(struct pair *pair, const struct contest *contest,
                          struct standing *standing)
{
    struct load_spec spec = contest->spec;
    struct samples latency = {.count = 0};
    double raw, rate;

    spec.calls = (size_t)contest->events / spec.events;
    raw = (double)contest->raw_events /
          sqlite_side_record(&pair->raw, contest->raw_events, contest->transaction, NULL);
    rate = load_once(&spec, &pair->daemon, &latency);
    samples_add(&standing->raw, raw);
    samples_add(&standing->rates, rate);
    samples_add(&standing->ratios, rate / raw);
    samples_add(&standing->tails,
                samples_quantile(&latency, 0.99) / samples_quantile(&latency, 0.5));
    samples_join(&standing->latencies, &latency);
    samples_clear(&latency);
    if (!pair_holds(pair))
        standing->failed = true;
}

static void contest_run(struct bench *bench, const struct contest *contest,
                        struct standing *ret_standing)
{
    struct pair *pair = pair_open(bench);
    struct standing standing = {.failed = false};
    struct figure figure = {
        .row = contest->row, .unit = "x", .kind = contest->kind, .goal = contest->goal};

    bench_say("%s: %s", contest->row, contest->work);
    for (int round = 0; round < bench->options.rounds; round++)
        contest_round(pair, contest, &standing);
    figure.rounds = standing.ratios;
    figure.failed = standing.failed;
    snprintf(figure.work, sizeof(figure.work), "%s", contest->work);
    snprintf(figure.detail, sizeof(figure.detail),
             "historyd %.0f/s, raw %.0f/s at %lld a transaction; ack p50 %.2f p99 %.2f ms",
             samples_median(&standing.rates), samples_median(&standing.raw),
             (long long)contest->transaction, samples_quantile(&standing.latencies, 0.5),
             samples_quantile(&standing.latencies, 0.99));
    report_add(&bench->report, &figure);
    *ret_standing = standing;
}

static void standing_clear(struct standing *standing)
{
    samples_clear(&standing->raw);
    samples_clear(&standing->rates);
    samples_clear(&standing->latencies);
    samples_clear(&standing->tails);
}

static void contest_run_alone(struct bench *bench, const struct contest *contest)
{
    struct standing standing;

    contest_run(bench, contest, &standing);
    standing_clear(&standing);
}

void row_bulk(struct bench *bench)
{
    struct contest contest = {
        .row = "bulk",
        .work = "16 clients x 100 events a call",
        .spec = {.clients = 16, .events = 100, .in_flight = 1},
        .events = bench_size(bench, 80000, 16000),
        .transaction = 1000,
        .kind = GOAL_AT_LEAST,
        .goal = 0.95,
    };
    struct figure tail = {.row = "tail", .unit = "x", .kind = GOAL_AT_MOST, .goal = 2.0};
    struct standing standing;

    contest.raw_events = contest.events;
    contest_run(bench, &contest, &standing);
    snprintf(tail.work, sizeof(tail.work), "p99 / p50 of the acknowledgement under that load");
    snprintf(tail.detail, sizeof(tail.detail), "p50 %.2f, p99 %.2f, longest %.2f ms",
             samples_quantile(&standing.latencies, 0.5),
             samples_quantile(&standing.latencies, 0.99), samples_quantile(&standing.latencies, 1));
    samples_join(&tail.rounds, &standing.tails);
    report_add(&bench->report, &tail);
    standing_clear(&standing);

    contest.work = "16 clients x 100 events a call, 4 calls in flight each";
    contest.spec.in_flight = 4;
    contest.kind = GOAL_NONE;
    contest_run_alone(bench, &contest);
    contest.work = "16 clients x 100 events a call, through the library";
    contest.spec.in_flight = 1;
    contest.spec.by_library = true;
    contest_run_alone(bench, &contest);
}

void row_pipelined(struct bench *bench)
{
    struct contest contest = {
        .row = "pipelined",
        .work = "16 clients x 64 single events in flight",
        .spec = {.clients = 16, .events = 1, .in_flight = 64},
        .events = bench_size(bench, 48000, 8000),
        .transaction = 1000,
        .kind = GOAL_AT_LEAST,
        .goal = 0.85,
    };

    contest.raw_events = contest.events;
    contest_run_alone(bench, &contest);
    contest.work = "16 clients x 64 single events, through the library";
    contest.spec.by_library = true;
    contest.kind = GOAL_NONE;
    contest_run_alone(bench, &contest);
}

void row_parallel(struct bench *bench)
{
    struct contest contest = {
        .row = "parallel",
        .work = "16 clients, one event each in flight",
        .spec = {.clients = 16, .events = 1, .in_flight = 1},
        .events = bench_size(bench, 8000, 1600),
        .raw_events = bench_size(bench, 2000, 400),
        .transaction = 1,
        .kind = GOAL_AT_LEAST,
        .goal = 4.0,
    };

    contest_run_alone(bench, &contest);
    contest.work = "16 clients, one event each, through the library";
    contest.spec.by_library = true;
    contest.kind = GOAL_NONE;
    contest_run_alone(bench, &contest);
}

void row_single(struct bench *bench)
{
    struct contest contest = {
        .row = "single",
        .work = "1 client, one event in flight",
        .spec = {.clients = 1, .events = 1, .in_flight = 1},
        .events = bench_size(bench, 2000, 300),
        .transaction = 1,
        .kind = GOAL_AT_LEAST,
        .goal = 0.85,
    };

    contest.raw_events = contest.events;
    contest_run_alone(bench, &contest);
    contest.work = "1 client, one event in flight, through the library";
    contest.spec.by_library = true;
    contest.kind = GOAL_NONE;
    contest_run_alone(bench, &contest);
}
