/*
 * A load of one's own, from the command line.
 */
#include <stdio.h>

#include "bench.h"
#include "generator_peers.h"
#include "pair.h"

struct custom {
    struct samples rates;
    struct samples p50;
    struct samples p99;
    struct samples delays;
    struct samples pages;
    bool failed;
};

static void custom_round(struct bench *bench, const struct load_spec *spec, struct custom *custom)
{
    struct peers *readers = NULL, *watchers = NULL;
    struct pair *pair = bench->pair;
    struct load load;

    load_prepare(&load, spec, &pair->daemon);
    if (bench->options.readers > 0)
        readers = readers_start(&pair->daemon, bench->options.readers, bench->seeded_events);
    if (bench->options.watchers > 0)
        watchers = watchers_start(&pair->daemon, bench->options.watchers, 0, spec->events,
                                  load.arrivals, &load.start);
    load_run(&load);
    if (watchers && !watchers_wait(watchers, spec->calls))
        custom->failed = true;
    if (watchers)
        peers_stop(watchers, &custom->delays);
    if (readers)
        samples_add(&custom->pages, (double)peers_stop(readers, NULL) / load.result.seconds);
    samples_add(&custom->rates, (double)load.result.events / load.result.seconds);
    samples_add(&custom->p50, samples_quantile(&load.result.latency, 0.5));
    samples_add(&custom->p99, samples_quantile(&load.result.latency, 0.99));
    load_clear(&load);
    if (!pair_holds(pair))
        custom->failed = true;
}

static void custom_figure(struct bench *bench, const char *work, const char *unit,
                          const struct samples *rounds, bool failed)
{
    struct figure figure = {.row = "custom", .unit = unit, .failed = failed};
    const struct load_spec *spec = &bench->options.custom;

    samples_join(&figure.rounds, rounds);
    snprintf(figure.work, sizeof(figure.work), "%s", work);
    snprintf(figure.detail, sizeof(figure.detail),
             "%u clients, %u events a call, %u in flight%s, %u readers, %u watchers", spec->clients,
             spec->events, spec->in_flight, spec->by_library ? ", library" : "",
             bench->options.readers, bench->options.watchers);
    report_add(&bench->report, &figure);
}

void row_custom(struct bench *bench)
{
    struct load_spec spec = bench->options.custom;
    struct custom custom = {.failed = false};
    double seconds = bench->options.seconds > 0 ? bench->options.seconds : 3;

    if (bench->options.watchers > 0 && (spec.clients > 1 || spec.rate <= 0)) {
        report_skip(&bench->report, "custom", "watchers",
                    "their delay is counted from births: take --clients 1 and a --rate");
        return;
    }
    if (spec.rate > 0)
        spec.calls = (size_t)(spec.rate * seconds) + 1;
    pair_open(bench);
    for (int round = 0; round < bench->options.rounds; round++)
        custom_round(bench, &spec, &custom);
    custom_figure(bench, "events acknowledged a second", "/s", &custom.rates, custom.failed);
    custom_figure(bench, "acknowledgement p50", "ms", &custom.p50, custom.failed);
    custom_figure(bench, "acknowledgement p99", "ms", &custom.p99, custom.failed);
    if (custom.delays.count > 0)
        custom_figure(bench, "birth to watcher, all of them", "ms", &custom.delays, custom.failed);
    if (custom.pages.count > 0)
        custom_figure(bench, "pages of 1,000 events a second", "/s", &custom.pages, custom.failed);
    samples_clear(&custom.rates);
    samples_clear(&custom.p50);
    samples_clear(&custom.p99);
    samples_clear(&custom.delays);
    samples_clear(&custom.pages);
}
