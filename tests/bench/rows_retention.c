/*
 * Retention: how long acknowledgements take while the daemon deletes a million events, and how long
 * that takes. Printed beside the same load without it; there is no goal here, for a busy disk can
 * be slower than any.
 */
#include <historyd/historyd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"

enum { EVENTS = 1000000, EVENTS_QUICK = 160000 };

struct pass {
    const char *socket;
    pthread_t thread;
    double seconds;
    int64_t runs;
    int64_t events;
    atomic_bool done;
};

static void *pass_main(void *data)
{
    struct pass *pass = data;
    const struct hd_apply_retention_params params = {.has_dry_run = false};
    const struct hd_apply_retention_result *result = NULL;
    struct hd_client *client = NULL;
    double began = bench_now();

    if (hd_client_new(pass->socket, &client) < 0)
        bench_die("out of memory");
    hd_client_set_timeout(client, 0);
    if (hd_apply_retention(client, &params, &result) != 0)
        bench_die("ApplyRetention: %s", hd_client_error(client)->message);
    pass->seconds = bench_now() - began;
    pass->runs = result->runs;
    pass->events = result->events;
    hd_result_free(result);
    hd_client_free(client);
    atomic_store(&pass->done, true);
    return NULL;
}

/* All that ended is too much; and the daemon does not begin by itself. In [retention]. */
static const char rules[] = "database_mib = 1\ninterval_s = 2678400\n";

static void figure_tell(struct bench *bench, const char *work, struct samples *latency,
                        const char *detail, bool failed)
{
    struct figure figure = {.row = "retention", .unit = "ms", .failed = failed};

    samples_add(&figure.rounds, samples_quantile(latency, 1));
    snprintf(figure.work, sizeof(figure.work), "%s", work);
    snprintf(figure.detail, sizeof(figure.detail), "of %zu, p99 %.2f ms; %s", latency->count,
             samples_quantile(latency, 0.99), detail);
    report_add(&bench->report, &figure);
    samples_clear(latency);
}

/* The load again and again until the pass is over. Returns events a second. */
static double load_beside(const struct load_spec *given, struct daemon_side *daemon,
                          struct pass *pass, struct samples *latency)
{
    struct load_spec spec = *given;
    double began = bench_now();
    int64_t before = daemon->appended;

    if (pthread_create(&pass->thread, NULL, pass_main, pass) != 0)
        bench_die("no thread");
    while (!atomic_load(&pass->done)) {
        load_once(&spec, daemon, latency);
        spec.draw++;
    }
    pthread_join(pass->thread, NULL);
    return (double)(daemon->appended - before) / (bench_now() - began);
}

static void retention_under(struct bench *bench, const struct load_spec *spec, const char *work)
{
    struct samples quiet = {.count = 0}, loaded = {.count = 0};
    struct daemon_side daemon;
    struct pass pass = {.seconds = 0};
    struct stat before, after;
    char detail[120];
    char title[96];
    double alone, beside;
    bool failed;

    bench_copy(bench, "old.db", "retention.db");
    daemon_start_with(&daemon, bench, "retention.db", NULL, rules);
    pass.socket = daemon.socket;
    stat(daemon.database, &before);
    load_once(spec, &daemon, NULL);
    alone = load_once(spec, &daemon, &quiet);
    bench_say("retention: deleting, %s", work);
    beside = load_beside(spec, &daemon, &pass, &loaded);
    failed = !daemon_holds(&daemon);
    daemon_stop(&daemon);
    stat(bench_path(bench, "retention.db"), &after);
    snprintf(title, sizeof(title), "longest ack, %s, nothing deleted", work);
    snprintf(detail, sizeof(detail), "%.0f events/s", alone);
    figure_tell(bench, title, &quiet, detail, false);
    snprintf(title, sizeof(title), "longest ack, %s, while deleting", work);
    snprintf(detail, sizeof(detail),
             "%.0f events/s; %lld events went in %.1f s, file %lld -> %lld MiB", beside,
             (long long)pass.events, pass.seconds, (long long)(before.st_size >> 20),
             (long long)(after.st_size >> 20));
    figure_tell(bench, title, &loaded, detail, failed || pass.events == 0);
    unlink(bench_path(bench, "retention.db"));
}

void row_retention(struct bench *bench)
{
    struct load_spec open = {.clients = 16, .events = 1, .in_flight = 1, .rate = 1000};
    struct load_spec closed = {.clients = 16, .events = 1, .in_flight = 1};

    seed_make_old(bench, "old.db", bench_size(bench, EVENTS, EVENTS_QUICK));
    open.calls = 3000;
    retention_under(bench, &open, "1,000 events/s");
    closed.calls = 10000;
    retention_under(bench, &closed, "16 writers at once");
    unlink(bench_path(bench, "old.db"));
}
