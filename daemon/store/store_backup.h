/*
 * store_backup: a copy of the database, made while it is written to.
 *
 * The copy goes through the write connection, a few pages between two of its transactions. What
 * that connection commits meanwhile SQLite also writes into the part that is copied already, so the
 * backup never starts over for it, keeps no read transaction open, and the log stays as short as
 * ever. On any other connection each commit would start it over, or a read transaction as long as
 * the copying would keep the log from starting anew. (A rollback, or another program's commit,
 * starts it over; `pages_done` then falls back.)
 *
 * The copy grows under a temporary name, is locked (flock) as long as somebody works on it, and
 * gets its own name when all of it is on the disk and was looked through. It is a plain file
 * without a write-ahead log.
 *
 * A backup belongs to the write connection from store_backup_begin() until its last step hands it
 * over, and to the caller from then until store_backup_publish() or store_backup_discard().
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "store.h"

struct store_backup;

enum { BACKUP_NAME_MAX = 200, BACKUP_DEFAULT_SIZE = 64, BACKUP_PROBLEM_SIZE = 512 };

struct store_backup_progress {
    int64_t pages_done;
    int64_t pages_total;
    const struct store_backup *flush; /* not NULL: for store_backup_flush() before the next step */
    struct store_backup *written;     /* after the last step: the caller's */
};

/* Whether it is a plain file name that a backup may have: letters, digits and ._+=@:- of ASCII, no
 * dot or dash first, no ending that SQLite would take for a file beside a database. */
bool store_backup_name_is_good(const char *name);
/* The name of a backup that was given none: history-YYYYMMDD-HHMMSS.db, in UTC. */
void store_backup_default_name(int64_t seconds, char ret_name[BACKUP_DEFAULT_SIZE]);

/* In a STORE_EXCLUSIVE job: makes the folder where it is missing, and the file. Returns 0, a
 * failure, STORE_BACKUP_EXISTS, or STORE_BACKUP_FAILED with words. */
int store_backup_begin(struct store_db *db, const char *folder, const char *name,
                       char ret_problem[BACKUP_PROBLEM_SIZE]);
/* In a STORE_EXCLUSIVE job: copies for some milliseconds. Anything but 0 ends the backup and
 * removes its file. */
int store_backup_step(struct store_db *db, struct store_backup_progress *ret_progress,
                      char ret_problem[BACKUP_PROBLEM_SIZE]);
/* In a STORE_EXCLUSIVE job: ends the backup and removes its file. Harmless without one. */
void store_backup_cancel(struct store_db *db);

/* Any thread while no step runs: brings what was written to the disk, so that little is left for
 * the end and commits never wait behind much of it. After anything but 0 what was written may be
 * lost, whatever a later sync says: the backup must be cancelled. */
int store_backup_flush(const struct store_backup *backup, char ret_problem[BACKUP_PROBLEM_SIZE]);

/* In a STORE_LONG_READ job: syncs and checks the copy and gives it its name. Returns 0, a failure,
 * STORE_BACKUP_EXISTS or STORE_BACKUP_FAILED with words; STORE_BUSY when `cut` was set or the store
 * closes. The backup is gone in any case. */
int store_backup_publish(struct store_db *db, struct store_backup *backup, const atomic_bool *cut,
                         int64_t *ret_bytes, char ret_problem[BACKUP_PROBLEM_SIZE]);
/* Removes the file. NULL is fine. */
void store_backup_discard(struct store_backup *backup);

/* Removes what a killed daemon left under temporary names. Returns how many. Blocks a moment, any
 * thread. */
int store_backup_tidy(const char *folder);
/* Removes the oldest backups under default names, but for the newest `keep`, among which the one
 * that was just `made` counts whatever the clock said. Files of other names are let be, and one
 * with a log beside it, which is a database in use. Returns how many. Blocks a moment, any thread.
 */
int store_backup_rotate(const char *folder, const char *made, int64_t keep);
