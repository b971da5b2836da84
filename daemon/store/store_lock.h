/*
 * store_lock: one daemon a database.
 *
 * The lock is flock(2) on `<database>-lock`, held for the life of the store. The file holds the pid
 * of its holder; it is never removed, for a lock on a removed file is none. Whether the lock is
 * taken and by whom is decided in one step under a second, short lock on the same file, so that the
 * loser always finds the winner's pid.
 */
#pragma once

#include "store_place.h"

/* Returns the descriptor that holds the lock, or -1 with the problem filled; `remedy` says what to
 * do when somebody else has it. */
int lock_take(const struct store_place *place, const char *remedy,
              struct store_problem *ret_problem);
/* -1 is fine. */
void lock_release(int fd);
