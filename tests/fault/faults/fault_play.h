/*
 * fault_play: one daemon plays the load with one order, from its start to its end.
 */
#pragma once

#include <stdbool.h>

#include "fault_load.h"
#include "fault_place.h"

enum { FAULT_PROBLEM = 1024 };

enum fault_outcome {
    FAULT_NOT_SENT,
    FAULT_DONE,    /* acknowledged */
    FAULT_REFUSED, /* an error: nothing of it is stored */
    FAULT_UNKNOWN, /* no answer, or one that says so */
};

struct fault_played {
    enum fault_outcome outcomes[FAULT_STEPS_MOST];
    int status;                  /* of its end, as waitpid() has it */
    bool ended_early;            /* before it was told to */
    struct fault_held held;      /* behind the load, where it did not end early */
    bool failed_told;            /* StorageFailed was answered to a call about the database */
    char problem[FAULT_PROBLEM]; /* what is against the promises already; empty: nothing */
};

/* Notes what is against the promises, the first of it. */
void fault_problem(struct fault_played *played, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `held` is what a daemon has behind the load when nothing fails; NULL where nobody knows. */
void fault_play(const struct fault_place *place, const struct fault_case *fault,
                const struct fault_held *held, struct fault_played *ret_played);
