/*
 * fault_load: the fixed work that a daemon is given while its calls fail, and what each piece of it
 * leaves behind.
 */
#pragma once

#include <stdbool.h>

enum { FAULT_STEPS_MOST = 32 };

struct fault_step {
    const char *method;     /* behind dev.historyd. */
    const char *parameters; /* ' stands for " */
    const char *until;      /* of a stream: what its last answer holds */
    const char *expects;    /* of a read: what the answer holds once `needs` was acknowledged */
    /* A query that gives 1 where the step's effect is stored whole, 0 where nothing of it is. */
    const char *effect;
    const char *needs;  /* the parameters of the step without which RunNotFound is no surprise */
    const char *errors; /* further errors that are documented and possible here, in | */
    bool loose;         /* an error may leave part of it done */
    bool gives_back;    /* a descriptor: the daemon watches a process until then */
    bool passing;       /* retention takes its effect away again */
};

extern const struct fault_step fault_steps[];
extern const int fault_n_steps;

extern const char fault_config[];
extern const char fault_backup[]; /* the name of the backup */
