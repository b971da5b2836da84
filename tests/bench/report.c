#include "report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "machine.h"

void report_add(struct report *report, const struct figure *figure)
{
    if (report->count == report->capacity) {
        size_t capacity = report->capacity ? report->capacity * 2 : 32;
        struct figure *grown = realloc(report->figures, capacity * sizeof(*grown));

        if (!grown)
            bench_die("out of memory");
        report->figures = grown;
        report->capacity = capacity;
    }
    report->figures[report->count++] = *figure;
    if (!figure->skipped)
        bench_say("  %s: %.3g %s (%s)", figure->work, samples_median(&figure->rounds), figure->unit,
                  figure->detail);
}

void report_skip(struct report *report, const char *row, const char *work, const char *why)
{
    struct figure figure = {.row = row, .unit = "", .skipped = true};

    snprintf(figure.work, sizeof(figure.work), "%s", work);
    snprintf(figure.detail, sizeof(figure.detail), "%s", why);
    report_add(report, &figure);
}

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
    const char *verdict = figure->kind == GOAL_NONE ? "" : figure_reached(figure) ? "yes" : "no";
    char median[32], low[32], high[32], goal[32], range[72];

    if (figure->skipped) {
        printf("%-10s %-54s not run: %s\n", figure->row, figure->work, figure->detail);
        return;
    }
    goal_text(figure, goal);
    snprintf(range, sizeof(range), "%s-%s", number_text(samples_quantile(&figure->rounds, 0), low),
             number_text(samples_quantile(&figure->rounds, 1), high));
    printf("%-10s %-54s %8s %-4s %-15s %-9s %-7s %s\n", figure->row, figure->work,
           number_text(samples_median(&figure->rounds), median), figure->unit, range, goal,
           figure->failed ? "WRONG" : verdict, figure->detail);
}

void report_print(const struct report *report, bool quick)
{
    machine_print();
    if (quick)
        printf("quick: short slices, indicative only\n");
    printf("\n%-10s %-54s %8s %-4s %-15s %-9s %-7s %s\n", "row", "work", "median", "", "min-max",
           "goal", "reached", "behind it");
    for (size_t i = 0; i < report->count; i++)
        figure_print(&report->figures[i]);
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
