/*
 * What an event costs the caller of the client library's recorder: many at once, and single ones
 * that find the recorder's thread asleep.
 */
#include <historyd/historyd.h>
#include <stdio.h>

#include "bench.h"
#include "pair.h"

enum { PACED_EVENTS = 400, PACED_MICROSECONDS = 1000, BUFFER_BYTES = 256 << 20 };

struct recording {
    struct samples means;   /* of each round, us */
    struct samples costs;   /* of each event, us; the clock's readings included */
    struct samples paced;   /* the same, of single events: p50 of each round */
    struct samples drained; /* events/s until all were acknowledged */
    bool failed;
};

static struct hd_recorder *recorder_start(const struct daemon_side *daemon)
{
    struct hd_recorder_options options = {.socket_path = daemon->socket,
                                          .run_id = daemon->shape->runs[0],
                                          .last_seq = daemon->next_seq[0] - 1,
                                          .buffer_bytes = BUFFER_BYTES};
    struct hd_recorder *recorder = NULL;

    if (hd_recorder_open(&options, &recorder) < 0)
        bench_die("the recorder does not open");
    return recorder;
}

static void recorder_end(struct daemon_side *daemon, struct hd_recorder *recorder, int64_t events)
{
    if (hd_recorder_close(recorder, 60000, NULL) != 0)
        bench_die("the recorder could not send all");
    daemon->next_seq[0] += events;
    daemon->appended += events;
}

/* Microseconds. */
static double add_one(const struct daemon_side *daemon, struct hd_recorder *recorder, int64_t i)
{
    struct hd_new_event event = shape_record(daemon->shape, 0, i, 0);
    double before = bench_now();

    event.time = NULL; /* it happens now */
    if (hd_recorder_add(recorder, &event, NULL) != 0)
        bench_die("the recorder refused an event: %s", hd_recorder_add_error());
    return (bench_now() - before) * 1e6;
}

static void burst_round(struct daemon_side *daemon, int64_t events, struct recording *recording)
{
    struct hd_recorder *recorder = recorder_start(daemon);
    double start = bench_now();

    for (int64_t i = 0; i < events; i++)
        samples_add(&recording->costs, add_one(daemon, recorder, i));
    samples_add(&recording->means, (bench_now() - start) * 1e6 / (double)events);
    recorder_end(daemon, recorder, events);
    samples_add(&recording->drained, (double)events / (bench_now() - start));
}

static void paced_round(struct daemon_side *daemon, struct recording *recording)
{
    struct hd_recorder *recorder = recorder_start(daemon);
    struct samples costs = {.count = 0};
    double start = bench_now();

    for (int i = 0; i < PACED_EVENTS; i++) {
        bench_sleep_until(start + i * PACED_MICROSECONDS * 1e-6);
        samples_add(&costs, add_one(daemon, recorder, i));
    }
    recorder_end(daemon, recorder, PACED_EVENTS);
    samples_add(&recording->paced, samples_median(&costs));
    samples_clear(&costs);
}

void row_recorder(struct bench *bench)
{
    struct figure burst = {.row = "recorder", .unit = "us", .kind = GOAL_AT_MOST, .goal = 2};
    struct figure paced = {.row = "recorder", .unit = "us"};
    int64_t events = bench_size(bench, 50000, 20000);
    struct recording recording = {.failed = false};
    struct daemon_side *daemon = &pair_open(bench)->daemon;

    for (int round = 0; round < bench->options.rounds; round++) {
        burst_round(daemon, events, &recording);
        paced_round(daemon, &recording);
        if (!daemon_holds(daemon))
            recording.failed = true;
    }
    burst.failed = paced.failed = recording.failed;
    burst.rounds = recording.means;
    paced.rounds = recording.paced;
    snprintf(burst.work, sizeof(burst.work), "hd_recorder_add(), mean cost to its caller");
    snprintf(burst.detail, sizeof(burst.detail),
             "p50 %.2f, p99 %.2f, longest %.0f us, the daemon on the same cores; %.0f/s stored",
             samples_median(&recording.costs), samples_quantile(&recording.costs, 0.99),
             samples_quantile(&recording.costs, 1), samples_median(&recording.drained));
    report_add(&bench->report, &burst);
    snprintf(paced.work, sizeof(paced.work), "hd_recorder_add(), one a millisecond, p50");
    snprintf(paced.detail, sizeof(paced.detail), "most of them wake the recorder's thread");
    report_add(&bench->report, &paced);
    samples_clear(&recording.costs);
    samples_clear(&recording.drained);
}
