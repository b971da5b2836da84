/*
 * shape: the events that are recorded.
 *
 * About 250 bytes of JSON each: 15 types, each run's units out of 400 names, a payload of about 120
 * bytes unless told otherwise. Made once and used again and again by both sides, so that making
 * them costs nothing where time is taken. Constant after shape_init().
 */
#pragma once

#include <stdint.h>

#include <historyd/types.h>

#include "buffer.h"

enum { SHAPE_EVENTS = 4096, SHAPE_UNITS = 400, SHAPE_RUNS_MOST = 400 };

struct shape_event {
    const char *type;
    unsigned unit; /* of the run */
    int64_t task;
    char time[32];
    char *payload; /* owned */
};

struct shape {
    struct shape_event *events;
    char units[SHAPE_UNITS][32];
    char runs[SHAPE_RUNS_MOST][32]; /* ids of the active runs */
    unsigned n_runs;
    unsigned n_units; /* of each run */
};

void shape_init(struct shape *shape, unsigned payload, unsigned runs, unsigned units);
void shape_clear(struct shape *shape);

const struct shape_event *shape_event(const struct shape *shape, int64_t index);
const char *shape_unit(const struct shape *shape, unsigned run, const struct shape_event *event);
/* Appends it as one JSON object; `seq` 0: without a number, for the daemon to give one. */
void shape_write(const struct shape *shape, unsigned run, int64_t index, int64_t seq,
                 struct buffer *buffer);
struct hd_new_event shape_record(const struct shape *shape, unsigned run, int64_t index,
                                 int64_t seq);
