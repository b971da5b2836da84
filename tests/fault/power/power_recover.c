/*
 * Bringing a disk up again.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cut_image.h"
#include "migrate.h"
#include "power_check.h"
#include "power_wire.h"
#include "store_inspect.h"
#include "store_threads.h"

static void wake_nobody(void *data)
{
    (void)data;
}

int power_recover_here(const char *database, char *ret_words, size_t size)
{
    const struct store_options options = {.path = database,
                                          .version = "powercut",
                                          .synchronous = STORE_SYNC_FULL,
                                          .readers = 1,
                                          .cache_kib = 2048,
                                          .checkpoint_pages = 2500,
                                          .journal_bytes = 1 << 20,
                                          .wake = wake_nobody};
    struct store_problem problem;
    struct store *store;

    if (store_open(&options, &store, &problem) < 0) {
        snprintf(ret_words, size, "it does not start: %s", problem.message);
        return -1;
    }
    store_close(store);
    return 0;
}

/* The part of the store's start that has to do with the disk. 1 where there is more to do: a schema
 * that is missing or old. */
static int recover_short(const char *database, struct store_problem *ret_problem)
{
    const struct store_options options = {.path = database,
                                          .synchronous = STORE_SYNC_FULL,
                                          .cache_kib = 2048,
                                          .journal_bytes = 1 << 20};
    atomic_bool hurry = false;
    struct store_place place;
    struct file_facts facts;
    struct store_db db = {.handle = NULL};
    int version = 0;
    int ignored;
    int r;

    if (place_resolve(database, &place, ret_problem) < 0 ||
        inspect_bytes(&place, &facts, ret_problem) < 0)
        return -1;
    if (facts.empty)
        return 1;
    r = db_open(&db, place.path, DB_WRITER, &options, &hurry, ret_problem);
    if (r == 0 && place_size(place.wal) > 0)
        r = log_rewrite(&db);
    if (r == 0)
        r = checkpoint_make(&db, SQLITE_CHECKPOINT_TRUNCATE, 1000, &ignored, &ignored);
    if (r < 0 && db.failure[0])
        snprintf(ret_problem->message, sizeof(ret_problem->message), "%s", db.failure);
    if (r == 0)
        r = schema_read_version(db.handle, place.path, &version, ret_problem);
    db_close(&db);
    if (r < 0)
        return -1;
    return version < n_migrations ? 1 : 0;
}

int power_recover_short(const char *database, char *ret_words, size_t size)
{
    struct store_problem problem = {.message = ""};
    int r = recover_short(database, &problem);

    if (r < 0)
        snprintf(ret_words, size, "it does not start: %s", problem.message);
    return r > 0 ? power_recover_here(database, ret_words, size) : r;
}

static pid_t daemon_spawn(const char *daemon, const char *database, const char *socket)
{
    pid_t pid = fork();
    int null;

    if (pid != 0)
        return pid;
    null = open("/dev/null", O_RDWR);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execl(daemon, daemon, "--socket", socket, "--database", database, "--config", "/dev/null",
          (char *)NULL);
    _exit(127);
}

static int daemon_ping(pid_t pid, const char *socket, int *ret_status)
{
    struct power_wire wire = {.fd = -1};
    int r = -1;

    for (int i = 0; i < 30000 && r < 0; i++) {
        static uint32_t number;

        if (waitpid(pid, ret_status, WNOHANG) == pid)
            break;
        if (power_wire_connect(&wire, socket, number++) == 0)
            r = power_wire_call(&wire, "history.Ping", "{}");
        else
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    power_wire_close(&wire);
    free(wire.answer);
    return r;
}

int power_recover_daemon(const char *daemon, const char *database, const char *socket,
                         char *ret_words, size_t size)
{
    int status = 0;
    pid_t pid;
    int r;

    unlink(socket);
    pid = daemon_spawn(daemon, database, socket);
    r = pid < 0 ? -1 : daemon_ping(pid, socket, &status);
    if (r == 0) {
        kill(pid, SIGTERM);
        waitpid(pid, &status, 0);
    }
    if (r == 0 && status == 0)
        return 0;
    snprintf(ret_words, size, "historyd does not %s, status 0x%x", r < 0 ? "start" : "end well",
             status);
    return -1;
}
