/*
 * failing_disk: a library put in front of the daemon (LD_PRELOAD) that lets its disk fail on
 * command.
 *
 * The file named by HISTORYD_TEST_FAULT says how: "full" (no write finds room) or "sync" (no sync
 * succeeds); without the file the disk is sound.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

int fdatasync(int fd);
int fsync(int fd);
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset);

static bool fault_is(char first)
{
    const char *path = getenv("HISTORYD_TEST_FAULT");
    int saved = errno;
    char c = '\0';
    int fd;

    fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        if (read(fd, &c, 1) != 1)
            c = '\0';
        close(fd);
    }
    errno = saved;
    return c == first;
}

#define PUBLIC __attribute__((visibility("default")))

PUBLIC int fdatasync(int fd)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

    if (!fault_is('s'))
        return next(fd);
    errno = EIO;
    return -1;
}

PUBLIC int fsync(int fd)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

    if (!fault_is('s'))
        return next(fd);
    errno = EIO;
    return -1;
}

PUBLIC ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    ssize_t (*next)(int, const void *, size_t, off64_t) =
        (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");

    if (!fault_is('f'))
        return next(fd, bytes, size, offset);
    errno = ENOSPC;
    return -1;
}

PUBLIC ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return pwrite64(fd, bytes, size, offset);
}
