/*
 * store_model: what a watched database holds, read from it by other means than the store's.
 */
#pragma once

#include "store_fixture.h"

enum { RUNS = 6, EVENTS_MAX = 4000 };

struct model_event {
    int64_t id;
    int run;
    int64_t seq;
    int type;
    int64_t task;
};

/* What the database holds, kept beside it. */
struct model {
    struct model_event events[EVENTS_MAX];
    size_t n_events;
    int64_t versions[RUNS];   /* of each run's row, in completed_units; 0: no such run yet */
    int64_t told_after[RUNS]; /* the event id its last change comes after */
    int64_t changes[RUNS];
};

extern struct model model;
extern const char *const model_repos[2]; /* of run i: i % 2 */
extern const char *const model_types[4];

void run_name(int run, char ret_name[8]);

/* Adds what came since the last time, and checks the places of changed runs: in order, and with
 * `one_commit`, all behind its last event. */
void model_read(sqlite3 *handle, bool one_commit);

int64_t model_last_id(void);
