/*
 * slack: memory that a burst of work took and the allocator keeps though nobody uses it.
 *
 * The C library gives freed memory back to the system only where it happens to lie at the end of
 * its heap. So once a second the daemon compares what is resident with what is in use, and has the
 * difference given back when it has grown. What can't be given back is not searched again before it
 * has grown as much once more. Loop thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SLACK_BYTES = 2 << 20 }; /* less is not worth the search */

struct slack {
    bool known;
    int64_t left; /* bytes that were not given back: programs, stacks, gaps between what is used */
};

/* Whether to give back now. */
bool slack_judge(struct slack *slack, int64_t resident, int64_t used);

/* Once a second. */
void slack_look(struct slack *slack);
