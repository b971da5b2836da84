/*
 * fault_place: a folder where daemons whose calls fail are started one after another, and the one
 * that runs there.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fault_orders.h"
#include "fault_wire.h"

enum { FAULT_PATIENCE_MS = 30000, FAULT_NAP_US = 500 };

struct fault_case {
    enum fault_kind kind;
    int error;
    long from;
    bool forever;
    uint64_t stack; /* see fault_orders.h */
};

/* What a daemon has of the system. */
struct fault_held {
    int descriptors;
    int maps; /* of files below its folder */
};

/* A folder of its own, with the files of one daemon after another. */
struct fault_place {
    char folder[PATH_MAX / 4]; /* for the database and what is beside it */
    char database[PATH_MAX / 2];
    char socket[PATH_MAX / 2];
    char config[PATH_MAX / 2];
    char log[PATH_MAX / 2];
    char orders_path[PATH_MAX / 2];
    struct fault_orders *orders;
};

const char *fault_kind_name(enum fault_kind kind);
/* EIO, ENOSPC, …, short. */
const char *fault_error_name(int error);
/* How a case is asked for again. */
void fault_case_describe(const struct fault_case *fault, char *text, size_t size);

/* Makes the folder `base`, for daemons with that configuration. 0, or -1 with errno. */
int fault_place_make(struct fault_place *place, const char *base, const char *config);
/* Empties the folder for the next daemon. */
void fault_place_empty(const struct fault_place *place);
void fault_place_remove(struct fault_place *place);

int64_t fault_now_ms(void);

/* Starts the daemon, with the shim where there is a case. */
pid_t fault_daemon_start(const struct fault_place *place, const struct fault_case *fault);
/* Waits until it listens. False when it ended first, or was killed because it did neither in time;
 * `ret_status` has its end then, as waitpid() has it. */
bool fault_daemon_connect(const struct fault_place *place, pid_t pid, struct fault_wire *wire,
                          int patience_ms, int *ret_status);
/* Waits for its end; false, and it was killed, when it did not come in time. */
bool fault_daemon_wait(pid_t pid, int patience_ms, int *ret_status);
void fault_daemon_held(const struct fault_place *place, pid_t pid, struct fault_held *ret_held);
