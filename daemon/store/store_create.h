/*
 * store_create: the names of the database and its log in their folder, durable.
 */
#pragma once

#include "store_place.h"

/* Makes the first page of a database that is not there, and puts it in its place once it is on the
 * disk; its name is not yet. The lock is held. Returns 0, or -1 with the problem filled. */
int database_create(const struct store_place *place, struct store_problem *ret_problem);

/* Syncs the folder: SQLite does when it makes a log, but passes over a failure. */
int folder_settle(const struct store_place *place, struct store_problem *ret_problem);
