/*
 * restore: historyd --restore, which puts a backup in the place of the database and ends.
 */
#pragma once

#include <stdbool.h>

/* Restores, says on standard output what was done (as one line of JSON, or in words) or on standard
 * error why not, and returns the exit status. The process takes on the user and the group of the
 * database first, where it may: what it makes is theirs. Blocks. */
int restore_run(const char *database, const char *backup, bool json);
