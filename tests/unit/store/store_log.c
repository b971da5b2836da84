#include "store_log.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOW "2026-01-20T14:30:52.000000Z"

#define SOUND                                                                                      \
    "SELECT CASE WHEN (SELECT group_concat(integrity_check) FROM pragma_integrity_check) = 'ok' "  \
    "THEN (SELECT count(*) FROM events WHERE run_id = 'r') ELSE -1 END"

atomic_int log_writes;
atomic_int log_writes_good = ATOMIC_VAR_INIT(-1);
atomic_int log_fault;
atomic_bool log_halves;

static char log_path[160];

static bool is_log(int fd)
{
    struct stat file, log;

    return fstat(fd, &file) == 0 && stat(log_path, &log) == 0 && file.st_ino == log.st_ino &&
           file.st_dev == log.st_dev;
}

static ssize_t log_pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    if (!is_log(fd))
        return pwrite(fd, bytes, size, offset);
    log_writes++;
    if (log_writes_good == 0) {
        errno = log_fault;
        return -1;
    }
    if (log_writes_good > 0)
        log_writes_good--;
    return pwrite(fd, bytes, log_halves ? (size + 1) / 2 : size, offset);
}

void log_setup(void)
{
    static const char *const calls[] = {"pwrite", "pwrite64"};
    sqlite3_vfs *vfs = sqlite3_vfs_find("unix");
    int n_calls = 0;

    ck_assert_ptr_nonnull(vfs);
    for (size_t i = 0; i < 2; i++)
        if (vfs->xGetSystemCall(vfs, calls[i]))
            n_calls +=
                vfs->xSetSystemCall(vfs, calls[i], (sqlite3_syscall_ptr)log_pwrite) == SQLITE_OK;
    ck_assert_int_gt(n_calls, 0);
    fixture_setup();
    snprintf(log_path, sizeof(log_path), "%s-wal", fixture.path);
    fixture.options.cache_kib = 64;
    fixture_open();
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
}

int bulk_body(struct store_db *db, void *data)
{
    const struct bulk *bulk = data;
    char payload[BULK_EVENT_KIB * 1024];

    memset(payload, '1', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = '\0';
    for (int i = 0; i < bulk->kib / BULK_EVENT_KIB; i++) {
        char unit[32];
        /* Units in no order, so that pages of their index are read and written again. */
        struct event_new event = {.type = "t", .unit = unit, .payload = payload};
        struct events_appended appended;
        int r;

        snprintf(unit, sizeof(unit), "%08x", (unsigned int)i * 2654435761u);
        r = events_append(db, "r", &event, 1, NOW, &appended);
        if (r != 0)
            return r;
    }
    if (bulk->meanwhile)
        bulk->meanwhile();
    return bulk->result;
}

int64_t process_count(void)
{
    return elsewhere_int(SOUND);
}

void log_check(int64_t n_events)
{
    ck_assert_int_eq(process_count(), n_events);
    ck_assert_int_eq(file_int(SOUND), n_events);
}
