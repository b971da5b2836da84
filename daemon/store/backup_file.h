/*
 * backup_file: the file a backup is written to, from its temporary name to its own.
 *
 * The backup owns its descriptors, which also hold the lock that tells a live temporary file from
 * one that was left behind.
 */
#pragma once

#include <sqlite3.h>

#include "store_backup.h"

/* The temporary name of a backup; a backup's own begins with no dot. */
#define BACKUP_PARTIAL_END ".partial"
#define BACKUP_PARTIAL     ".%s" BACKUP_PARTIAL_END

struct store_backup {
    sqlite3 *copy;             /* the file as a database, on the writer's thread; NULL without */
    sqlite3_backup *under_way; /* NULL before and after the copying */
    int folder;
    int fd;
    int64_t unflushed; /* pages */
    int64_t page_size;
    char name[BACKUP_NAME_MAX + 1];
    char partial[BACKUP_NAME_MAX + 16];
    char path[512];  /* of the temporary name */
    char place[256]; /* the folder as it was named, or its beginning */
};

/* The folder where it is missing and the temporary file, locked. Returns as store_backup_begin().
 */
int backup_file_new(const char *folder, const char *name, struct store_backup **ret_backup,
                    char ret_problem[BACKUP_PROBLEM_SIZE]);
/* Closes, and with `remove` unlinks the temporary name. */
void backup_file_free(struct store_backup *backup, bool remove);
/* STORE_BACKUP_FAILED, with words. */
int backup_problem(const struct store_backup *backup, const char *words,
                   char ret_problem[BACKUP_PROBLEM_SIZE]);
