#include "lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { LINES_CHUNK = 64 * 1024 };

void lines_open(struct lines *lines, int fd, size_t most)
{
    *lines = (struct lines){.fd = fd, .most = most, .pending = BUFFER_INIT};
}

void lines_close(struct lines *lines)
{
    buffer_clear(&lines->pending);
}

/* Reads more behind what is pending. Returns 0 or -errno; `ended` says that there is no more. */
static int lines_fill(struct lines *lines)
{
    char *room;
    ssize_t n;

    if (lines->taken) {
        buffer_consume(&lines->pending, lines->taken);
        lines->taken = 0;
    }
    room = buffer_reserve(&lines->pending, LINES_CHUNK);
    if (!room)
        return -ENOMEM;
    do {
        n = read(lines->fd, room, LINES_CHUNK);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    lines->ended = n == 0;
    lines->pending.size += (size_t)n;
    return 0;
}

static void lines_hand_out(struct lines *lines, size_t size, const char **ret_line,
                           size_t *ret_size)
{
    *ret_line = lines->pending.data + lines->taken;
    *ret_size = size;
    if (size && (*ret_line)[size - 1] == '\r')
        (*ret_size)--;
    lines->taken += size;
    lines->scanned = 0;
    lines->number++;
}

int lines_next(struct lines *lines, const char **ret_line, size_t *ret_size)
{
    bool skipping = false;

    for (;;) {
        size_t size = lines->pending.size - lines->taken;
        const char *from = size > 0 ? lines->pending.data + lines->taken : NULL;
        const char *end = size > lines->scanned
                              ? memchr(from + lines->scanned, '\n', size - lines->scanned)
                              : NULL;
        int r;

        if (end && !skipping && (size_t)(end - from) <= lines->most) {
            lines_hand_out(lines, (size_t)(end - from), ret_line, ret_size);
            lines->taken++;
            return 1;
        }
        if (end || (lines->ended && skipping)) {
            lines->taken += end ? (size_t)(end - from) + 1 : size;
            lines->scanned = 0;
            lines->number++;
            return -EMSGSIZE;
        }
        if (lines->ended && size == 0)
            return 0;
        if (lines->ended) {
            lines_hand_out(lines, size, ret_line, ret_size);
            return 1;
        }
        lines->scanned = size;
        if (size > lines->most) {
            /* What came of it is dropped at once: memory stays bounded however long it is. */
            skipping = true;
            lines->pending.size = lines->taken;
            lines->scanned = 0;
        }
        r = lines_fill(lines);
        if (r < 0)
            return r;
    }
}
