#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "machine.h"

/* --- from process to process ------------------------------------------------------------------ */

static void write_all(int pipe, const void *data, size_t size)
{
    for (const char *at = data; size > 0;) {
        ssize_t n = write(pipe, at, size);

        if (n < 0 && errno != EINTR)
            bench_die("the supervisor is gone");
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
}

/* False where the other end closed before all of it came. */
static bool read_all(int pipe, void *data, size_t size)
{
    for (char *at = data; size > 0;) {
        ssize_t n = read(pipe, at, size);

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
    return true;
}

void report_add(struct report *report, struct figure *figure)
{
    if (!figure->skipped)
        bench_say("%s: %.3g %s (%s)", figure->work, samples_median(&figure->rounds), figure->unit,
                  figure->detail);
    write_all(report->pipe, figure, sizeof(*figure));
    write_all(report->pipe, figure->rounds.values,
              figure->rounds.count * sizeof(*figure->rounds.values));
    samples_clear(&figure->rounds);
}

static bool figure_receive(struct figure *figure, int pipe)
{
    size_t count;

    if (!read_all(pipe, figure, sizeof(*figure)))
        return false;
    count = figure->rounds.count;
    figure->rounds = (struct samples){
        .values = bench_alloc(count * sizeof(double)), .count = count, .capacity = count};
    if (read_all(pipe, figure->rounds.values, count * sizeof(double)))
        return true;
    samples_clear(&figure->rounds);
    return false;
}

void report_receive(struct report *report, int pipe)
{
    struct figure figure;

    while (figure_receive(&figure, pipe)) {
        if (report->count == report->capacity) {
            report->capacity = report->capacity ? report->capacity * 2 : 64;
            report->figures = realloc(report->figures, report->capacity * sizeof(*report->figures));
            if (!report->figures)
                bench_die("out of memory");
        }
        report->figures[report->count++] = figure;
    }
}

void report_skip(struct report *report, const char *row, const char *work, const char *why)
{
    struct figure figure = {.row = row, .unit = "", .skipped = true};

    snprintf(figure.work, sizeof(figure.work), "%s", work);
    snprintf(figure.detail, sizeof(figure.detail), "%s", why);
    report_add(report, &figure);
}

/* --- the table -------------------------------------------------------------------------------- */

bool figure_reached(const struct figure *figure)
{
    double median = samples_median(&figure->rounds);

    switch (figure->kind) {
    case GOAL_NONE:
        return true;
    case GOAL_AT_LEAST:
        return median >= figure->goal;
    case GOAL_AT_MOST:
        return median <= figure->goal;
    }
    return false;
}

static const char *number_text(double value, char text[static 32])
{
    if (value >= 1000)
        snprintf(text, 32, "%.0f", value);
    else if (value >= 100)
        snprintf(text, 32, "%.1f", value);
    else
        snprintf(text, 32, "%.2f", value);
    return text;
}

static void goal_text(const struct figure *figure, char text[static 32])
{
    switch (figure->kind) {
    case GOAL_NONE:
        strcpy(text, "");
        break;
    case GOAL_AT_LEAST:
        snprintf(text, 32, ">= %g", figure->goal);
        break;
    case GOAL_AT_MOST:
        snprintf(text, 32, "<= %g", figure->goal);
        break;
    }
}

static void figure_print(const struct figure *figure)
{
    const char *verdict = figure->kind == GOAL_NONE ? "" : figure_reached(figure) ? "yes" : "NO";
    char median[32], low[32], high[32], goal[32], range[72];

    if (figure->skipped) {
        printf("%-10s %-56s not run: %s\n", figure->row, figure->work, figure->detail);
        return;
    }
    goal_text(figure, goal);
    snprintf(range, sizeof(range), "%s-%s", number_text(samples_quantile(&figure->rounds, 0), low),
             number_text(samples_quantile(&figure->rounds, 1), high));
    printf("%-10s %-56s %8s %-3s %-15s %3zu  %-8s %-7s %s\n", figure->row, figure->work,
           number_text(samples_median(&figure->rounds), median), figure->unit, range,
           figure->rounds.count, goal, figure->failed ? "WRONG" : verdict, figure->detail);
}

/* How many goals were reached, and what was not as it should be. */
static void summary_print(const struct report *report)
{
    size_t goals = 0, reached = 0, wrong = 0;

    for (size_t i = 0; i < report->count; i++) {
        const struct figure *figure = &report->figures[i];

        wrong += figure->failed;
        if (figure->skipped || figure->kind == GOAL_NONE)
            continue;
        goals++;
        reached += figure_reached(figure) && !figure->failed;
    }
    printf("\n%zu of %zu goals reached, %zu figures wrong, in %.0f s\n", reached, goals, wrong,
           report->seconds);
    if (report->ending)
        printf("NOT COMPLETE: %s; what was measured until then is above\n", report->ending);
}

void report_print(const struct report *report)
{
    machine_print();
    if (report->quick)
        printf("quick: short slices, indicative only\n");
    printf("\n%-10s %-56s %8s %-3s %-15s %3s  %-8s %-7s %s\n", "row", "work", "median", "",
           "min-max", "n", "goal", "reached", "behind it");
    for (size_t i = 0; i < report->count; i++)
        figure_print(&report->figures[i]);
    summary_print(report);
}

bool report_failed(const struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->figures[i].failed)
            return true;
    return false;
}

void report_clear(struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        samples_clear(&report->figures[i].rounds);
    free(report->figures);
    *report = (struct report){.count = 0};
}
