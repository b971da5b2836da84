#include "report.h"

#include <stdio.h>

#include "machine.h"

static const char *const goal_names[] = {
    [GOAL_NONE] = NULL, [GOAL_AT_LEAST] = "at_least", [GOAL_AT_MOST] = "at_most"};

/* Our own texts: nothing in them but quotes needs an escape. */
static void text_print(const char *name, const char *text)
{
    printf("\"%s\":\"", name);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        putchar(*text);
    }
    putchar('"');
}

static void figure_print(const struct figure *figure)
{
    putchar('{');
    text_print("row", figure->row);
    putchar(',');
    text_print("work", figure->work);
    if (figure->skipped) {
        putchar(',');
        text_print("not_run", figure->detail);
        putchar('}');
        return;
    }
    putchar(',');
    text_print("unit", figure->unit);
    printf(",\"median\":%.6g,\"min\":%.6g,\"max\":%.6g,\"rounds\":[",
           samples_median(&figure->rounds), samples_quantile(&figure->rounds, 0),
           samples_quantile(&figure->rounds, 1));
    for (size_t i = 0; i < figure->rounds.count; i++)
        printf("%s%.6g", i ? "," : "", figure->rounds.values[i]);
    putchar(']');
    if (figure->kind != GOAL_NONE)
        printf(",\"goal\":{\"%s\":%.6g},\"reached\":%s", goal_names[figure->kind], figure->goal,
               figure_reached(figure) ? "true" : "false");
    printf(",\"rows_match\":%s,", figure->failed ? "false" : "true");
    text_print("detail", figure->detail);
    putchar('}');
}

void report_print_json(const struct report *report)
{
    putchar('{');
    machine_print_json();
    printf(",\"quick\":%s,\"seconds\":%.1f,\"complete\":%s", report->quick ? "true" : "false",
           report->seconds, report->ending ? "false" : "true");
    if (report->ending) {
        putchar(',');
        text_print("ending", report->ending);
    }
    printf(",\"figures\":[");
    for (size_t i = 0; i < report->count; i++) {
        if (i)
            putchar(',');
        putchar('\n');
        figure_print(&report->figures[i]);
    }
    printf("\n]}\n");
}
