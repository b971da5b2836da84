/*
 * ninja_jumble: logs that were rewritten in no order.
 *
 * Ninja rewrites a log that has grown too long, one line an output and in the order of a hash
 * table; CMake has it done whenever it configures. Then the lines of all builds before are mixed,
 * and those of older builds that a newer one repeated are gone. The newest build of them is still
 * whole, and is told by its times. Pure, one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ninja_log.h"

enum {
    NINJA_NS_PER_MS = 1000000,
    /* A file's time may lag behind the clock by a tick of the kernel, and Ninja's by a little more.
     */
    NINJA_CLOCK_SLACK = 20 * NINJA_NS_PER_MS,
};

/* How many entries at the front were rewritten. -ENOMEM is the only error. */
ssize_t ninja_jumble_size(const struct ninja_log *log);

/* Brings the entries of the newest build to the front of `entries`, in the order in which they
 * ended. `log_time` (microseconds since 1970, 0: unknown) is when the log was written last. Returns
 * how many they are. */
size_t ninja_jumble_newest(struct ninja_entry *entries, size_t n_entries, int64_t log_time);
