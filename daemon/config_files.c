#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"

static int problem_memory(struct config_problem *problem)
{
    snprintf(problem->message, sizeof(problem->message), "out of memory");
    problem->shortage = true;
    return -1;
}

/* Reading one may wait for ever, and a daemon that reads its configuration again serves nobody
 * meanwhile. Only a file that is named on the command line may be one. */
static int read_own(struct config *config, const char *path, bool required,
                    struct config_problem *problem)
{
    struct stat status;

    if (stat(path, &status) == 0 && S_ISFIFO(status.st_mode)) {
        snprintf(problem->message, sizeof(problem->message),
                 "the configuration %.512s is a FIFO; put a file there", path);
        return -1;
    }
    return config_read(config, path, required, problem);
}

/* What glob(3) takes for the names of the drop-ins beside a file. A folder's name may hold the
 * signs of a pattern itself. */
static void drop_ins_pattern(const char *file, char pattern[static 2 * PATH_MAX])
{
    const char *end = basename(file);
    size_t used = 0;

    for (const char *at = file; at < end && used < 2 * PATH_MAX - 32; at++) {
        if (strchr("*?[\\", *at))
            pattern[used++] = '\\';
        pattern[used++] = *at;
    }
    snprintf(pattern + used, 2 * PATH_MAX - used, "conf.d/*.conf");
}

/* The drop-ins beside a file, in the order of their names' bytes. A folder that is not there has
 * none; one that cannot be read may hide a setting, so that is refused. */
static int read_drop_ins(struct config *config, const char *file, struct config_problem *problem)
{
    char pattern[2 * PATH_MAX];
    glob_t found;
    int r;

    drop_ins_pattern(file, pattern);
    errno = 0;
    r = glob(pattern, GLOB_ERR, NULL, &found);
    if (r == GLOB_NOMATCH || (r == GLOB_ABORTED && errno == ENOENT))
        return 0;
    if (r == GLOB_NOSPACE)
        return problem_memory(problem);
    if (r != 0) {
        snprintf(pattern, sizeof(pattern), "%.*sconf.d",
                 (int)(strlen(file) - strlen(basename(file))), file);
        return config_unread(pattern, errno, problem);
    }
    for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
        r = read_own(config, found.gl_pathv[i], true, problem);
    globfree(&found);
    return r;
}

int config_load(struct config *config, const struct config_choices *choices,
                struct config_problem *ret_problem)
{
    char *file = choices->file ? strdup(choices->file) : config_default_file();
    int r;

    if (config_init(config) < 0 || !file) {
        free(file);
        return problem_memory(ret_problem);
    }
    r = choices->file ? config_read(config, file, true, ret_problem)
                      : read_own(config, file, false, ret_problem);
    if (r == 0 && !choices->file)
        r = read_drop_ins(config, file, ret_problem);
    free(file);
    if (r < 0)
        return -1;
    if ((choices->socket && config_set(&config->socket, choices->socket) < 0) ||
        (choices->database && config_set(&config->database, choices->database) < 0))
        return problem_memory(ret_problem);
    return 0;
}
