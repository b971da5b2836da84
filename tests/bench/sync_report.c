/*
 * Loaded into a daemon with LD_PRELOAD: asks each connection that may write, before it is closed,
 * how it syncs, and adds a line to the file that $HISTORYD_SYNC_REPORT names. This is the value
 * that SQLite itself holds in the daemon that was measured.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((visibility("default"))) int sqlite3_close(sqlite3 *handle);

static void report(sqlite3 *handle)
{
    const char *path = getenv("HISTORYD_SYNC_REPORT");
    const char *database = sqlite3_db_filename(handle, "main");
    sqlite3_stmt *statement = NULL;
    int fd;

    /* What the daemon rehearses in memory is not asked. */
    if (!path || !database || !*database || sqlite3_db_readonly(handle, "main") != 0)
        return;
    if (sqlite3_prepare_v2(handle, "PRAGMA main.synchronous", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0) {
            dprintf(fd, "%d\n", sqlite3_column_int(statement, 0));
            close(fd);
        }
    }
    sqlite3_finalize(statement);
}

int sqlite3_close(sqlite3 *handle)
{
    int (*next)(sqlite3 *) = (int (*)(sqlite3 *))dlsym(RTLD_NEXT, "sqlite3_close");

    if (handle)
        report(handle);
    return next ? next(handle) : SQLITE_ERROR;
}
