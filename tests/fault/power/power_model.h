/*
 * power_model: a run while its load is made: what it is like behind the steps made so far, and the
 * calls that change it. Seen by the load's own files only.
 */
#pragma once

#include "power_load.h"

struct model {
    int run;
    bool exists;
    bool pinned;
    const char *status;
    const char *error;
    int64_t counts[4]; /* total, completed, failed, blocked */
    int64_t last_seq;
    uint64_t events;
    char repo[48];
    char nodes[512];
    char edges[512];
    char *append; /* the last one's parameters */
    int last_step;
    int steps_left;
    bool done;
};

struct making {
    struct power_load *load;
    uint64_t draw;
    int client;
    int backups;
};

/* Each adds one step or two to the client at hand. */
void model_create(struct making *making, struct model *model);
void model_append(struct making *making, struct model *model);
void model_append_again(struct making *making, struct model *model);
void model_update(struct making *making, struct model *model);
void model_graph(struct making *making, struct model *model);
void model_pin(struct making *making, struct model *model);
void model_stop(struct making *making, struct model *model);
void model_complete(struct making *making, struct model *model);
void model_delete(struct making *making, struct model *model);
void model_past(struct making *making, struct model *model);
/* A call that is about no run. */
void model_extra(struct making *making);
