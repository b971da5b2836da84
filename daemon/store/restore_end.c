#include "restore_end.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_create.h"
#include "store_problem.h"

/* The log before the database: of a set aside by hand the other way round, and cut off in between,
 * nobody could say what belongs together. */
static const char *const suffixes[] = {"-wal", "-shm", "-journal", ""};

enum { N_SUFFIXES = 4 };

void restore_aside_name(const struct store_place *place, time_t moment, const char *suffix,
                        char ret_name[RESTORE_ASIDE_SIZE])
{
    char stamp[20];
    struct tm parts;

    gmtime_r(&moment, &parts);
    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &parts);
    snprintf(ret_name, RESTORE_ASIDE_SIZE, "%s.%s%s", place->path, stamp, suffix);
}

static bool moment_is_free(const struct store_place *place, time_t moment)
{
    char name[RESTORE_ASIDE_SIZE];
    struct stat status;

    for (int i = 0; i < N_SUFFIXES; i++) {
        restore_aside_name(place, moment, suffixes[i], name);
        if (lstat(name, &status) == 0)
            return false;
    }
    return true;
}

time_t restore_aside_moment(const struct store_place *place, time_t moment)
{
    while (!moment_is_free(place, moment))
        moment++;
    return moment;
}

/* A name that is there is not replaced, as far as the file system can tell. */
static int file_move(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EINVAL || errno == ENOSYS ? rename(from, to) : -1;
}

static int end_problem(const char *what, const char *name, struct store_problem *ret_problem)
{
    problem_environment(
        ret_problem,
        "a restore is not ended: %s can't be %s: %s; mend that and restore or start "
        "again",
        name, what, strerrordesc_np(errno));
    return -1;
}

static int files_set_aside(const struct store_place *place, time_t moment,
                           char ret_aside[RESTORE_ASIDE_SIZE], struct store_problem *ret_problem)
{
    char from[RESTORE_ASIDE_SIZE];
    char to[RESTORE_ASIDE_SIZE];
    struct stat status;

    for (int i = 0; i < N_SUFFIXES; i++) {
        snprintf(from, sizeof(from), "%s%s", place->path, suffixes[i]);
        restore_aside_name(place, moment, suffixes[i], to);
        /* One that is not there was never, or went aside before a cut. */
        if (file_move(from, to) < 0 && errno != ENOENT)
            return end_problem("moved aside", from, ret_problem);
    }
    restore_aside_name(place, moment, "", to);
    snprintf(ret_aside, RESTORE_ASIDE_SIZE, "%s", lstat(to, &status) == 0 ? to : "");
    return 0;
}

int restore_end(struct store_place *place, char ret_aside[RESTORE_ASIDE_SIZE],
                struct store_problem *ret_problem)
{
    char ready[RESTORE_ASIDE_SIZE];
    char growing[RESTORE_ASIDE_SIZE];
    char aside[RESTORE_ASIDE_SIZE];
    struct stat status;

    snprintf(ready, sizeof(ready), "%s" RESTORE_READY, place->path);
    snprintf(growing, sizeof(growing), "%s" RESTORE_GROWING, place->path);
    if (unlink(growing) < 0 && errno != ENOENT)
        return end_problem("removed", growing, ret_problem);
    if (lstat(ready, &status) < 0)
        return errno == ENOENT ? 0 : end_problem("looked at", ready, ret_problem);
    /* Its name is on the disk before the former database loses its own, and no log lies about, also
     * after a power cut, when the copy gets the name a log would be taken for. */
    if (folder_settle(place, ret_problem) < 0 ||
        files_set_aside(place, status.st_mtime, aside, ret_problem) < 0 ||
        folder_settle(place, ret_problem) < 0)
        return -1;
    if (file_move(ready, place->path) < 0)
        return end_problem("renamed", ready, ret_problem);
    place->exists = true;
    if (ret_aside)
        memcpy(ret_aside, aside, sizeof(aside));
    return folder_settle(place, ret_problem) < 0 ? -1 : 1;
}
