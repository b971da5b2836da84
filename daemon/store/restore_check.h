/*
 * restore_check: whether the copy of a backup is a sound history.
 */
#pragma once

#include "store_restore.h"

/* Looks all of the file at `path` through; it has a rollback journal's header and nobody else knows
 * it. Returns 0 with the counts of `ret_restored` filled, or -1 with the problem, which speaks of
 * `name`. */
int restore_check(const char *path, const char *name, struct store_restored *ret_restored,
                  struct store_problem *ret_problem);
