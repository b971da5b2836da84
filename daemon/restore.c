#include "restore.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "json.h"
#include "store_restore.h"

static int say_not(const char *what, const char *name, const char *why)
{
    fprintf(stderr, "historyd: %s %s: %s\n", what, name, why);
    return -1;
}

/* A log beside it holds what its file does not. */
static int backup_is_whole(const char *backup)
{
    static const char *const suffixes[] = {"-wal", "-journal"};
    char name[PATH_MAX];
    struct stat status;

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", backup, suffixes[i]);
        if (stat(name, &status) < 0 || status.st_size == 0)
            continue;
        fprintf(
            stderr,
            "historyd: %s is no backup but a database in use or left by a killed daemon: a part "
            "of it is in %s; end the daemon that has it, or fold that in first: "
            "sqlite3 FILE 'PRAGMA wal_checkpoint(TRUNCATE)'\n",
            backup, name);
        return -1;
    }
    return 0;
}

/* Opened as whoever asks: the daemon's user need not be able to. */
static int backup_open(const char *backup)
{
    struct stat status;
    int fd = open(backup, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &status) < 0)
        say_not("cannot read", backup, strerror(errno));
    else if (!S_ISREG(status.st_mode))
        say_not("cannot restore", backup, "it is no regular file");
    else if (backup_is_whole(backup) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Root becomes who owns the database, or its folder where there is none: no file is made that the
 * daemon can't open, and nothing in a folder of others is trusted more than they are. */
static int become_owner(const char *database)
{
    char folder[PATH_MAX];
    struct stat status;

    if (geteuid() != 0)
        return 0;
    snprintf(folder, sizeof(folder), "%s", database);
    if (stat(database, &status) < 0 && stat(dirname(folder), &status) < 0)
        return say_not("cannot look at", database, strerror(errno));
    if (status.st_uid == 0 && status.st_gid == getegid())
        return 0;
    if (setgroups(0, NULL) < 0 || setresgid(status.st_gid, status.st_gid, status.st_gid) < 0 ||
        setresuid(status.st_uid, status.st_uid, status.st_uid) < 0)
        return say_not("cannot become the owner of", database, strerror(errno));
    return 0;
}

static int say_json(const struct store_restored *restored)
{
    struct buffer text = BUFFER_INIT;

    buffer_append_text(&text, "{\"database\":");
    json_write_string(&text, restored->path);
    if (restored->aside[0]) {
        buffer_append_text(&text, ",\"aside\":");
        json_write_string(&text, restored->aside);
    }
    buffer_append_text(&text, ",\"bytes\":");
    buffer_append_int(&text, restored->bytes);
    buffer_append_text(&text, ",\"runs\":");
    buffer_append_int(&text, restored->runs);
    buffer_append_text(&text, ",\"events\":");
    buffer_append_int(&text, restored->events);
    buffer_append_text(&text, "}\n");
    if (text.failed)
        say_not("restored", restored->path, "but out of memory to say more");
    else
        fwrite(text.data, 1, text.size, stdout);
    buffer_clear(&text);
    return text.failed ? -1 : 0;
}

static int say(const struct store_restored *restored, const char *backup, bool json)
{
    if (json) {
        if (say_json(restored) < 0)
            return -1;
    } else {
        printf("%s: restored from %s: %" PRId64 " run%s, %" PRId64 " event%s, %.1f MiB\n",
               restored->path, backup, restored->runs, restored->runs == 1 ? "" : "s",
               restored->events, restored->events == 1 ? "" : "s",
               (double)restored->bytes / (1 << 20));
        if (restored->aside[0])
            printf("The former database is now %s\n", restored->aside);
    }
    if (fflush(stdout) == 0)
        return 0;
    return say_not("restored", restored->path, "but standard output failed");
}

int restore_run(const char *database, const char *backup, bool json)
{
    struct store_restore_options options = {.path = database, .backup_name = backup};
    struct store_restored restored;
    struct store_problem problem;
    int r;

    /* A file that may not grow is a full disk: an error of the write, not the end. */
    signal(SIGXFSZ, SIG_IGN);
    options.backup = backup_open(backup);
    if (options.backup < 0)
        return EXIT_FAILURE;
    r = become_owner(database);
    if (r == 0) {
        r = store_restore(&options, &restored, &problem);
        if (r < 0)
            fprintf(stderr, "historyd: %s\n", problem.message);
    }
    close(options.backup);
    if (r == 0)
        r = say(&restored, backup, json);
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
