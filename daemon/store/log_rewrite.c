/*
 * Rewriting the log at the start.
 *
 * When a sync of the log failed, the system may keep the pages it could not write, and take them
 * for written: reading them finds commits that are not on the disk, and no later sync brings them
 * there. A checkpoint that trusts such a log writes the database over, and a power cut in its midst
 * leaves neither. So before the first checkpoint all of the log is written again, to itself, and
 * synced: what is read then is what the disk has.
 *
 * It goes through SQLite's own descriptor with the write lock held: nobody else writes to the log
 * meanwhile, and who reads it reads the same bytes.
 */
#include <errno.h>
#include <stdlib.h>

#include "store_threads.h"

enum { PIECE = 64 << 10 };

static int pieces_rewrite(sqlite3_file *log, char *piece)
{
    sqlite3_int64 size = 0;
    sqlite3_int64 offset = 0;
    int rc = log->pMethods->xFileSize(log, &size);

    while (rc == SQLITE_OK && offset < size) {
        int length = size - offset < PIECE ? (int)(size - offset) : PIECE;

        rc = log->pMethods->xRead(log, piece, length, offset);
        if (rc == SQLITE_OK)
            rc = log->pMethods->xWrite(log, piece, length, offset);
        offset += length;
    }
    if (rc == SQLITE_OK && size > 0)
        rc = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    return rc;
}

int log_rewrite(struct store_db *db)
{
    sqlite3_file *log = NULL;
    char *piece = malloc(PIECE);
    int rc;

    if (!piece)
        return STORE_NO_MEMORY;
    errno = 0;
    rc = sqlite3_exec(db->handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (rc == SQLITE_OK && log && log->pMethods)
        rc = pieces_rewrite(log, piece);
    /* Even this needs memory; without it the next step would run into the transaction. */
    if (!sqlite3_get_autocommit(db->handle)) {
        int cause = errno;
        int rolled_back = sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);

        rc = rc == SQLITE_OK ? rolled_back : rc;
        errno = cause;
    }
    free(piece);
    return rc == SQLITE_OK ? 0 : db_failure(db, rc);
}
