#include "wal_vfs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* Below 128 KiB: SQLite's Unix layer writes the size modulo that first, and takes 0 bytes written
 * for a full disk. */
enum { GATHERED_BYTES = 96 << 10 };

/* The log's file; SQLite's own object for it follows behind. `gathered` bytes of `memory` belong at
 * `offset`. */
struct wal_file {
    sqlite3_file file;
    sqlite3_file *inner;
    char *memory;
    int gathered;
    sqlite3_int64 offset;
};

static struct wal_file *wal_of(sqlite3_file *file)
{
    return (struct wal_file *)(void *)file;
}

/* What could not be written is given up: the commit it belonged to fails, and with it the right to
 * rely on anything behind the last one. */
static int wal_flush(struct wal_file *wal)
{
    int size = wal->gathered;

    wal->gathered = 0;
    if (size == 0)
        return SQLITE_OK;
    return wal->inner->pMethods->xWrite(wal->inner, wal->memory, size, wal->offset);
}

static int wal_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct wal_file *wal = wal_of(file);
    int rc = SQLITE_OK;

    if (offset != wal->offset + wal->gathered || wal->gathered + size > GATHERED_BYTES)
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

static int wal_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
    struct wal_file *wal = wal_of(file);
    int rc = wal_flush(wal);

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

static sqlite3_vfs *own;   /* SQLite's */
static sqlite3_vfs gather; /* a copy of it that opens logs differently */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *ret_flags)
{
    struct wal_file *wal = wal_of(file);
    int rc;

    (void)vfs;
    if (!(flags & SQLITE_OPEN_WAL))
        return own->xOpen(own, name, file, flags, ret_flags);
    *wal = (struct wal_file){.inner = (sqlite3_file *)(void *)(wal + 1)};
    wal->memory = malloc(GATHERED_BYTES);
    if (!wal->memory)
        return SQLITE_NOMEM;
    rc = own->xOpen(own, name, wal->inner, flags, ret_flags);
    if (rc != SQLITE_OK) {
        free(wal->memory);
        return rc;
    }
    wal->file.pMethods = &wal_methods;
    return SQLITE_OK;
}

static void vfs_register(void)
{
    sqlite3_vfs *found = sqlite3_vfs_find(NULL);

    if (!found)
        return;
    gather = *found;
    gather.zName = "historyd";
    gather.szOsFile = found->szOsFile + (int)sizeof(struct wal_file);
    gather.xOpen = vfs_open;
    own = found;
    if (sqlite3_vfs_register(&gather, 0) != SQLITE_OK)
        own = NULL;
}

const char *wal_vfs_name(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, vfs_register);
    return own ? gather.zName : NULL;
}
