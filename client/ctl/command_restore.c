#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"

#define SERVICE_FOLDER "/var/lib/historyd"

struct restore_settings {
    const char *database;
};

static const struct option_rule restore_options[] = {
    {"database", 'd', OPTION_TEXT, "PATH", "the database to put it in the place of",
     offsetof(struct restore_settings, database), .completion = "file"},
};

/* The daemon that belongs to this program, else any. */
static void restore_execute(char *const argv[])
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - sizeof("historyd"));
    char *slash;

    path[size < 0 ? 0 : size] = '\0';
    slash = strrchr(path, '/');
    if (slash) {
        strcpy(slash + 1, "historyd");
        execv(path, argv);
    }
    execvp("historyd", argv);
}

/* The service's configuration and database are root's business; anybody else's are their own. */
static int restore_choose_service(const struct restore_settings *wanted)
{
    struct stat status;

    if (wanted->database || geteuid() != 0 || getenv("STATE_DIRECTORY") ||
        stat(SERVICE_FOLDER, &status) < 0)
        return 0;
    return setenv("STATE_DIRECTORY", SERVICE_FOLDER, 1);
}

/* What is not the daemon's to serve is not asked of it over the socket: the program itself does it,
 * in the place of this one. */
static int restore_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    static char program[] = "historyd";
    static char json[] = "--json";
    const struct restore_settings *wanted = settings;
    char backup[PATH_MAX + sizeof("--restore=")];
    char database[PATH_MAX + sizeof("--database=")];
    char *arguments[5] = {program, backup};
    int n = 2;

    (void)argc;
    if (strlen(argv[0]) >= PATH_MAX || (wanted->database && strlen(wanted->database) >= PATH_MAX))
        return ctl_usage(ctl, "the path is too long");
    snprintf(backup, sizeof(backup), "--restore=%s", argv[0]);
    if (wanted->database) {
        snprintf(database, sizeof(database), "--database=%s", wanted->database);
        arguments[n++] = database;
    }
    if (ctl->options.json)
        arguments[n++] = json;
    if (restore_choose_service(wanted) < 0)
        return ctl_fail_memory();
    restore_execute(arguments);
    ctl_complain("historyd can't be run: %s; put it beside historyctl or on the PATH",
                 strerror(errno));
    return CTL_FAILURE;
}

const struct command command_restore = {
    .name = "restore",
    .arguments = "BACKUP",
    .summary = "Put a backup in the place of a database that no daemon serves",
    .details =
        "The backup is copied and checked before anything changes; the former database is moved "
        "aside, never\ndeleted. Stop the daemon and its socket first: a database that is served is "
        "not touched. Without\n--database it is the service's for root, else the user's own.\n",
    COMMAND_OPTIONS(restore_options),
    .settings_size = sizeof(struct restore_settings),
    .least = 1,
    .most = 1,
    .completion = "file",
    .run = restore_run,
};
