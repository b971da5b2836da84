#include "wal_vfs.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* Below 128 KiB: SQLite's Unix layer writes the size modulo that first, and takes 0 bytes written
 * for a full disk. */
enum { GATHERED_BYTES = 96 << 10 };

/* Of the locks in shared memory the one that a transaction holds to write, see "WAL-mode File
 * Format", https://sqlite.org/walformat.html. */
enum { WAL_WRITE_LOCK = 0 };

/* The log's file; SQLite's own object for it follows behind. `gathered` bytes of `memory` belong at
 * `offset`. */
struct wal_file {
    sqlite3_file file;
    sqlite3_file *inner;
    char *memory;
    int gathered;
    sqlite3_int64 offset;
    int lost;  /* why bytes of this transaction were given up, SQLITE_OK without */
    int cause; /* errno of that */
    struct database *database;
};

/* What stands behind SQLite's own object for the database's file. */
struct database {
    sqlite3_io_methods methods; /* its own but for xShmLock */
    int (*lock)(sqlite3_file *file, int first, int count, int flags);
    struct wal_file *log;
};

static sqlite3_vfs *own;   /* SQLite's */
static sqlite3_vfs gather; /* a copy of it that opens logs differently */

static struct wal_file *wal_of(sqlite3_file *file)
{
    return (struct wal_file *)(void *)file;
}

/* What could not be written is given up, and SQLite has been told long ago that it was: nothing
 * more of the transaction may be written or synced, whatever has noticed. */
static int wal_flush(struct wal_file *wal)
{
    int size = wal->gathered;

    wal->gathered = 0;
    if (wal->lost != SQLITE_OK)
        errno = wal->cause;
    else if (size > 0)
        wal->lost = wal->inner->pMethods->xWrite(wal->inner, wal->memory, size, wal->offset);
    if (wal->lost != SQLITE_OK)
        wal->cause = errno;
    return wal->lost;
}

static int wal_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct wal_file *wal = wal_of(file);
    int rc = SQLITE_OK;

    if (wal->lost != SQLITE_OK || offset != wal->offset + wal->gathered ||
        wal->gathered + size > GATHERED_BYTES)
        rc = wal_flush(wal);
    if (rc != SQLITE_OK)
        return rc;
    if (size > GATHERED_BYTES)
        return wal->inner->pMethods->xWrite(wal->inner, bytes, size, offset);
    if (wal->gathered == 0)
        wal->offset = offset;
    memcpy(wal->memory + wal->gathered, bytes, (size_t)size);
    wal->gathered += size;
    return SQLITE_OK;
}

/* Only what is gathered need be written first: reading anything else, a rollback does, must not
 * fail for want of room. */
static int wal_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    struct wal_file *wal = wal_of(file);
    int rc = SQLITE_OK;

    if (offset < wal->offset + wal->gathered && wal->offset < offset + size)
        rc = wal_flush(wal);
    return rc != SQLITE_OK ? rc : wal->inner->pMethods->xRead(wal->inner, bytes, size, offset);
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    struct wal_file *wal = wal_of(file);
    int rc = wal_flush(wal);

    return rc != SQLITE_OK ? rc : wal->inner->pMethods->xTruncate(wal->inner, size);
}

static int wal_sync(sqlite3_file *file, int flags)
{
    struct wal_file *wal = wal_of(file);
    int rc = wal_flush(wal);

    return rc != SQLITE_OK ? rc : wal->inner->pMethods->xSync(wal->inner, flags);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
    struct wal_file *wal = wal_of(file);
    int rc = wal_flush(wal);

    return rc != SQLITE_OK ? rc : wal->inner->pMethods->xFileSize(wal->inner, ret_size);
}

static int wal_close(sqlite3_file *file)
{
    struct wal_file *wal = wal_of(file);
    int flushed = wal_flush(wal);
    int closed = wal->inner->pMethods->xClose(wal->inner);

    wal->database->log = NULL;
    free(wal->memory);
    return flushed != SQLITE_OK ? flushed : closed;
}

static int wal_lock(sqlite3_file *file, int level)
{
    return wal_of(file)->inner->pMethods->xLock(wal_of(file)->inner, level);
}

static int wal_unlock(sqlite3_file *file, int level)
{
    return wal_of(file)->inner->pMethods->xUnlock(wal_of(file)->inner, level);
}

static int wal_check_lock(sqlite3_file *file, int *ret_locked)
{
    return wal_of(file)->inner->pMethods->xCheckReservedLock(wal_of(file)->inner, ret_locked);
}

static int wal_control(sqlite3_file *file, int operation, void *argument)
{
    return wal_of(file)->inner->pMethods->xFileControl(wal_of(file)->inner, operation, argument);
}

static int wal_sector_size(sqlite3_file *file)
{
    return wal_of(file)->inner->pMethods->xSectorSize(wal_of(file)->inner);
}

static int wal_characteristics(sqlite3_file *file)
{
    return wal_of(file)->inner->pMethods->xDeviceCharacteristics(wal_of(file)->inner);
}

/* Version 1: SQLite asks the database's file for shared memory, never the log's. */
static const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_unlock,
    .xCheckReservedLock = wal_check_lock,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector_size,
    .xDeviceCharacteristics = wal_characteristics,
};

/* --- the database's file -----------------------------------------------------------------------
 */

static size_t own_size(void)
{
    return ((size_t)own->szOsFile + 7) & ~(size_t)7;
}

static struct database *database_of(sqlite3_file *file)
{
    return (struct database *)(void *)((char *)file + own_size());
}

/* The lock on the log is let go behind the sync of a commit, when nothing is gathered, or in a
 * rollback: then what is gathered is nobody's, and another process may write there next. */
static int database_lock(sqlite3_file *file, int first, int count, int flags)
{
    struct database *database = database_of(file);

    if (database->log && first == WAL_WRITE_LOCK &&
        flags == (SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE)) {
        database->log->gathered = 0;
        database->log->lost = SQLITE_OK;
    }
    return database->lock(file, first, count, flags);
}

static int database_open(const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    struct database *database = database_of(file);
    int rc = own->xOpen(own, name, file, flags, ret_flags);

    *database = (struct database){.log = NULL};
    if (rc != SQLITE_OK || file->pMethods->iVersion < 2)
        return rc;
    database->methods = *file->pMethods;
    database->lock = file->pMethods->xShmLock;
    database->methods.xShmLock = database_lock;
    file->pMethods = &database->methods;
    return SQLITE_OK;
}

/* Where SQLite pads a commit to whole sectors it writes behind the sync as well. */
static bool database_gathers(sqlite3_file *file)
{
    return database_of(file)->lock &&
           (file->pMethods->xDeviceCharacteristics(file) & SQLITE_IOCAP_POWERSAFE_OVERWRITE);
}

static int log_open(const char *name, sqlite3_file *file, int flags, int *ret_flags,
                    struct database *database)
{
    struct wal_file *wal = wal_of(file);
    int rc;

    *wal = (struct wal_file){.inner = (sqlite3_file *)(void *)(wal + 1), .database = database};
    wal->memory = malloc(GATHERED_BYTES);
    if (!wal->memory)
        return SQLITE_NOMEM;
    rc = own->xOpen(own, name, wal->inner, flags, ret_flags);
    if (rc != SQLITE_OK) {
        free(wal->memory);
        return rc;
    }
    wal->file.pMethods = &wal_methods;
    database->log = wal;
    return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    (void)vfs;
    if (flags & SQLITE_OPEN_MAIN_DB)
        return database_open(name, file, flags, ret_flags);
    if (flags & SQLITE_OPEN_WAL) {
        sqlite3_file *database = sqlite3_database_file_object(name);

        if (database_gathers(database))
            return log_open(name, file, flags, ret_flags, database_of(database));
    }
    return own->xOpen(own, name, file, flags, ret_flags);
}

_Static_assert(sizeof(struct wal_file) <= sizeof(struct database), "szOsFile has room for both");

static void vfs_register(void)
{
    sqlite3_vfs *found = sqlite3_vfs_find(NULL);

    if (!found)
        return;
    gather = *found;
    gather.zName = "historyd";
    gather.xOpen = vfs_open;
    own = found;
    gather.szOsFile = (int)(own_size() + sizeof(struct database));
    if (sqlite3_vfs_register(&gather, 0) != SQLITE_OK)
        own = NULL;
}

const char *wal_vfs_name(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, vfs_register);
    return own ? gather.zName : NULL;
}
