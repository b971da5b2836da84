/*
 * ninja_send: a plan of a build that is over, recorded as a run.
 */
#pragma once

#include "ctl.h"
#include "ninja_plan.h"

/* Records the run with its graph (NULL: none) and all its events, unless it is there already, and
 * prints a line about it. Returns the exit code. */
int ninja_send(struct ctl *ctl, const struct ninja_plan *plan, const struct hd_graph *graph);

/* Whether the run is recorded to its end already: 1, 0, or -1 after a message. */
int ninja_send_known(struct ctl *ctl, const struct ninja_plan *plan);

/* Ends the run with the plan's counts. Returns as calls do. */
int ninja_send_end(struct ctl *ctl, const struct ninja_plan *plan);

/* Prints the line, or in --json an object, about a recorded run. */
void ninja_send_summary(struct ctl *ctl, const struct ninja_plan *plan, bool recorded);
