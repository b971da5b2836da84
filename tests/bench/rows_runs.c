/*
 * Listing the newest 100 runs of a repository among 100,000 runs.
 */
#include <historyd/historyd.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"

enum { RUNS = 100000, PAGE = 100, RARE = 200 };

static double list_once(struct hd_client *client, const char *repository)
{
    struct hd_list_runs_params params = {.repo_path = repository, .has_limit = true, .limit = PAGE};
    const struct hd_list_runs_result *result = NULL;
    double start = bench_now();

    if (hd_list_runs(client, &params, &result) != 0)
        bench_die("ListRuns: %s", hd_client_error(client)->message);
    if (result->n_runs != PAGE)
        bench_die("the daemon listed %zu runs", result->n_runs);
    hd_result_free(result);
    return (bench_now() - start) * 1e3;
}

/* Returns the median. */
static double list_figure(struct bench *bench, const char *work, const char *repository)
{
    struct figure figure = {.row = "runs", .unit = "ms", .kind = GOAL_AT_MOST, .goal = 1.0};
    struct samples all = {.count = 0};
    struct hd_client *client = NULL;
    struct daemon_side daemon;
    double median;

    daemon_start(&daemon, bench, "runs.db", NULL);
    if (hd_client_new(daemon.socket, &client) < 0)
        bench_die("out of memory");
    list_once(client, repository);
    for (int round = 0; round < bench->options.rounds; round++) {
        struct samples times = {.count = 0};

        for (int i = 0; i < 50; i++)
            samples_add(&times, list_once(client, repository));
        samples_add(&figure.rounds, samples_median(&times));
        samples_join(&all, &times);
        samples_clear(&times);
    }
    hd_client_free(client);
    daemon_stop(&daemon);
    snprintf(figure.work, sizeof(figure.work), "newest 100 of 100,000 runs, %s", work);
    snprintf(figure.detail, sizeof(figure.detail), "p50 of calls through the library; p99 %.2f ms",
             samples_quantile(&all, 0.99));
    median = samples_median(&figure.rounds);
    report_add(&bench->report, &figure);
    samples_clear(&all);
    return median;
}

void row_runs(struct bench *bench)
{
    struct figure spread = {.row = "runs", .unit = "x"};
    struct samples medians = {.count = 0};

    seed_make_runs(bench, "runs.db", RUNS, 1, 0);
    samples_add(&medians, list_figure(bench, "one repository", "/repo/0"));
    seed_make_runs(bench, "runs.db", RUNS, 20, RARE);
    samples_add(&medians, list_figure(bench, "of 20 repositories", "/repo/7"));
    samples_add(&medians, list_figure(bench, "a rare repository", "/repo/rare"));
    unlink(bench_path(bench, "runs.db"));
    samples_add(&spread.rounds, samples_quantile(&medians, 1) / samples_quantile(&medians, 0));
    snprintf(spread.work, sizeof(spread.work), "the slowest of the three / the fastest");
    snprintf(spread.detail, sizeof(spread.detail), "it is to be the same in all three");
    report_add(&bench->report, &spread);
    samples_clear(&medians);
}
