#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"

/* Both variables may name several folders, separated by colons (systemd.exec(5)); the first is
 * ours. */
static bool config_service_folder(const char *variable, char *folder, size_t size)
{
    const char *value = getenv(variable);

    if (!value || value[0] != '/')
        return false;
    snprintf(folder, size, "%.*s", (int)strcspn(value, ":"), value);
    return true;
}

/* $VARIABLE/historyd, else $HOME/FALLBACK/historyd (XDG Base Directory Specification). */
static bool config_user_folder(const char *variable, const char *fallback, char *folder,
                               size_t size)
{
    const char *value = getenv(variable);
    const char *home = getenv("HOME");

    if (value && value[0] == '/')
        snprintf(folder, size, "%s/historyd", value);
    else if (fallback && home && home[0] == '/')
        snprintf(folder, size, "%s/%s/historyd", home, fallback);
    else
        return false;
    return true;
}

char *config_default_file(void)
{
    char folder[PATH_MAX], path[PATH_MAX + 32];

    if (!getenv("STATE_DIRECTORY") &&
        config_user_folder("XDG_CONFIG_HOME", ".config", folder, sizeof(folder))) {
        snprintf(path, sizeof(path), "%s/historyd.conf", folder);
        if (access(path, F_OK) == 0)
            return strdup(path);
    }
    return strdup("/etc/historyd/historyd.conf");
}

static int config_make_folders(const char *folder, struct config_problem *problem)
{
    char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s", folder);
    for (char *slash = path + 1; *slash; slash++) {
        if (*slash != '/')
            continue;
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    snprintf(problem->message, sizeof(problem->message), "cannot make the folder %.512s: %s", path,
             strerror(errno));
    return -1;
}

/* One path: the service's folder, else the user's, which is made. */
static int config_default_path(char **path, const char *service, const char *user,
                               const char *fallback, const char *file, const char *option,
                               struct config_problem *problem)
{
    char folder[PATH_MAX], name[PATH_MAX + 32];

    if (*path)
        return 0;
    if (!config_service_folder(service, folder, sizeof(folder))) {
        if (!config_user_folder(user, fallback, folder, sizeof(folder))) {
            snprintf(problem->message, sizeof(problem->message),
                     "no path for %s: neither $%s nor $%s is set; name one with %s", file, service,
                     user, option);
            return -1;
        }
        if (config_make_folders(folder, problem) < 0)
            return -1;
    }
    snprintf(name, sizeof(name), "%s/%s", folder, file);
    if (config_set(path, name) == 0)
        return 0;
    snprintf(problem->message, sizeof(problem->message), "out of memory");
    return -1;
}

/* A service whose socket unit owns the socket's folder has no RUNTIME_DIRECTORY. */
static bool config_is_socket_activated(void)
{
    return getenv("STATE_DIRECTORY") && !getenv("RUNTIME_DIRECTORY") && !getenv("XDG_RUNTIME_DIR");
}

int config_default_backups(struct config *config, const char *database,
                           struct config_problem *problem)
{
    const char *slash = strrchr(database, '/');
    char folder[PATH_MAX + 32];

    if (config->backup_folder)
        return 0;
    snprintf(folder, sizeof(folder), "%.*sbackups", slash ? (int)(slash + 1 - database) : 0,
             database);
    if (config_set(&config->backup_folder, folder) == 0)
        return 0;
    snprintf(problem->message, sizeof(problem->message), "out of memory");
    return -1;
}

int config_default_database(struct config *config, struct config_problem *ret_problem)
{
    return config_default_path(&config->database, "STATE_DIRECTORY", "XDG_STATE_HOME",
                               ".local/state", "history.db", "--database", ret_problem);
}

int config_default_paths(struct config *config, struct config_problem *ret_problem)
{
    if (!config->socket && config_is_socket_activated() &&
        config_set(&config->socket, "/run/historyd/socket") < 0) {
        snprintf(ret_problem->message, sizeof(ret_problem->message), "out of memory");
        return -1;
    }
    if (config_default_path(&config->socket, "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR", NULL, "socket",
                            "--socket", ret_problem) < 0)
        return -1;
    if (config_default_database(config, ret_problem) < 0)
        return -1;
    return config_default_backups(config, config->database, ret_problem);
}
