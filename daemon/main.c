#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "server.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: historyd [--socket PATH] [--database PATH] [--config FILE]\n"
    "\n"
    "The flight recorder for orchestrators: keeps their runs, events and graphs in one\n"
    "SQLite database and serves them over a Unix socket (Varlink).\n"
    "\n"
    "  --socket PATH    listen there; default: $RUNTIME_DIRECTORY/socket in a service, else\n"
    "                   $XDG_RUNTIME_DIR/historyd/socket\n"
    "  --database PATH  keep the history there; default: $STATE_DIRECTORY/history.db in a\n"
    "                   service, else $XDG_STATE_HOME/historyd/history.db\n"
    "  --config FILE    read this configuration; default: $XDG_CONFIG_HOME/historyd/historyd.conf\n"
    "                   where it exists, else /etc/historyd/historyd.conf where it exists\n"
    "  --version        print the version\n"
    "  --help           print this text\n"
    "\n"
    "Exit status: 0 stopped by SIGTERM or SIGINT, 1 the environment or the disk is at fault,\n"
    "2 wrong usage, 78 the database or the configuration is refused.\n"
    "See historyd(8), historyd.conf(5), historyctl(1).\n";

struct options {
    const char *socket;
    const char *database;
    const char *config;
};

/* Returns -1 to go on, else the exit status. */
static int options_read(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'}, {"database", required_argument, NULL, 'd'},
        {"config", required_argument, NULL, 'c'}, {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            options->socket = optarg;
            break;
        case 'd':
            options->database = optarg;
            break;
        case 'c':
            options->config = optarg;
            break;
        case 'v':
            puts("historyd " HISTORYD_VERSION);
            return EXIT_SUCCESS;
        case 'h':
            fputs(usage, stdout);
            return EXIT_SUCCESS;
        default:
            fputs("Try: historyd --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "historyd: unexpected argument: %s\nTry: historyd --help\n", argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

static int configure(const struct options *options, struct config *config,
                     struct config_problem *problem)
{
    char *file = options->config ? strdup(options->config) : config_default_file();
    int r = -1;

    snprintf(problem->message, sizeof(problem->message), "out of memory");
    if (!file)
        return -1;
    if (config_read(config, file, options->config != NULL, problem) == 0 &&
        (!options->socket || config_set(&config->socket, options->socket) == 0) &&
        (!options->database || config_set(&config->database, options->database) == 0))
        r = 0;
    free(file);
    return r;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct config_problem problem;
    struct config config;
    int status;

    status = options_read(argc, argv, &options);
    if (status >= 0)
        return status;
    log_open();
    config_init(&config);
    if (configure(&options, &config, &problem) < 0) {
        log_error("%s", problem.message);
        status = SERVER_REFUSED;
    } else if (config_default_paths(&config, &problem) < 0) {
        log_error("%s", problem.message);
        status = SERVER_FAILED;
    } else {
        status = server_run(&config);
    }
    config_clear(&config);
    return status;
}
