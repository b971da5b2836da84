/*
 * pair: the two sides of a comparison, each on a copy of the seed.
 *
 * Opened by the first row that needs it and used by the rows behind it, so that both sides hold
 * about the same at any time.
 */
#pragma once

#include "daemon_side.h"
#include "sqlite_side.h"

struct pair {
    struct sqlite_side raw;
    struct daemon_side daemon;
};

struct pair *pair_open(struct bench *bench);
void pair_close(struct bench *bench);

/* True when both sides hold what they acknowledged. */
bool pair_holds(const struct pair *pair);
