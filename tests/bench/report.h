/*
 * report: the figures of a run, printed at its end as a table or as JSON.
 *
 * The process that measures sends each figure through a pipe as soon as it has it; the supervisor
 * receives and prints them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "samples.h"

enum goal_kind {
    GOAL_NONE,     /* told for comparison */
    GOAL_AT_LEAST, /* the median must reach it */
    GOAL_AT_MOST
};

struct figure {
    const char *row;  /* constant */
    char work[96];    /* what was done */
    const char *unit; /* "x" for a ratio; constant */
    enum goal_kind kind;
    double goal;
    struct samples rounds; /* one value a round; the report's from report_add() on */
    char detail[160];      /* absolute values behind the ratio */
    bool skipped;          /* `detail` says why */
    bool failed;           /* stored rows and acknowledgements differ, or a promise is broken */
};

/* Constant texts may be sent as pointers: both processes are the same program. */

struct report {
    int pipe; /* of the measuring process: where it sends */

    /* of the supervisor */
    struct figure *figures;
    size_t count;
    size_t capacity;
    bool quick;
    double seconds;     /* the whole run took */
    const char *ending; /* why it ended before its end, or NULL */
};

/* Sends it, and frees its rounds. */
void report_add(struct report *report, struct figure *figure);
/* A figure that can't be had in the mode chosen. */
void report_skip(struct report *report, const char *row, const char *work, const char *why);

/* Takes all figures until the other end is closed. */
void report_receive(struct report *report, int pipe);

bool figure_reached(const struct figure *figure);
void report_print(const struct report *report);
void report_print_json(const struct report *report);
/* True when something was wrong rather than slow. */
bool report_failed(const struct report *report);
void report_clear(struct report *report);
