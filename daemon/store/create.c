/*
 * Making a database that is not there.
 *
 * SQLite makes it in its place, with a rollback journal whose name it syncs but passes over when
 * that fails; a power cut can then leave half a page that nobody can read or roll back. Here the
 * first page is made under another name and gets its own when it is on the disk: there is no
 * database, or a good one. From then on everything goes through the log.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "store_create.h"
#include "store_db.h"
#include "store_problem.h"

static int create_problem(const struct store_place *place, int cause,
                          struct store_problem *ret_problem)
{
    if (cause == ENOSPC || cause == EDQUOT)
        problem_environment(ret_problem, "no room on the disk for %s; make room", place->path);
    else
        problem_environment(ret_problem, "%s can't be made: %s", place->path,
                            strerrordesc_np(cause));
    return -1;
}

/* Nothing in the new file is worth a sync before all of it is. */
static int page_make(const struct store_place *place, const char *name,
                     struct store_problem *ret_problem)
{
    sqlite3 *handle = NULL;
    int cause;
    int rc;

    errno = 0;
    rc =
        sqlite3_open_v2(name, &handle,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                            SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                        NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(handle,
                          "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;"
                          "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL",
                          NULL, NULL, NULL);
    cause = errno;
    sqlite3_close(handle);
    if (rc == SQLITE_OK)
        return 0;
    if (rc == SQLITE_NOMEM)
        return create_problem(place, ENOMEM, ret_problem);
    return create_problem(place,
                          failure_is_full(rc, cause) ? ENOSPC
                          : cause                    ? cause
                                                     : EIO,
                          ret_problem);
}

static int file_sync(const char *name)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int r = fd < 0 ? -1 : fsync(fd);
    int cause = errno;

    if (fd >= 0)
        close(fd);
    errno = cause;
    return r;
}

/* Another program may have made one meanwhile. */
static int file_name(const char *name, const char *path)
{
    if (renameat2(AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EINVAL || errno == ENOSYS ? rename(name, path) : -1;
}

int database_create(const struct store_place *place, struct store_problem *ret_problem)
{
    char name[PLACE_NAME_SIZE];
    int cause;

    strcpy(stpcpy(name, place->path), "-new");
    unlink(name);
    if (page_make(place, name, ret_problem) < 0) {
        unlink(name);
        return -1;
    }
    if (file_sync(name) < 0 || (file_name(name, place->path) < 0 && errno != EEXIST)) {
        cause = errno;
        unlink(name);
        return create_problem(place, cause, ret_problem);
    }
    unlink(name);
    return 0;
}

int folder_settle(const struct store_place *place, struct store_problem *ret_problem)
{
    int fd = open(place->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 ? -1 : fsync(fd);
    int cause = errno;

    if (fd >= 0)
        close(fd);
    /* A folder that may not be read, and file systems without syncs of folders. */
    if (r == 0 || cause == EACCES || cause == EINVAL)
        return 0;
    problem_environment(ret_problem, "the folder %s can't be synced: %s", place->folder,
                        strerrordesc_np(cause));
    return -1;
}
