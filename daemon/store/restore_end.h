/*
 * restore_end: the second half of a restore, which any later holder of the lock can bring to its
 * end.
 *
 * While a copy of a backup grows it has the name RESTORE_GROWING; nobody needs it. Once it is
 * whole, checked and on the disk it is renamed to RESTORE_READY: from there on the restore is
 * decided, and whoever holds the lock next moves the former database aside and gives the copy its
 * name. The copy's time of modification, in seconds, makes the names aside, so that a restore that
 * is cut short and ended by another keeps them the same.
 */
#pragma once

#include <time.h>

#include "store_restore.h"

#define RESTORE_GROWING "-restoring"
#define RESTORE_READY   "-restored"

/* The name that a file of the database gets aside: `suffix` is "", "-wal", … */
void restore_aside_name(const struct store_place *place, time_t moment, const char *suffix,
                        char ret_name[RESTORE_ASIDE_SIZE]);

/* The first moment at or behind this one whose names aside are free. */
time_t restore_aside_moment(const struct store_place *place, time_t moment);

/* Ends a decided restore and removes what is left of an undecided one. The lock is held, no file of
 * the database open. Returns 0 with nothing to end, 1 when one was ended (`place` knows it,
 * `ret_aside`, which may be NULL, has the former database or ""), or -1 with the problem filled. */
int restore_end(struct store_place *place, char ret_aside[RESTORE_ASIDE_SIZE],
                struct store_problem *ret_problem);
