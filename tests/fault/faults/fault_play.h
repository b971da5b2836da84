/*
 * fault_play: one daemon plays the load with one order, from its start to its end.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "fault_load.h"
#include "fault_orders.h"

enum { FAULT_PATIENCE_MS = 30000, FAULT_PROBLEM = 1024 };

enum fault_outcome {
    FAULT_NOT_SENT,
    FAULT_DONE,    /* acknowledged */
    FAULT_REFUSED, /* an error: nothing of it is stored */
    FAULT_UNKNOWN, /* no answer, or one that says so */
};

struct fault_case {
    enum fault_kind kind;
    int error;
    long from;
    bool forever;
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

struct fault_played {
    enum fault_outcome outcomes[FAULT_STEPS_MOST];
    int status;                  /* of its end, as waitpid() has it */
    bool ended_early;            /* before it was told to */
    bool failed_told;            /* StorageFailed was answered to a call about the database */
    char problem[FAULT_PROBLEM]; /* what is against the promises already; empty: nothing */
};

/* 0, or -1 with errno. */
int fault_place_make(struct fault_place *place, const char *base);
/* Empties the folder for the next daemon. */
void fault_place_empty(const struct fault_place *place);
void fault_place_remove(struct fault_place *place);

/* Starts the daemon, with the shim where there is a case. */
pid_t fault_daemon_start(const struct fault_place *place, const struct fault_case *fault);
/* Waits for its end; false, and it was killed, when it did not come in time. */
bool fault_daemon_wait(pid_t pid, int patience_ms, int *ret_status);

void fault_play(const struct fault_place *place, const struct fault_case *fault,
                struct fault_played *ret_played);

const char *fault_kind_name(enum fault_kind kind);
/* EIO, ENOSPC, …, short. */
const char *fault_error_name(int error);
/* How a case is asked for again. */
void fault_case_describe(const struct fault_case *fault, char *text, size_t size);
