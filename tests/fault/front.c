#include "front.h"

#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

/* --- opening --------------------------------------------------------------------------------- */

#define OPEN_MODE(flags, mode)                                                                     \
    do {                                                                                           \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        if ((flags) & (O_CREAT | __O_TMPFILE))                                                     \
            (mode) = va_arg(arguments, mode_t);                                                    \
        va_end(arguments);                                                                         \
    } while (0)

PUBLIC int open(const char *path, int flags, ...)
{
    mode_t mode = 0;

    OPEN_MODE(flags, mode);
    return front_open(AT_FDCWD, path, flags, mode);
}

PUBLIC int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;

    OPEN_MODE(flags, mode);
    return front_open(AT_FDCWD, path, flags, mode);
}

PUBLIC int openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;

    OPEN_MODE(flags, mode);
    return front_open(folder, path, flags, mode);
}

PUBLIC int openat64(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;

    OPEN_MODE(flags, mode);
    return front_open(folder, path, flags, mode);
}

PUBLIC int creat(const char *path, mode_t mode)
{
    return front_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

PUBLIC int creat64(const char *path, mode_t mode)
{
    return creat(path, mode);
}

/* What a program built with _FORTIFY_SOURCE calls. */
PUBLIC int __open_2(const char *path, int flags);
PUBLIC int __open64_2(const char *path, int flags);
PUBLIC int __openat_2(int folder, const char *path, int flags);
PUBLIC int __openat64_2(int folder, const char *path, int flags);

PUBLIC int __open_2(const char *path, int flags)
{
    return front_open(AT_FDCWD, path, flags, 0);
}

PUBLIC int __open64_2(const char *path, int flags)
{
    return front_open(AT_FDCWD, path, flags, 0);
}

PUBLIC int __openat_2(int folder, const char *path, int flags)
{
    return front_open(folder, path, flags, 0);
}

PUBLIC int __openat64_2(int folder, const char *path, int flags)
{
    return front_open(folder, path, flags, 0);
}

/* --- writing --------------------------------------------------------------------------------- */

static ssize_t write_one(int fd, const void *bytes, size_t size, int64_t offset)
{
    struct iovec piece = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};

    return front_write(fd, &piece, 1, offset);
}

PUBLIC ssize_t write(int fd, const void *bytes, size_t size)
{
    return write_one(fd, bytes, size, -1);
}

PUBLIC ssize_t writev(int fd, const struct iovec *pieces, int n_pieces)
{
    return front_write(fd, pieces, n_pieces, -1);
}

PUBLIC ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    return write_one(fd, bytes, size, offset);
}

PUBLIC ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    return write_one(fd, bytes, size, offset);
}

PUBLIC ssize_t pwritev(int fd, const struct iovec *pieces, int n_pieces, off_t offset)
{
    return front_write(fd, pieces, n_pieces, offset);
}

PUBLIC ssize_t pwritev64(int fd, const struct iovec *pieces, int n_pieces, off64_t offset)
{
    return front_write(fd, pieces, n_pieces, offset);
}
