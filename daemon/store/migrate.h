/*
 * migrate: the versions of the schema and the way from one to the next.
 *
 * The texts are the files in migrations/, built in; their list is in CMakeLists.txt and nowhere
 * else.
 */
#pragma once

#include <sqlite3.h>

#include "store_problem.h"

struct migration {
    int version;
    const char *name;
    const char *sql;
};

extern const struct migration migrations[];
extern const int n_migrations;

/* Reads the version of the schema that `handle` sees: 0 for a database without anything in it, and
 * 1 also for one that another program made without a table of versions. Everything that is not ours
 * is refused: -1 with the problem filled, also when the version can't be read. */
int schema_read_version(sqlite3 *handle, const char *path, int *ret_version,
                        struct store_problem *ret_problem);

/* Brings a database of version `from` to the newest, within the transaction the caller has open.
 * SQLite's result code. */
int migrations_apply(sqlite3 *handle, int from);

/* Migrates and finds out whether the store's statements fit on a copy of the schema in memory, so
 * that a database that only looks like ours is refused before it is touched. */
int schema_rehearse(sqlite3 *handle, const char *path, int version,
                    struct store_problem *ret_problem);

/* Migrates the database in one transaction, the version read again inside. */
int schema_migrate(sqlite3 *handle, const char *path, struct store_problem *ret_problem);
