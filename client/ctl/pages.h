/*
 * pages: lists longer than one answer, a page at a time.
 */
#pragma once

#include "ctl.h"

/* What to do with a page; 0 to go on, an exit code + 1 to stop with that code. */
typedef int (*pages_events_callback)(void *userdata, const struct hd_list_events_result *page);
typedef int (*pages_runs_callback)(void *userdata, const struct hd_list_runs_result *page);

struct pages {
    int64_t most;       /* rows, -1: all */
    bool has_more;      /* out: there are more than that */
    int64_t last_seq;   /* out, events: of the run */
    const char *cursor; /* out, runs: where the next page begins, or NULL; freed by pages_close() */
    const void *held;
};

/* Fetches rows until there are no more or `most` are reached. Tells the user what went wrong.
 * Returns the exit code. */
int pages_events(struct ctl *ctl, struct hd_list_events_params params, struct pages *pages,
                 pages_events_callback callback, void *userdata);
int pages_runs(struct ctl *ctl, struct hd_list_runs_params params, struct pages *pages,
               pages_runs_callback callback, void *userdata);
void pages_close(struct pages *pages);
