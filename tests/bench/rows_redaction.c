/*
 * What it costs to take secrets out: two daemons in turn, one that does and one that does not.
 */
#include <stdio.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"

struct redacting {
    struct samples ratios;
    struct samples work; /* seconds of a processor, against those without */
    struct samples with;
    struct samples without;
};

static double redaction_side(struct daemon_side *side, const struct load_spec *spec, double *cpu)
{
    double before = daemon_cpu(side);
    double rate = load_once(spec, side, NULL);

    *cpu = daemon_cpu(side) - before;
    return rate;
}

static void redaction_round(struct daemon_side sides[2], const struct load_spec *spec, bool turned,
                            struct redacting *redacting)
{
    double rates[2], cpu[2];

    for (int turn = 0; turn < 2; turn++) {
        int side = turned ? 1 - turn : turn;

        rates[side] = redaction_side(&sides[side], spec, &cpu[side]);
    }
    samples_add(&redacting->with, rates[0]);
    samples_add(&redacting->without, rates[1]);
    samples_add(&redacting->ratios, rates[0] / rates[1]);
    samples_add(&redacting->work, cpu[0] / cpu[1]);
}

void row_redaction(struct bench *bench)
{
    struct load_spec spec = {.clients = 16, .events = 100, .in_flight = 1};
    struct figure speed = {.row = "redaction", .unit = "x", .kind = GOAL_AT_LEAST, .goal = 0.9};
    struct figure work = {.row = "redaction", .unit = "x", .kind = GOAL_AT_MOST, .goal = 1.1};
    struct redacting redacting = {.ratios = {.count = 0}};
    struct daemon_side sides[2];

    bench_say("redaction: bulk with mode secrets and with mode off");
    seed_make(bench);
    bench_copy(bench, "seed.db", "secrets.db");
    bench_copy(bench, "seed.db", "off.db");
    daemon_start_with(&sides[0], bench, "secrets.db", NULL, "");
    daemon_start_with(&sides[1], bench, "off.db", NULL, "[redaction]\nmode = off\n");
    spec.calls = 320;
    for (int side = 0; side < 2; side++)
        load_once(&spec, &sides[side], NULL);
    spec.calls = (size_t)bench_size(bench, 800, 160);
    for (int round = 0; round < bench->options.rounds; round++)
        redaction_round(sides, &spec, round % 2, &redacting);
    speed.failed = !daemon_holds(&sides[0]) || !daemon_holds(&sides[1]);
    daemon_stop(&sides[0]);
    daemon_stop(&sides[1]);
    snprintf(speed.work, sizeof(speed.work), "bulk, mode secrets against mode off");
    snprintf(speed.detail, sizeof(speed.detail), "secrets %.0f/s, off %.0f/s",
             samples_median(&redacting.with), samples_median(&redacting.without));
    speed.rounds = redacting.ratios;
    report_add(&bench->report, &speed);
    snprintf(work.work, sizeof(work.work), "the daemon's processor time for it");
    work.rounds = redacting.work;
    report_add(&bench->report, &work);
    samples_clear(&redacting.with);
    samples_clear(&redacting.without);
}
