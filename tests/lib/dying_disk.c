/*
 * dying_disk: a library put in front of a program (LD_PRELOAD) that kills it before one of the
 * calls by which it changes files: before the one whose number, counted from 1, is in
 * HISTORYD_TEST_DEATH.
 */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

int fchmod(int fd, mode_t mode);
int fsync(int fd);
int futimens(int fd, const struct timespec times[2]);
ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset);
ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset);
int rename(const char *from, const char *to);
int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags);
int unlink(const char *path);

static void die_in_time(void)
{
    static int calls;
    const char *number = getenv("HISTORYD_TEST_DEATH");

    if (number && ++calls == atoi(number))
        kill(getpid(), SIGKILL);
}

PUBLIC int fchmod(int fd, mode_t mode)
{
    int (*next)(int, mode_t) = (int (*)(int, mode_t))dlsym(RTLD_NEXT, "fchmod");

    die_in_time();
    return next(fd, mode);
}

PUBLIC int fsync(int fd)
{
    int (*next)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

    die_in_time();
    return next(fd);
}

PUBLIC int futimens(int fd, const struct timespec times[2])
{
    int (*next)(int, const struct timespec[2]) =
        (int (*)(int, const struct timespec[2]))dlsym(RTLD_NEXT, "futimens");

    die_in_time();
    return next(fd, times);
}

PUBLIC ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    ssize_t (*next)(int, const void *, size_t, off64_t) =
        (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");

    die_in_time();
    return next(fd, bytes, size, offset);
}

PUBLIC ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return pwrite64(fd, bytes, size, offset);
}

PUBLIC int rename(const char *from, const char *to)
{
    int (*next)(const char *, const char *) =
        (int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename");

    die_in_time();
    return next(from, to);
}

PUBLIC int renameat2(int from_folder, const char *from, int to_folder, const char *to,
                     unsigned int flags)
{
    int (*next)(int, const char *, int, const char *, unsigned int) =
        (int (*)(int, const char *, int, const char *, unsigned int))dlsym(RTLD_NEXT, "renameat2");

    die_in_time();
    return next(from_folder, from, to_folder, to, flags);
}

PUBLIC int unlink(const char *path)
{
    int (*next)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");

    die_in_time();
    return next(path);
}
