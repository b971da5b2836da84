/*
 * store_place: where the database and the files beside it are, and whether that is a place for one.
 *
 * The path is made canonical first, so that two names of one database (through a symbolic link,
 * say) lead to the same lock file. SQLite takes paths of up to 512 bytes, its suffixes included.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

enum { PLACE_PATH_MAX = 500, PLACE_NAME_SIZE = 512 };

struct store_place {
    char path[PLACE_NAME_SIZE];
    char folder[PLACE_NAME_SIZE];
    char wal[PLACE_NAME_SIZE];
    char shm[PLACE_NAME_SIZE];
    char journal[PLACE_NAME_SIZE]; /* of a program that uses no write-ahead log */
    char lock[PLACE_NAME_SIZE];    /* see store_lock.h */
    bool exists;
};

/* Returns 0, or -1 with the problem filled. Nothing is created or opened. */
int place_resolve(const char *given, struct store_place *ret_place,
                  struct store_problem *ret_problem);

/* The name of a network file system by its number from statfs(2), NULL for a local one. The
 * write-ahead log's index is shared memory, which does not reach across machines. FUSE is let
 * through: most of what uses it is local. */
const char *place_network_name(int64_t type);

/* Size in bytes by stat(2), 0 without the file. */
int64_t place_size(const char *path);
