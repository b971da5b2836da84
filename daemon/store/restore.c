#include "store_restore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "restore_check.h"
#include "restore_end.h"
#include "store_create.h"
#include "store_lock.h"
#include "store_problem.h"

enum {
    PIECE_BYTES = 1 << 20,
    HEADER_VERSION_OFFSET = 18, /* two bytes: 1 a rollback journal, 2 a write-ahead log */
};

#define STOP_IT                                                                                    \
    "stop it and its socket first (systemctl stop historyd.service historyd.socket; a user's "     \
    "own: "                                                                                        \
    "systemctl --user), then restore again"

struct restore {
    const struct store_restore_options *options;
    struct store_place place;
    char growing[RESTORE_ASIDE_SIZE];
    char ready[RESTORE_ASIDE_SIZE];
    int fd; /* of the copy */
};

static int copy_problem(const struct restore *restore, struct store_problem *ret_problem)
{
    int cause = errno;

    if (cause == ENOSPC || cause == EDQUOT || cause == EFBIG)
        problem_environment(ret_problem,
                            "no room on the disk for a copy of %s beside %s; make room",
                            restore->options->backup_name, restore->place.path);
    else
        problem_environment(ret_problem, "%s can't be written: %s", restore->growing,
                            strerrordesc_np(cause));
    return -1;
}

/* Pieces from wherever the descriptor stands; 0 or a negative errno, positive when reading failed.
 */
static int bytes_copy(int from, int to, int64_t *ret_bytes)
{
    char *piece = malloc(PIECE_BYTES);
    off_t at = 0;
    ssize_t size = 0;
    int cause = piece ? 0 : ENOMEM;
    bool reads = false;

    while (cause == 0 && (size = pread(from, piece, PIECE_BYTES, at)) != 0) {
        ssize_t written = 0;

        reads = size < 0;
        if (size > 0)
            written = pwrite(to, piece, (size_t)size, at);
        if (size < 0 || written < 0)
            cause = errno == EINTR ? 0 : errno;
        else
            at += written;
    }
    free(piece);
    *ret_bytes = at;
    return reads ? cause : -cause;
}

/* A copy needs no files beside it to be read: the log that a header may speak of is not part of it.
 */
static int header_set(int fd)
{
    static const char magic[16] = "SQLite format 3";
    static const unsigned char versions[2] = {1, 1};
    char header[sizeof(magic)];

    if (pread(fd, header, sizeof(header), 0) != sizeof(header) ||
        memcmp(header, magic, sizeof(magic)) != 0)
        return 1;
    return pwrite(fd, versions, sizeof(versions), HEADER_VERSION_OFFSET) == sizeof(versions) ? 0
                                                                                             : -1;
}

static int copy_fill(const struct restore *restore, struct store_restored *restored,
                     struct store_problem *ret_problem)
{
    const char *name = restore->options->backup_name;
    int r = bytes_copy(restore->options->backup, restore->fd, &restored->bytes);

    if (r > 0) {
        problem_environment(ret_problem, "%s can't be read: %s", name, strerrordesc_np(r));
        return -1;
    }
    if (r < 0) {
        errno = -r;
        return copy_problem(restore, ret_problem);
    }
    r = header_set(restore->fd);
    if (r > 0) {
        problem_refuse(ret_problem, "%s is not a database; name a backup of historyd", name);
        return -1;
    }
    return r < 0 || fsync(restore->fd) < 0 ? copy_problem(restore, ret_problem) : 0;
}

static int copy_open(struct restore *restore, struct store_problem *ret_problem)
{
    struct stat former;
    mode_t mode = 0600;

    if (stat(restore->place.path, &former) == 0)
        mode = former.st_mode & 0777;
    restore->fd = open(restore->growing, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (restore->fd < 0 || fchmod(restore->fd, mode) < 0)
        return copy_problem(restore, ret_problem);
    return 0;
}

/* The point of no return: behind it whoever holds the lock next ends the restore. */
static int copy_decide(struct restore *restore, struct store_problem *ret_problem)
{
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = 0}};

    times[1].tv_sec = restore_aside_moment(&restore->place, time(NULL));
    if (futimens(restore->fd, times) < 0 || fsync(restore->fd) < 0 ||
        rename(restore->growing, restore->ready) < 0)
        return copy_problem(restore, ret_problem);
    return 0;
}

static int restore_steps(struct restore *restore, struct store_restored *restored,
                         struct store_problem *ret_problem)
{
    const char *name = restore->options->backup_name;
    int r = copy_open(restore, ret_problem);

    if (r == 0)
        r = copy_fill(restore, restored, ret_problem);
    if (r == 0)
        r = restore_check(restore->growing, name, restored, ret_problem);
    if (r == 0)
        r = copy_decide(restore, ret_problem);
    if (r < 0) {
        unlink(restore->growing);
        return -1;
    }
    return restore_end(&restore->place, restored->aside, ret_problem) < 0 ? -1 : 0;
}

static int restore_locked(struct restore *restore, struct store_restored *ret_restored,
                          struct store_problem *ret_problem)
{
    struct store_restored restored = {.bytes = 0};
    struct stat backup;
    struct stat former;
    int r;

    /* One before this one may have been cut short. */
    if (restore_end(&restore->place, NULL, ret_problem) < 0)
        return -1;
    if (fstat(restore->options->backup, &backup) == 0 && stat(restore->place.path, &former) == 0 &&
        backup.st_dev == former.st_dev && backup.st_ino == former.st_ino) {
        problem_environment(ret_problem, "%s is the database itself; name a backup of it",
                            restore->options->backup_name);
        return -1;
    }
    strcpy(restored.path, restore->place.path);
    snprintf(restore->growing, sizeof(restore->growing), "%s" RESTORE_GROWING, restored.path);
    snprintf(restore->ready, sizeof(restore->ready), "%s" RESTORE_READY, restored.path);
    r = restore_steps(restore, &restored, ret_problem);
    if (restore->fd >= 0)
        close(restore->fd);
    if (r == 0)
        *ret_restored = restored;
    return r;
}

int store_restore(const struct store_restore_options *options, struct store_restored *ret_restored,
                  struct store_problem *ret_problem)
{
    struct restore restore = {.options = options, .fd = -1};
    int lock;
    int r;

    if (place_resolve(options->path, &restore.place, ret_problem) < 0)
        return -1;
    lock = lock_take(&restore.place, STOP_IT, ret_problem);
    if (lock < 0)
        return -1;
    r = restore_locked(&restore, ret_restored, ret_problem);
    lock_release(lock);
    return r;
}
