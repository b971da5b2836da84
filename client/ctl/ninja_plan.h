/*
 * ninja_plan: one Ninja build as a run: its units, its events, its graph.
 *
 * A plan is made from a build of the log, or grown unit by unit while Ninja runs. All memory is the
 * arena's the plan was opened with. One thread.
 */
#pragma once

#include <historyd/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "ninja_builds.h"
#include "ninja_graph.h"
#include "ninja_output.h"

struct ninja_plan_unit {
    const char *name; /* the first output, as valid UTF-8 */
    struct ninja_outputs outputs;
    int64_t started; /* microseconds since 1970 */
    int64_t ended;
    bool failed;         /* then `started` is not known, and taken to be `ended` */
    const char *error;   /* of a failed one */
    const char *command; /* of a failed one, or NULL */
    int64_t code;        /* its exit code, -1: not known */
};

struct ninja_plan {
    struct arena *arena;
    const char *run_id;
    const char *repo_path;
    const char *build_dir;
    int version; /* of the log, 0: none */
    int64_t started;
    int64_t ended;
    struct ninja_plan_unit *units;
    size_t n_units;
    size_t capacity;
    size_t n_failed;
    size_t n_skipped; /* units whose name the protocol does not allow */
};

/* Sets the plan up from a build of a log; `run_id` is made from its start, `build_dir` and its
 * lines. Returns 0 or -ENOMEM. */
int ninja_plan_open(struct ninja_plan *plan, struct arena *arena, const char *build_dir,
                    const char *repo_path);
int ninja_plan_add_build(struct ninja_plan *plan, const struct ninja_build *build, int version);

/* Adds an edge that ran, or that failed at `ended`. `graph` (may be NULL) knows where the paths in
 * the failure's text end. Returns 0, 1 where the name is not allowed (counted), or -ENOMEM. */
int ninja_plan_add_unit(struct ninja_plan *plan, const struct ninja_unit *unit, int64_t base);
int ninja_plan_add_failure(struct ninja_plan *plan, const struct ninja_failure *failure,
                           int64_t ended, const struct ninja_graph *graph);

/* Makes the run's id: ninja_, the UTC start, and 32 bits of `hash`. */
int ninja_plan_name(struct ninja_plan *plan, uint64_t hash);

/* The largest number of units that ran at once; at least 1. -ENOMEM is the only error. */
int64_t ninja_plan_parallelism(const struct ninja_plan *plan);

/* The events, numbered from 1, in order of time. */
int ninja_plan_events(const struct ninja_plan *plan, struct hd_new_event **ret_events,
                      size_t *ret_n_events);
/* One event each, without a number: of the start, or of the end. */
int ninja_plan_unit_event(const struct ninja_plan *plan, const struct ninja_plan_unit *unit,
                          bool ended, struct hd_new_event *ret_event);
int ninja_plan_run_event(const struct ninja_plan *plan, bool ended, struct hd_new_event *ret_event);
/* Why the run failed, in one line; NULL when it did not. */
const char *ninja_plan_error(const struct ninja_plan *plan);

/* The graph of the units; `links` may be without any. */
int ninja_plan_graph(const struct ninja_plan *plan, const struct ninja_links *links,
                     struct hd_graph *ret_graph);
/* The units' outputs, as the join wants them. NULL: out of memory. */
struct ninja_outputs *ninja_plan_outputs(const struct ninja_plan *plan);
