/*
 * Sizes, and what the recorder sees but can't follow.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cut_recorder.h"
#include "front.h"

static int size_set(int fd, int64_t size)
{
    struct cut_descriptor descriptor;
    int r;

    if (!cut_descriptor_get(fd, &descriptor))
        return (int)syscall(SYS_ftruncate, fd, size);
    cut_begin();
    r = (int)syscall(SYS_ftruncate, fd, size);
    if (r == 0)
        cut_record_file(CUT_TRUNCATE, &descriptor, size, NULL, 0);
    cut_end();
    return r;
}

PUBLIC int ftruncate(int fd, off_t size)
{
    return size_set(fd, size);
}

PUBLIC int ftruncate64(int fd, off64_t size)
{
    return size_set(fd, size);
}

static int path_size_set(const char *path, int64_t size)
{
    int fd;
    int r;
    int saved;

    if (!cut_recording())
        return (int)syscall(SYS_truncate, path, size);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    r = size_set(fd, size);
    saved = errno;
    close(fd);
    errno = saved;
    return r;
}

PUBLIC int truncate(const char *path, off_t size)
{
    return path_size_set(path, size);
}

PUBLIC int truncate64(const char *path, off64_t size)
{
    return path_size_set(path, size);
}

static int allocate(int fd, int mode, int64_t offset, int64_t size)
{
    struct cut_descriptor descriptor;
    int r;

    if (!cut_descriptor_get(fd, &descriptor))
        return (int)syscall(SYS_fallocate, fd, mode, offset, size);
    cut_begin();
    r = (int)syscall(SYS_fallocate, fd, mode, offset, size);
    if (r == 0 && (mode & ~FALLOC_FL_KEEP_SIZE) && !descriptor.scratch)
        cut_record_unfollowed("fallocate() with a hole or a shift", NULL);
    else if (r == 0 && mode == 0)
        cut_record_file(CUT_GROW, &descriptor, offset + size, NULL, 0);
    cut_end();
    return r;
}

PUBLIC int fallocate(int fd, int mode, off_t offset, off_t size)
{
    return allocate(fd, mode, offset, size);
}

PUBLIC int fallocate64(int fd, int mode, off64_t offset, off64_t size)
{
    return allocate(fd, mode, offset, size);
}

PUBLIC int posix_fallocate(int fd, off_t offset, off_t size)
{
    int saved = errno;
    int r = allocate(fd, 0, offset, size) < 0 ? errno : 0;

    errno = saved;
    return r;
}

PUBLIC int posix_fallocate64(int fd, off64_t offset, off64_t size)
{
    return posix_fallocate(fd, offset, size);
}

/* --- what can't be followed ------------------------------------------------------------------ */

static void unfollowed_descriptor(int fd, const char *what)
{
    struct cut_descriptor descriptor;

    if (!cut_descriptor_get(fd, &descriptor) || descriptor.scratch)
        return;
    cut_begin();
    cut_record_unfollowed(what, NULL);
    cut_end();
}

PUBLIC ssize_t copy_file_range(int in, off64_t *in_offset, int out, off64_t *out_offset,
                               size_t size, unsigned int flags)
{
    unfollowed_descriptor(out, "copy_file_range()");
    return syscall(SYS_copy_file_range, in, in_offset, out, out_offset, size, flags);
}

PUBLIC ssize_t sendfile(int out, int in, off_t *offset, size_t size)
{
    unfollowed_descriptor(out, "sendfile()");
    return syscall(SYS_sendfile, out, in, offset, size);
}

PUBLIC ssize_t sendfile64(int out, int in, off64_t *offset, size_t size)
{
    return sendfile(out, in, offset, size);
}

/* A stream's writes never pass by. */
static void unfollowed_stream(const char *path, const char *mode)
{
    char name[PATH_MAX];

    if (!cut_recording() || !path || !strpbrk(mode, "wa+") || !cut_name_of(AT_FDCWD, path, name))
        return;
    cut_begin();
    cut_record_unfollowed("a stream of stdio", name);
    cut_end();
}

PUBLIC FILE *fopen(const char *path, const char *mode)
{
    FILE *(*next)(const char *, const char *) =
        (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, "fopen");

    unfollowed_stream(path, mode);
    return next(path, mode);
}

PUBLIC FILE *fopen64(const char *path, const char *mode)
{
    return fopen(path, mode);
}
