#include "ninja_follow.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "slurp.h"

enum { FOLLOW_BYTES = 1024 * 1024 * 1024, FOLLOW_CHUNK = 64 * 1024 };

/* Notes each whole line of the old log; returns the bytes they took, SIZE_MAX when out of memory.
 */
static size_t follow_remember(struct ninja_follow *follow)
{
    size_t at = 0;

    while (at < follow->before.size) {
        const char *line = follow->before.data + at;
        const char *end = memchr(line, '\n', follow->before.size - at);

        if (!end)
            break;
        if (names_add(&follow->old, line, (size_t)(end - line), 0, NULL) < 0)
            return SIZE_MAX;
        at += (size_t)(end - line) + 1;
    }
    return at;
}

int ninja_follow_open(struct ninja_follow *follow, const char *path)
{
    struct stat about;
    size_t whole;
    int r;

    *follow = (struct ninja_follow){
        .path = path, .before = BUFFER_INIT, .old = NAMES_INIT, .pending = BUFFER_INIT};
    if (stat(path, &about) < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    r = slurp_file(path, FOLLOW_BYTES, &follow->before, NULL);
    if (r < 0)
        return r;
    whole = follow_remember(follow);
    if (whole == SIZE_MAX)
        return -ENOMEM;
    follow->device = about.st_dev;
    follow->inode = about.st_ino;
    follow->offset = (off_t)whole;
    return 0;
}

void ninja_follow_close(struct ninja_follow *follow)
{
    buffer_clear(&follow->before);
    buffer_clear(&follow->pending);
    names_clear(&follow->old);
}

/* Hands over the whole lines that are pending. */
static int follow_lines(struct ninja_follow *follow, ninja_entry_callback callback, void *userdata)
{
    size_t at = 0;
    int r = 0;

    while (r == 0 && at < follow->pending.size) {
        const char *line = follow->pending.data + at;
        const char *end = memchr(line, '\n', follow->pending.size - at);
        size_t size = end ? (size_t)(end - line) : 0;
        struct ninja_entry entry;

        if (!end)
            break;
        at += size + 1;
        if (follow->skip && names_find(&follow->old, line, size))
            continue;
        if (ninja_log_read_line(line, size, &entry) == 0)
            r = callback(userdata, &entry);
    }
    buffer_consume(&follow->pending, at);
    return r;
}

/* Whether the file is another one than was read so far, or was cut: Ninja rewrote it. */
static void follow_check_file(struct ninja_follow *follow, const struct stat *about)
{
    if (about->st_dev == follow->device && about->st_ino == follow->inode &&
        about->st_size >= follow->offset)
        return;
    follow->device = about->st_dev;
    follow->inode = about->st_ino;
    follow->offset = 0;
    follow->pending.size = 0;
    follow->skip = true;
}

int ninja_follow_read(struct ninja_follow *follow, ninja_entry_callback callback, void *userdata)
{
    int fd = open(follow->path, O_RDONLY | O_CLOEXEC);
    struct stat about;
    ssize_t n = 0;
    int r = 0;

    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
    if (fstat(fd, &about) < 0)
        r = -errno;
    else
        follow_check_file(follow, &about);
    while (r == 0) {
        char *room = buffer_reserve(&follow->pending, FOLLOW_CHUNK);

        n = room ? pread(fd, room, FOLLOW_CHUNK, follow->offset) : -1;
        if (n <= 0)
            break;
        follow->pending.size += (size_t)n;
        follow->offset += n;
        r = follow_lines(follow, callback, userdata);
    }
    if (r == 0 && n < 0)
        r = follow->pending.failed ? -ENOMEM : -errno;
    close(fd);
    return r;
}
