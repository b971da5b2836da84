#include "metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "measures.h"

enum { METRICS_FILE_MODE = 0644 }; /* a collector runs as another user */

/* The folder may be one that others write to, who put a FIFO in the way: it must not be waited for.
 */
static int file_write(const char *path, const struct buffer *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                  METRICS_FILE_MODE);
    int r = fd < 0 ? -errno : 0;

    for (size_t at = 0; r == 0 && at < text->size;) {
        ssize_t n = write(fd, text->data + at, text->size - at);

        if (n < 0 && errno != EINTR)
            r = -errno;
        at += n > 0 ? (size_t)n : 0;
    }
    if (r == 0 && fchmod(fd, METRICS_FILE_MODE) < 0)
        r = -errno;
    if (fd >= 0 && close(fd) < 0 && r == 0)
        r = -errno;
    return r;
}

/* A path that was mistaken must not cost the history; nor may the file be opened to look at it:
 * that would take SQLite's locks off it. */
static bool is_of_database(const char *path, const char *database)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", "-lock"};
    struct stat file, own;
    char name[PATH_MAX];

    for (size_t i = 0; stat(path, &file) == 0 && i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", database, suffixes[i]);
        if (stat(name, &own) == 0 && own.st_dev == file.st_dev && own.st_ino == file.st_ino)
            return true;
    }
    return false;
}

/* On a thread of the pool. It need not survive a power cut: nothing is synced. */
static void run(void *data)
{
    struct metrics_file *file = data;
    char beside[PATH_MAX];
    int size = snprintf(beside, sizeof(beside), "%s.new", file->path);
    int r;

    file->failure = 0;
    if (size < 0 || (size_t)size >= sizeof(beside))
        file->failure = ENAMETOOLONG;
    else if (is_of_database(file->path, file->database) || is_of_database(beside, file->database))
        file->failure = EBUSY;
    if (file->failure)
        return;
    r = file_write(beside, &file->text);
    if (r == 0 && rename(beside, file->path) < 0)
        r = -errno;
    if (r < 0)
        unlink(beside);
    file->failure = -r;
}

static void done(void *data)
{
    struct metrics_file *file = data;

    if (file->failure && file->failure != file->logged)
        log_error("the metrics can't be written to %s: %s", file->path,
                  file->failure == EBUSY ? "the database is there; name another file"
                                         : strerror(file->failure));
    else if (!file->failure && file->logged)
        log_info("the metrics are written to %s again", file->path);
    file->logged = file->failure;
    free(file->path);
    file->path = NULL;
    buffer_clear(&file->text);
}

int metrics_file_open(struct metrics_file *file, struct loop *loop)
{
    return chore_new(loop, run, done, file, &file->chore);
}

void metrics_file_tick(struct metrics_file *file, struct service *service, const char *path,
                       int64_t now, int64_t interval_ms)
{
    /* An interval that a reload made shorter does not wait for the one before to end. */
    if (file->due > now + interval_ms)
        file->due = now + interval_ms;
    if (!path[0] || file->path || now < file->due)
        return;
    file->due = now + interval_ms;
    file->database = service->database;
    measures_write(service, &file->text);
    file->path = file->text.failed ? NULL : strdup(path);
    if (file->path && chore_start(file->chore))
        return;
    free(file->path);
    file->path = NULL;
    buffer_clear(&file->text);
}

void metrics_file_close(struct metrics_file *file)
{
    chore_close(file->chore);
    free(file->path);
    buffer_clear(&file->text);
    *file = (struct metrics_file){0};
}
