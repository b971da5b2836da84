/*
 * Retention: how long acknowledgements take while the daemon deletes a million events, and how long
 * that takes. Beside it stand the same load for as long on the same database with nothing deleted,
 * and the longest that a step kept the writer thread, by the daemon's own clock: what the disk does
 * to everybody, and what deleting adds. There is no goal here, for a busy disk can be slower than
 * any.
 */
#include <historyd/historyd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* What the daemon itself says of the steps, in milliseconds. */
struct steps {
    double count;
    double longest;
    double checkpoint; /* the longest of those that steps made due */
};

static double metric_find(const char *text, const char *name)
{
    size_t length = strlen(name);
    const char *line = text;

    while (line && (strncmp(line, name, length) != 0 || line[length] != ' ')) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    if (!line)
        bench_die("there is no %s in the daemon's metrics", name);
    return strtod(line + length, NULL);
}

static void steps_read(const char *socket, struct steps *ret_steps)
{
    const struct hd_get_metrics_result *result = NULL;
    struct hd_client *client = NULL;

    if (hd_client_new(socket, &client) < 0)
        bench_die("out of memory");
    if (hd_get_metrics(client, &result) != 0)
        bench_die("GetMetrics: %s", hd_client_error(client)->message);
    ret_steps->count = metric_find(result->text, "historyd_exclusive_seconds_count");
    ret_steps->longest = metric_find(result->text, "historyd_exclusive_longest_seconds") * 1e3;
    ret_steps->checkpoint =
        metric_find(result->text, "historyd_exclusive_checkpoint_longest_seconds") * 1e3;
    hd_result_free(result);
    hd_client_free(client);
}

/* The load again and again, until the pass is over or, without one, for so many seconds. Returns
 * events a second. */
static double load_go_on(const struct load_spec *given, struct daemon_side *daemon,
                         struct pass *pass, double seconds, struct samples *latency)
{
    struct load_spec spec = *given;
    double began = bench_now();
    int64_t before = daemon->appended;

    while (pass ? !atomic_load(&pass->done) : bench_now() - began < seconds) {
        load_once(&spec, daemon, latency);
        spec.draw++;
    }
    return (double)(daemon->appended - before) / (bench_now() - began);
}

/* A daemon of its own on what is to go, warm. */
static void daemon_begin(struct bench *bench, const struct load_spec *spec,
                         struct daemon_side *daemon)
{
    bench_copy(bench, "old.db", "retention.db");
    daemon_start_with(daemon, bench, "retention.db", NULL, rules);
    load_once(spec, daemon, NULL);
}

/* True when all that was acknowledged is there. */
static bool daemon_end(struct bench *bench, struct daemon_side *daemon)
{
    bool holds = daemon_holds(daemon);

    daemon_stop(daemon);
    unlink(bench_path(bench, "retention.db"));
    return holds;
}

static void steps_tell(struct bench *bench, const char *work, const struct steps *steps)
{
    struct figure figure = {.row = "retention", .unit = "ms"};

    samples_add(&figure.rounds, steps->longest);
    snprintf(figure.work, sizeof(figure.work), "longest step, %s, by the writer's clock", work);
    snprintf(figure.detail, sizeof(figure.detail),
             "of %.0f; the longest checkpoint they made due took %.1f ms", steps->count,
             steps->checkpoint);
    report_add(&bench->report, &figure);
}

static void deleting_under(struct bench *bench, const struct load_spec *spec, const char *work,
                           struct samples *latency, struct pass *pass, struct steps *steps)
{
    struct daemon_side daemon;
    struct stat before, after;
    char detail[120];
    char title[96];
    double rate;
    bool failed;

    daemon_begin(bench, spec, &daemon);
    pass->socket = daemon.socket;
    stat(daemon.database, &before);
    bench_say("retention: deleting, %s", work);
    if (pthread_create(&pass->thread, NULL, pass_main, pass) != 0)
        bench_die("no thread");
    rate = load_go_on(spec, &daemon, pass, 0, latency);
    pthread_join(pass->thread, NULL);
    steps_read(daemon.socket, steps);
    stat(daemon.database, &after);
    failed = !daemon_end(bench, &daemon);
    snprintf(title, sizeof(title), "longest ack, %s, while deleting", work);
    snprintf(detail, sizeof(detail),
             "%.0f events/s; %lld events went in %.1f s, file %lld -> %lld MiB", rate,
             (long long)pass->events, pass->seconds, (long long)(before.st_size >> 20),
             (long long)(after.st_size >> 20));
    figure_tell(bench, title, latency, detail, failed || pass->events == 0);
}

static void quiet_under(struct bench *bench, const struct load_spec *spec, const char *work,
                        double seconds)
{
    struct samples latency = {.count = 0};
    struct daemon_side daemon;
    char detail[120];
    char title[96];
    double rate;
    bool failed;

    daemon_begin(bench, spec, &daemon);
    bench_say("retention: the same for as long with nothing deleted, %s", work);
    rate = load_go_on(spec, &daemon, NULL, seconds, &latency);
    failed = !daemon_end(bench, &daemon);
    snprintf(title, sizeof(title), "longest ack, %s, nothing deleted", work);
    snprintf(detail, sizeof(detail), "%.0f events/s for as long", rate);
    figure_tell(bench, title, &latency, detail, failed);
}

static void retention_under(struct bench *bench, const struct load_spec *spec, const char *work)
{
    struct samples latency = {.count = 0};
    struct pass pass = {.seconds = 0};
    struct steps steps = {.count = 0};

    deleting_under(bench, spec, work, &latency, &pass, &steps);
    steps_tell(bench, work, &steps);
    quiet_under(bench, spec, work, pass.seconds);
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
