#include "store_backup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "backup_file.h"
#include "store_db.h"

enum {
    STEP_PAGES = 32,
    STEP_US = 4000,             /* that a step may take, a commit waits no longer for it */
    FLUSH_BYTES = 4 << 20,      /* written between two flushes */
    COPY_CACHE_PAGES = 256,     /* of the copy, written as they come */
    HEADER_VERSION_OFFSET = 18, /* two bytes: 1 a rollback journal, 2 a write-ahead log */
};

bool store_backup_name_is_good(const char *name)
{
    static const char *const sidecars[] = {"-wal", "-shm", "-journal", "-lock"};
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._+=@:-";
    size_t size = strlen(name);

    /* Nothing that a shell, a program's options or a hidden file would make something else of. */
    if (size < 1 || size > BACKUP_NAME_MAX || name[0] == '.' || name[0] == '-' ||
        strspn(name, allowed) != size)
        return false;
    /* Beside a database of the name before them these would be taken for its own. */
    for (size_t i = 0; i < sizeof(sidecars) / sizeof(sidecars[0]); i++) {
        size_t end = strlen(sidecars[i]);

        if (size >= end && strcmp(name + size - end, sidecars[i]) == 0)
            return false;
    }
    return true;
}

static int64_t microseconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t pragma_int(sqlite3 *handle, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = 0;

    if (sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* A copy that can't fit must not take the last room from what is being recorded. */
static int room_check(struct store_db *db, const struct store_backup *backup)
{
    struct statvfs disk;
    uint64_t wanted = (uint64_t)(pragma_int(db->handle, "PRAGMA page_count") * backup->page_size);

    if (fstatvfs(backup->folder, &disk) < 0)
        return 0;
    return (uint64_t)disk.f_bavail * disk.f_frsize < wanted ? STORE_FULL : 0;
}

/* No journal, no locks and no syncs: nobody else knows the file, one that is not whole is removed,
 * and it is synced in small pieces elsewhere. */
static int copy_open(struct store_db *db, struct store_backup *backup)
{
    char sql[160];
    int rc =
        sqlite3_open_v2(backup->path, &backup->copy,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                            SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                        "unix-none");

    snprintf(sql, sizeof(sql),
             "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA mmap_size = 0;"
             "PRAGMA cache_size = %d; PRAGMA temp_store = MEMORY",
             COPY_CACHE_PAGES);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(backup->copy, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        return rc;
    backup->under_way = sqlite3_backup_init(backup->copy, "main", db->handle, "main");
    return backup->under_way ? SQLITE_OK : sqlite3_extended_errcode(backup->copy);
}

static int copy_failure(const struct store_backup *backup, int rc, int cause,
                        char ret_problem[BACKUP_PROBLEM_SIZE])
{
    if ((rc & 0xff) == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM)
        return STORE_NO_MEMORY;
    if (failure_is_full(rc, cause))
        return STORE_FULL;
    return backup_problem(backup, sqlite3_errstr(rc), ret_problem);
}

int store_backup_begin(struct store_db *db, const char *folder, const char *name,
                       char ret_problem[BACKUP_PROBLEM_SIZE])
{
    struct store_backup *backup = NULL;
    int rc;
    int r = backup_file_new(folder, name, &backup, ret_problem);

    if (r != 0)
        return r;
    backup->page_size = pragma_int(db->handle, "PRAGMA page_size");
    r = room_check(db, backup);
    if (r == 0) {
        errno = 0;
        rc = copy_open(db, backup);
        if (rc != SQLITE_OK)
            r = copy_failure(backup, rc, errno, ret_problem);
    }
    if (r != 0) {
        store_backup_discard(backup);
        return r;
    }
    db->backup = backup;
    return 0;
}

/* The last step is committed; from here on the copy is a file like any other. In rollback-journal
 * mode it needs no files beside it to be read, not even where nothing can be written. */
static int copy_end(struct store_db *db, struct store_backup *backup, int rc)
{
    static const unsigned char versions[2] = {1, 1};
    int ended = sqlite3_backup_finish(backup->under_way);

    backup->under_way = NULL;
    db->backup = NULL;
    rc = rc == SQLITE_DONE ? ended : rc;
    errno = 0;
    if (rc == SQLITE_OK)
        rc = sqlite3_close(backup->copy);
    if (rc == SQLITE_OK) {
        backup->copy = NULL;
        if (pwrite(backup->fd, versions, sizeof(versions), HEADER_VERSION_OFFSET) !=
            sizeof(versions))
            rc = SQLITE_IOERR_WRITE;
    }
    return rc;
}

int store_backup_step(struct store_db *db, struct store_backup_progress *ret_progress,
                      char ret_problem[BACKUP_PROBLEM_SIZE])
{
    struct store_backup *backup = db->backup;
    struct store_backup_progress progress = {.flush = NULL};
    int64_t until = microseconds_now() + STEP_US;
    int cause;
    int rc;

    do {
        errno = 0;
        rc = sqlite3_backup_step(backup->under_way, STEP_PAGES);
        cause = errno;
        backup->unflushed += STEP_PAGES;
    } while (rc == SQLITE_OK && microseconds_now() < until);
    progress.pages_total = sqlite3_backup_pagecount(backup->under_way);
    progress.pages_done = progress.pages_total - sqlite3_backup_remaining(backup->under_way);
    if (rc == SQLITE_OK || rc == SQLITE_BUSY || rc == SQLITE_LOCKED) {
        if (backup->unflushed * backup->page_size >= FLUSH_BYTES) {
            progress.flush = backup;
            backup->unflushed = 0;
        }
        *ret_progress = progress;
        return 0;
    }
    rc = copy_end(db, backup, rc);
    if (rc != SQLITE_OK) {
        int r = copy_failure(backup, rc, cause, ret_problem);

        store_backup_discard(backup);
        return r;
    }
    progress.written = backup;
    *ret_progress = progress;
    return 0;
}

void store_backup_cancel(struct store_db *db)
{
    store_backup_discard(db->backup);
    db->backup = NULL;
}

void store_backup_discard(struct store_backup *backup)
{
    if (!backup)
        return;
    if (backup->under_way)
        sqlite3_backup_finish(backup->under_way);
    sqlite3_close(backup->copy);
    backup_file_free(backup, true);
}
