#include "store_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "store_problem.h"

/* The short lock: of the open file, not of the process, so that it also works within one. It is
 * held for a few system calls only; waiting for it is no wait for a daemon's life. */
static int gate_set(int fd, short type)
{
    struct flock gate = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
    int r;

    do
        r = fcntl(fd, F_OFD_SETLKW, &gate);
    while (r < 0 && errno == EINTR);
    return r;
}

static int pid_write(int fd)
{
    char text[32];
    int size = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    /* Written before it is cut: on a full disk an earlier holder's block serves again. */
    if (pwrite(fd, text, (size_t)size, 0) != size)
        return -1;
    return ftruncate(fd, size);
}

static long pid_read(int fd)
{
    char text[32] = "";
    ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

    return size > 0 ? strtol(text, NULL, 10) : 0;
}

static int lock_lost(const struct store_place *place, int fd, const char *remedy,
                     struct store_problem *ret_problem)
{
    long pid = pid_read(fd);

    if (pid > 0)
        problem_environment(ret_problem, "%s is served by another historyd (pid %ld); %s",
                            place->path, pid, remedy);
    else
        problem_environment(ret_problem, "%s is locked by another process (%s); %s", place->path,
                            place->lock, remedy);
    return -1;
}

static int lock_decide(const struct store_place *place, int fd, const char *remedy,
                       struct store_problem *ret_problem)
{
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno == EWOULDBLOCK)
            return lock_lost(place, fd, remedy, ret_problem);
        problem_environment(ret_problem, "%s: the lock can't be taken: %s", place->lock,
                            strerrordesc_np(errno));
        return -1;
    }
    if (pid_write(fd) < 0) {
        problem_environment(ret_problem, "%s: the pid can't be written: %s; make room on the disk",
                            place->lock, strerrordesc_np(errno));
        return -1;
    }
    return 0;
}

int lock_take(const struct store_place *place, const char *remedy,
              struct store_problem *ret_problem)
{
    int fd = open(place->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r;

    if (fd < 0) {
        problem_environment(ret_problem,
                            "the lock file %s: %s; make it and its folder writable for the "
                            "user historyd runs as",
                            place->lock, strerrordesc_np(errno));
        return -1;
    }
    if (gate_set(fd, F_WRLCK) < 0) {
        problem_environment(ret_problem, "%s: the lock can't be taken: %s", place->lock,
                            strerrordesc_np(errno));
        close(fd);
        return -1;
    }
    r = lock_decide(place, fd, remedy, ret_problem);
    gate_set(fd, F_UNLCK);
    if (r < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

void lock_release(int fd)
{
    if (fd >= 0)
        close(fd);
}
