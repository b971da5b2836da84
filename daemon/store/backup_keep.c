/*
 * What lies in the folder of the backups: leftovers, and backups that are one too many.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup_file.h"

#define DEFAULT_FORMAT "history-%Y%m%d-%H%M%S.db"

void store_backup_default_name(int64_t seconds, char ret_name[BACKUP_DEFAULT_SIZE])
{
    time_t moment = (time_t)seconds;
    struct tm parts;

    gmtime_r(&moment, &parts);
    strftime(ret_name, BACKUP_DEFAULT_SIZE, DEFAULT_FORMAT, &parts);
}

static bool name_is_default(const char *name)
{
    struct tm parts = {.tm_year = 0};
    const char *end = strptime(name, DEFAULT_FORMAT, &parts);
    char again[BACKUP_DEFAULT_SIZE];

    return end && *end == '\0' && strftime(again, sizeof(again), DEFAULT_FORMAT, &parts) > 0 &&
           strcmp(again, name) == 0;
}

static bool name_is_partial(const char *name)
{
    size_t size = strlen(name);
    size_t end = strlen(BACKUP_PARTIAL_END);
    char inner[BACKUP_NAME_MAX + 1];

    if (name[0] != '.' || size <= end + 1 || size - end - 1 > BACKUP_NAME_MAX ||
        strcmp(name + size - end, BACKUP_PARTIAL_END) != 0)
        return false;
    snprintf(inner, sizeof(inner), "%.*s", (int)(size - end - 1), name + 1);
    return store_backup_name_is_good(inner);
}

/* One that is locked is being written, by this daemon or by another with the same folder. */
static bool partial_remove(int folder, const char *name)
{
    struct stat status;
    bool removed;
    int fd;

    if (!name_is_partial(name))
        return false;
    fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    removed = fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
              flock(fd, LOCK_EX | LOCK_NB) == 0 && unlinkat(folder, name, 0) == 0;
    if (fd >= 0)
        close(fd);
    return removed;
}

int store_backup_tidy(const char *folder)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    int removed = 0;

    if (!directory)
        return 0;
    while ((entry = readdir(directory)))
        removed += partial_remove(dirfd(directory), entry->d_name);
    closedir(directory);
    return removed;
}

static int entry_is_default(const struct dirent *entry)
{
    return name_is_default(entry->d_name);
}

/* As bytes, which for these names is by time. */
static int entry_compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A daemon that was started on a backup keeps its log there. */
static bool is_served(int folder, const char *name)
{
    char log[BACKUP_NAME_MAX + 8];

    snprintf(log, sizeof(log), "%.*s-wal", BACKUP_NAME_MAX, name);
    return faccessat(folder, log, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int store_backup_rotate(const char *folder, const char *made, int64_t keep)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent **entries = NULL;
    int removed = 0;
    int n;

    if (fd < 0)
        return 0;
    n = scandirat(fd, ".", &entries, entry_is_default, entry_compare);
    keep -= name_is_default(made);
    for (int i = n - 1; i >= 0; i--) {
        const char *name = entries[i]->d_name;

        if (strcmp(name, made) != 0 && !is_served(fd, name) && keep-- <= 0 &&
            unlinkat(fd, name, 0) == 0)
            removed++;
        free(entries[i]);
    }
    free(entries);
    if (removed > 0)
        fsync(fd);
    close(fd);
    return removed;
}
