/*
 * The files that SQLite has open for the store, and whether they are still what their paths name.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "store_problem.h"
#include "store_threads.h"

/* Of the log and the shared memory, too: what goes into a log without a name is gone with the
 * process, and another program that makes the shared memory anew does not see our locks. */
static const char *own_file_path(const struct store *store, size_t number)
{
    const char *const paths[STORE_OWN_FILES] = {store->place.path, store->place.wal,
                                                store->place.shm};

    return paths[number];
}

int own_files_remember(struct store *store, struct store_problem *ret_problem)
{
    struct stat status;

    for (size_t i = 0; i < STORE_OWN_FILES; i++) {
        if (stat(own_file_path(store, i), &status) < 0) {
            problem_environment(ret_problem, "%s is gone: %s", own_file_path(store, i),
                                strerrordesc_np(errno));
            return -1;
        }
        store->own_files[i].device = status.st_dev;
        store->own_files[i].inode = status.st_ino;
    }
    return 0;
}

const char *store_lost_file(const struct store *store)
{
    struct stat status;

    for (size_t i = 0; i < STORE_OWN_FILES; i++)
        if (stat(own_file_path(store, i), &status) < 0 ||
            status.st_dev != store->own_files[i].device ||
            status.st_ino != store->own_files[i].inode)
            return own_file_path(store, i);
    return NULL;
}
