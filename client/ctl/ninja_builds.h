/*
 * ninja_builds: the builds a log tells of, and the edges each of them ran.
 *
 * Ninja appends to its log and marks nothing: where one build ends and the next begins, when that
 * was, and which lines are outputs of one edge is concluded here. All memory comes from the
 * caller's arena; entries point into the log. Pure, one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"
#include "ninja_log.h"

/* A build edge that ran: entries[0 .. n_outputs) of the log, its first output first. */
struct ninja_unit {
    const struct ninja_entry *entries;
    size_t n_outputs;
    int64_t start; /* ms since the build's start */
    int64_t end;
};

struct ninja_build {
    const struct ninja_entry *entries;
    size_t n_entries;
    struct ninja_unit *units; /* in order of their end */
    size_t n_units;
    int64_t base;  /* when the build started, microseconds since 1970 */
    int64_t older; /* newest file of the builds before, ns: what is not newer was left as it was */
};

struct ninja_builds {
    struct ninja_build *builds; /* oldest first */
    size_t n_builds;
    size_t n_jumbled;  /* entries at the log's front that were rewritten in no order */
    size_t n_left_out; /* of them: those of older builds than the newest there, builds[0] */
};

/* Tells the builds of `log` apart. `log_time` (microseconds since 1970) is when the log was written
 * last, for logs that hold no usable times. Returns 0 or -ENOMEM. */
int ninja_builds_find(const struct ninja_log *log, int64_t log_time, struct arena *arena,
                      struct ninja_builds *ret_builds);

/* The start of the build the entries belong to; those not newer than `older` (ns) say nothing. */
int ninja_builds_base(const struct ninja_entry *entries, size_t n_entries, int version,
                      int64_t older, int64_t log_time, int64_t *ret_base);
