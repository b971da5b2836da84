/*
 * writer_look: how the store's write thread is, seen from outside.
 *
 * It is looked at once a second and whenever somebody asks. Stuck is a writer that has work and did
 * not get one step further in WRITER_STUCK_MS: the disk hangs, or another program keeps the
 * database locked. The loop goes on meanwhile, so that a Ping is answered and this can be told.
 * Loop thread only.
 */
#pragma once

#include <stdint.h>

#include "store.h"

enum { WRITER_STUCK_MS = 5000 };

enum writer_mood { WRITER_IDLE, WRITER_BUSY, WRITER_STUCK };

struct writer_look {
    enum writer_mood mood;
    int64_t busy_ms; /* at the same step, as far as was looked at; 0 when idle */
    int64_t turns;
    int64_t since;
};

/* `now` is in milliseconds of the monotonic clock. */
void writer_look_at(struct writer_look *look, const struct store_state *state, int64_t now);
/* As operators call it. */
const char *writer_mood_name(enum writer_mood mood);
