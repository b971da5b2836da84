/*
 * chore: work that may wait for the disk, on a thread of libuv's pool.
 *
 * For small things beside the service; the database has threads of its own and is never touched
 * here. Loop thread, but for `run`.
 */
#pragma once

#include <stdbool.h>

#include "loop.h"

struct chore;

/* `run` is called on a thread of the pool, `done` on the loop's when that is over; neither overlaps
 * with another of the same chore. Returns 0 or -ENOMEM. */
int chore_new(struct loop *loop, void (*run)(void *data), void (*done)(void *data), void *data,
              struct chore **ret_chore);
/* False where it is under way already, or can't be started. */
bool chore_start(struct chore *chore);
/* Waits for `run`; `done` is not called any more. NULL is fine. Blocks. */
void chore_close(struct chore *chore);
