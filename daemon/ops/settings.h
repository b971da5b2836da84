/*
 * settings: what an operator may change while the daemon serves.
 *
 * They do not change once they are made: a reload puts others in their place, and a call keeps
 * those it began with. Counted by the loop's thread; their values may be read on any.
 */
#pragma once

#include <stdint.h>

#include "message_limits.h"

struct settings {
    unsigned int users;
    struct limits limits;
    int64_t connections; /* at once */
    int64_t calls;       /* of one connection that are under way at once */
};

/* A copy of what is given, with one user. NULL when out of memory. */
struct settings *settings_new(const struct settings *given);
struct settings *settings_use(struct settings *settings);
/* The last user frees them. NULL is fine. */
void settings_leave(struct settings *settings);
