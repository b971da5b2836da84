#include "backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_db.h"

enum { CUT_STEPS = 10000 };

int backup_problem(const struct store_backup *backup, const char *words,
                   char ret_problem[BACKUP_PROBLEM_SIZE])
{
    snprintf(ret_problem, BACKUP_PROBLEM_SIZE, "the backup %.200s was not made in %s: %s",
             backup->name, backup->place, words);
    return STORE_BACKUP_FAILED;
}

static int errno_problem(const struct store_backup *backup, char ret_problem[BACKUP_PROBLEM_SIZE])
{
    int cause = errno;

    if (cause == ENOSPC || cause == EDQUOT || cause == EFBIG)
        return STORE_FULL;
    if (cause == ENOMEM)
        return STORE_NO_MEMORY;
    return cause == EEXIST ? STORE_BACKUP_EXISTS
                           : backup_problem(backup, strerrordesc_np(cause), ret_problem);
}

static int folder_problem(const struct store_backup *backup, char ret_problem[BACKUP_PROBLEM_SIZE])
{
    int r = errno_problem(backup, ret_problem);
    size_t used;

    if (r != STORE_BACKUP_FAILED)
        return r;
    used = strlen(ret_problem);
    snprintf(ret_problem + used, BACKUP_PROBLEM_SIZE - used,
             "; let the daemon's user write there, or name another folder under [backup] in "
             "historyd.conf");
    return r;
}

/* Its name in the folder above is on the disk before anything in it counts on that. */
static int folder_make(const char *folder)
{
    char above[PATH_MAX];
    int fd;
    int r;

    if (mkdir(folder, 0700) < 0)
        return errno == EEXIST ? 0 : -1;
    snprintf(above, sizeof(above), "%s", folder);
    fd = open(dirname(above), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    r = fsync(fd);
    close(fd);
    return r;
}

/* SQLite follows no symbolic link, also not in the folder's path. */
static int path_make(struct store_backup *backup, const char *folder)
{
    char canonical[PATH_MAX];
    int size;

    if (!realpath(folder, canonical))
        return -1;
    size = snprintf(backup->path, sizeof(backup->path), "%s/%s", canonical, backup->partial);
    errno = ENAMETOOLONG;
    return (size_t)size < sizeof(backup->path) ? 0 : -1;
}

static int file_open(struct store_backup *backup, const char *folder)
{
    if (folder_make(folder) < 0 || path_make(backup, folder) < 0)
        return -1;
    backup->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (backup->folder < 0)
        return -1;
    if (faccessat(backup->folder, backup->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        errno = EEXIST;
        return -1;
    }
    backup->fd = openat(backup->folder, backup->partial,
                        O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    return backup->fd < 0 ? -1 : flock(backup->fd, LOCK_EX | LOCK_NB);
}

int backup_file_new(const char *folder, const char *name, struct store_backup **ret_backup,
                    char ret_problem[BACKUP_PROBLEM_SIZE])
{
    struct store_backup *backup = calloc(1, sizeof(*backup));
    int r = 0;

    if (!backup)
        return STORE_NO_MEMORY;
    backup->folder = backup->fd = -1;
    snprintf(backup->name, sizeof(backup->name), "%s", name);
    snprintf(backup->place, sizeof(backup->place), "%s", folder);
    snprintf(backup->partial, sizeof(backup->partial), BACKUP_PARTIAL, name);
    if (file_open(backup, folder) < 0)
        r = folder_problem(backup, ret_problem);
    if (r != 0) {
        backup_file_free(backup, backup->fd >= 0);
        return r;
    }
    *ret_backup = backup;
    return 0;
}

void backup_file_free(struct store_backup *backup, bool remove)
{
    /* Unlinked before the lock goes, so that nobody else's file of the name is hit. */
    if (remove)
        unlinkat(backup->folder, backup->partial, 0);
    if (backup->fd >= 0)
        close(backup->fd);
    if (backup->folder >= 0)
        close(backup->folder);
    free(backup);
}

int store_backup_flush(const struct store_backup *backup, char ret_problem[BACKUP_PROBLEM_SIZE])
{
    return fdatasync(backup->fd) < 0 ? errno_problem(backup, ret_problem) : 0;
}

struct cut {
    const struct store_db *db;
    const atomic_bool *asked;
};

static int cut_asked(void *data)
{
    const struct cut *cut = data;

    return atomic_load(cut->db->hurry) || (cut->asked && atomic_load(cut->asked));
}

/* Looks the copy through on a connection of its own, as whoever will open it. */
static int file_check(const struct store_backup *backup, struct cut *cut,
                      char ret_problem[BACKUP_PROBLEM_SIZE])
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *handle = NULL;
    const char *text;
    int r = 0;
    int rc = sqlite3_open_v2(backup->path, &handle,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
                                 SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE,
                             "unix-none");

    if (rc == SQLITE_OK) {
        sqlite3_progress_handler(handle, CUT_STEPS, cut_asked, cut);
        rc = sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &statement, NULL);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    if (rc == SQLITE_INTERRUPT)
        r = STORE_BUSY;
    else if (rc == SQLITE_NOMEM || rc == SQLITE_IOERR_NOMEM)
        r = STORE_NO_MEMORY;
    else if (!text || strcmp(text, "ok") != 0)
        r = backup_problem(backup, text ? text : sqlite3_errmsg(handle), ret_problem);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return r;
}

/* A name that appeared meanwhile is not replaced. */
static int file_name(const struct store_backup *backup, char ret_problem[BACKUP_PROBLEM_SIZE])
{
    if (renameat2(backup->folder, backup->partial, backup->folder, backup->name,
                  RENAME_NOREPLACE) == 0)
        return 0;
    /* Not every file system knows the flag; a link replaces nothing either. */
    if (errno == EINVAL &&
        linkat(backup->folder, backup->partial, backup->folder, backup->name, 0) == 0) {
        unlinkat(backup->folder, backup->partial, 0);
        return 0;
    }
    return errno_problem(backup, ret_problem);
}

int store_backup_publish(struct store_db *db, struct store_backup *backup, const atomic_bool *cut,
                         int64_t *ret_bytes, char ret_problem[BACKUP_PROBLEM_SIZE])
{
    struct cut asked = {.db = db, .asked = cut};
    struct stat status;
    int r = 0;

    if (fsync(backup->fd) < 0 || fstat(backup->fd, &status) < 0)
        r = errno_problem(backup, ret_problem);
    if (r == 0)
        r = file_check(backup, &asked, ret_problem);
    if (r == 0)
        r = file_name(backup, ret_problem);
    if (r == 0 && fsync(backup->folder) < 0) {
        r = errno_problem(backup, ret_problem);
        unlinkat(backup->folder, backup->name, 0);
    }
    if (r == 0)
        *ret_bytes = (int64_t)status.st_size;
    backup_file_free(backup, r != 0);
    return r;
}
