#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "restore.h"
#include "server.h"

enum { EXIT_USAGE = 2 };

static const char usage[] =
    "Usage: historyd [--socket PATH] [--database PATH] [--config FILE] [--check-config]\n"
    "       historyd --restore BACKUP [--database PATH] [--config FILE] [--json]\n"
    "\n"
    "The flight recorder for orchestrators: keeps their runs, events and graphs in one\n"
    "SQLite database and serves them over a Unix socket (Varlink).\n"
    "\n"
    "  --socket PATH    listen there; default: $RUNTIME_DIRECTORY/socket in a service, else\n"
    "                   $XDG_RUNTIME_DIR/historyd/socket\n"
    "  --database PATH  keep the history there; default: $STATE_DIRECTORY/history.db in a\n"
    "                   service, else $XDG_STATE_HOME/historyd/history.db\n"
    "  --config FILE    read this configuration and no other; default:\n"
    "                   $XDG_CONFIG_HOME/historyd/historyd.conf where it exists, else\n"
    "                   /etc/historyd/historyd.conf where it exists, then conf.d/*.conf beside it\n"
    "  --check-config   read the configuration, say what is wrong with it, and end\n"
    "  --restore BACKUP put a copy of this backup in the place of the database, which is moved\n"
    "                   aside, and end; no daemon may serve it meanwhile\n"
    "  --json           say what was restored as JSON\n"
    "  --version        print the version\n"
    "  --help           print this text\n"
    "\n"
    "Exit status: 0 stopped by SIGTERM or SIGINT, 1 the environment or the disk is at fault,\n"
    "2 wrong usage, 78 the database or the configuration is refused. With --restore: 0 restored,\n"
    "1 not restored.\n"
    "See historyd(8), historyd.conf(5), historyctl(1).\n";

struct options {
    struct config_choices choices;
    const char *backup; /* to restore; NULL: serve */
    bool check;
    bool json;
};

/* Returns -1 to go on, else the exit status. */
static int options_read(int argc, char **argv, struct options *options)
{
    static const struct option known[] = {
        {"socket", required_argument, NULL, 's'},
        {"database", required_argument, NULL, 'd'},
        {"config", required_argument, NULL, 'c'},
        {"check-config", no_argument, NULL, 'C'},
        {"restore", required_argument, NULL, 'r'},
        {"json", no_argument, NULL, 'j'},
        {"version", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        switch (option) {
        case 's':
            options->choices.socket = optarg;
            break;
        case 'd':
            options->choices.database = optarg;
            break;
        case 'c':
            options->choices.file = optarg;
            break;
        case 'C':
            options->check = true;
            break;
        case 'r':
            options->backup = optarg;
            break;
        case 'j':
            options->json = true;
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

/* For a person who waits: without the date and the name that a line of a log has. */
static int restore(const struct options *options)
{
    struct config_problem problem;
    struct config config;
    int status = EXIT_FAILURE;

    if (config_load(&config, &options->choices, &problem) < 0 ||
        config_default_database(&config, &problem) < 0)
        fprintf(stderr, "historyd: %s\n", problem.message);
    else
        status = restore_run(config.database, options->backup, options->json);
    config_clear(&config);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {.check = false};
    struct config_problem problem = {.shortage = false};
    struct config config;
    int status;

    status = options_read(argc, argv, &options);
    if (status >= 0)
        return status;
    if (options.backup)
        return restore(&options);
    log_open();
    if (config_load(&config, &options.choices, &problem) < 0) {
        log_error("%s", problem.message);
        status = problem.shortage ? SERVER_FAILED : SERVER_REFUSED;
    } else if (options.check) {
        puts("The configuration is in order.");
        status = EXIT_SUCCESS;
    } else if (config_default_paths(&config, &problem) < 0) {
        log_error("%s", problem.message);
        status = SERVER_FAILED;
    } else {
        status = server_run(&config, &options.choices);
    }
    config_clear(&config);
    return status;
}
