/*
 * store_restore: a backup put in the place of the database.
 *
 * The lock of the database is held all the while, so that no daemon serves it. The backup is copied
 * beside the database, checked from end to end and brought to the disk before the database is
 * touched, which is then moved aside with the files beside it and never deleted. Whenever the
 * process is killed or the power fails, the next daemon finds the former database or the restored
 * one, whole.
 */
#pragma once

#include "store_place.h"

struct store_restore_options {
    const char *path;        /* of the database; its folder exists */
    int backup;              /* a regular file, open for reading; the caller's */
    const char *backup_name; /* in messages */
};

enum { RESTORE_ASIDE_SIZE = PLACE_NAME_SIZE + 32 };

struct store_restored {
    char path[PLACE_NAME_SIZE];
    char aside[RESTORE_ASIDE_SIZE]; /* where the former database is; "" without one */
    int64_t bytes;
    int64_t runs;
    int64_t events;
};

/* Blocks, as long as reading all of the backup takes. No store is open in this process. Returns 0,
 * or -1 with the problem filled and the database as it was (or restored, where only the last step
 * to the disk failed; the words say so). */
int store_restore(const struct store_restore_options *options, struct store_restored *ret_restored,
                  struct store_problem *ret_problem);
