/*
 * Opening, writing and sizing files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cut_recorder.h"
#include "front.h"

static bool file_exists(int folder, const char *path)
{
    struct stat status;

    return fstatat(folder, path, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static int open_below(int folder, const char *path, int flags, mode_t mode, const char *name)
{
    struct cut_descriptor descriptor = {.known = false};
    int saved = errno;
    bool existed;
    int fd;

    cut_begin();
    existed = file_exists(folder, path);
    errno = saved;
    fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0) {
        saved = errno;
        cut_descriptor_add(fd, flags);
        if (cut_descriptor_get(fd, &descriptor) && !existed && !descriptor.folder)
            cut_trace_append(cut_recording(),
                             &(struct cut_entry){.kind = CUT_CREATE,
                                                 .flags = descriptor.scratch ? CUT_IS_SCRATCH : 0,
                                                 .file = descriptor.file,
                                                 .name = name});
        else if (descriptor.known && (flags & O_TRUNC))
            cut_record_file(CUT_TRUNCATE, &descriptor, 0, NULL, 0);
        errno = saved;
    }
    cut_end();
    return fd;
}

/* By a path from outside: the folder itself, or a link into it. */
static int open_outside(int folder, const char *path, int flags, mode_t mode)
{
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    int saved = errno;

    if (fd >= 0 && cut_recording() && !(flags & O_PATH)) {
        cut_begin();
        cut_descriptor_add(fd, flags);
        cut_end();
        errno = saved;
    }
    return fd;
}

int front_open(int folder, const char *path, int flags, mode_t mode)
{
    char name[PATH_MAX];

    if (!cut_recording() || (flags & O_PATH) || !cut_name_of(folder, path, name))
        return open_outside(folder, path, flags, mode);
    if ((flags & O_TMPFILE) == O_TMPFILE) {
        cut_begin();
        cut_record_unfollowed("a file without a name", path);
        cut_end();
    }
    return open_below(folder, path, flags, mode, name);
}

/* Forgotten before it is closed: the number is another file's at once. */
PUBLIC int close(int fd)
{
    if (cut_recording())
        cut_descriptor_forget(fd);
    return (int)syscall(SYS_close, fd);
}

static int copied(int from, int to)
{
    if (cut_recording() && to >= 0 && to != from) {
        cut_descriptor_forget(to);
        cut_descriptor_copy(from, to);
    }
    return to;
}

PUBLIC int dup(int fd)
{
    return copied(fd, (int)syscall(SYS_dup, fd));
}

PUBLIC int dup2(int from, int to)
{
    if (from == to)
        return fcntl(from, F_GETFD) < 0 ? -1 : to;
    return copied(from, (int)syscall(SYS_dup3, from, to, 0));
}

PUBLIC int dup3(int from, int to, int flags)
{
    return copied(from, (int)syscall(SYS_dup3, from, to, flags));
}

/* --- writing --------------------------------------------------------------------------------- */

/* What the kernel took of the pieces, as one record. */
static void record_written(const struct cut_descriptor *descriptor, const struct iovec *pieces,
                           int n_pieces, size_t written, int64_t offset)
{
    char *bytes;
    size_t gathered = 0;

    if (n_pieces == 1) {
        cut_record_file(CUT_WRITE, descriptor, offset, pieces[0].iov_base, written);
        return;
    }
    bytes = malloc(written + 1);
    if (!bytes) {
        cut_record_unfollowed("a write for which there was no memory", NULL);
        return;
    }
    for (int i = 0; i < n_pieces && gathered < written; i++) {
        size_t size = pieces[i].iov_len;

        size = size < written - gathered ? size : written - gathered;
        memcpy(bytes + gathered, pieces[i].iov_base, size);
        gathered += size;
    }
    cut_record_file(CUT_WRITE, descriptor, offset, bytes, written);
    free(bytes);
}

ssize_t front_write(int fd, const struct iovec *pieces, int n_pieces, int64_t offset)
{
    struct cut_descriptor descriptor;
    bool stands = offset < 0;
    bool recorded = cut_descriptor_get(fd, &descriptor) && !descriptor.folder;
    ssize_t written;
    int saved;

    if (!recorded && stands)
        return cut_send(fd, SYS_writev, pieces, (size_t)n_pieces, 0);
    if (!recorded)
        return syscall(SYS_pwritev, fd, pieces, n_pieces, offset, 0);
    cut_begin();
    written = stands ? syscall(SYS_writev, fd, pieces, n_pieces)
                     : syscall(SYS_pwritev, fd, pieces, n_pieces, offset, 0);
    saved = errno;
    /* Also at the end of a file, where O_APPEND writes: the descriptor stands behind it then. */
    if (written > 0 && (stands || (fcntl(fd, F_GETFL) & O_APPEND)))
        offset = lseek(fd, 0, stands ? SEEK_CUR : SEEK_END) - written;
    if (written > 0) {
        record_written(&descriptor, pieces, n_pieces, (size_t)written, offset);
        if (!descriptor.scratch)
            cut_die_behind_write();
    }
    cut_end();
    if (written > 0 && descriptor.synced && cut_sync(fd, SYS_fdatasync, &descriptor) < 0)
        return -1;
    errno = saved;
    return written;
}

/* The flags are hints, but for those that sync. */
static ssize_t write_flagged(int fd, const struct iovec *pieces, int n_pieces, int64_t offset,
                             int flags)
{
    struct cut_descriptor descriptor;
    ssize_t written = front_write(fd, pieces, n_pieces, offset);

    if (written > 0 && (flags & (RWF_SYNC | RWF_DSYNC)) && cut_descriptor_get(fd, &descriptor) &&
        cut_sync(fd, SYS_fdatasync, &descriptor) < 0)
        return -1;
    return written;
}

PUBLIC ssize_t pwritev2(int fd, const struct iovec *pieces, int n_pieces, off_t offset, int flags)
{
    return write_flagged(fd, pieces, n_pieces, offset, flags);
}

PUBLIC ssize_t pwritev64v2(int fd, const struct iovec *pieces, int n_pieces, off64_t offset,
                           int flags)
{
    return write_flagged(fd, pieces, n_pieces, offset, flags);
}
