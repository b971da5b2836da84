/*
 * ninja_live: a build of Ninja under way, and what is recorded of it.
 */
#pragma once

#include <sys/types.h>

#include "ninja_draw.h"
#include "ninja_follow.h"
#include "ninja_import.h"
#include "ninja_output.h"
#include "ninja_plan.h"

struct ninja_live {
    struct ctl *ctl;
    const struct ninja_place *place;
    struct arena arena; /* the plan's */
    struct ninja_plan plan;
    struct ninja_follow follow;
    struct ninja_output output;
    struct ninja_source paths; /* asked for when a failure needs it */
    struct hd_recorder *recorder;
    pid_t pid;
    int pipe;
    bool interrupted;

    struct ninja_entry *entries; /* of the edge whose lines are coming */
    size_t n_entries;
    size_t entries_capacity;
    int64_t last_line; /* when the last of them came */
    int64_t base;      /* when the build the log counts from began; 0: not known */
    int64_t last_end;  /* ms, of the last edge */
    int64_t next_update;
    uint64_t n_lost;
};

/* Sets the reader of Ninja's output up. */
void ninja_live_open_output(struct ninja_live *live);
/* Follows Ninja (`pid`, `pipe`) to its end. Returns 0, or -errno when recording must be given up.
 */
int ninja_live_follow(struct ninja_live *live);
/* Tells the daemon how far the run is: without waiting and not too often, or `now`. */
int ninja_live_update(struct ninja_live *live, bool now);
