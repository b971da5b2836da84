/*
 * server: everything that runs, from start to stop.
 *
 * Start order: loop and wake-up, store (locks, migrates, makes durable what an earlier daemon
 * left), and only then the socket. Stop order: the socket, the calls under way, the connections,
 * the watchers with them, the store, the loop.
 */
#pragma once

#include "config.h"

enum {
    SERVER_OK = 0,
    SERVER_FAILED = 1,   /* the environment is at fault, or the disk failed */
    SERVER_REFUSED = 78, /* the database or the configuration is (EX_CONFIG of sysexits.h) */
};

/* Serves until SIGTERM, SIGINT or a failure; returns the exit status. Blocks. SIGHUP and Reload
 * read the configuration again, by the same `choices`; what may change while serving then changes
 * in `config`. */
int server_run(struct config *config, const struct config_choices *choices);
