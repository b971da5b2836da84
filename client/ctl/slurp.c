#include "slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLURP_CHUNK = 64 * 1024 };

int slurp_descriptor(int fd, size_t most, struct buffer *buffer)
{
    for (;;) {
        char *room = buffer_reserve(buffer, SLURP_CHUNK);
        ssize_t n;

        if (!room)
            return -ENOMEM;
        n = read(fd, room, SLURP_CHUNK);
        if (n == 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0)
            buffer->size += (size_t)n;
        if (buffer->size > most)
            return -EFBIG;
    }
}

int slurp_file(const char *path, size_t most, struct buffer *buffer, int64_t *ret_mtime)
{
    struct stat about;
    int fd = STDIN_FILENO;
    int r;

    if (strcmp(path, "-") != 0) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return -errno;
    }
    r = fstat(fd, &about) < 0 ? -errno : slurp_descriptor(fd, most, buffer);
    if (fd != STDIN_FILENO)
        close(fd);
    if (r == 0 && ret_mtime)
        *ret_mtime = (int64_t)about.st_mtim.tv_sec * 1000000 + about.st_mtim.tv_nsec / 1000;
    return r;
}
