/*
 * room: what the daemon does while the disk is full.
 *
 * It says so, and tries a write of its own once a second: whoever waits until the daemon is ready
 * sends none that would tell. Loop thread only.
 */
#pragma once

#include "store.h"

struct room {
    struct store *store;
    struct store_job job;
    bool under_way;
    bool said;       /* that the disk is full, and not yet that it is over */
    int64_t said_at; /* when it was; 0: never */
};

void room_init(struct room *room, struct store *store);
/* Once a second; `now` is loop_now(). */
void room_look(struct room *room, const struct store_state *state, const char *database,
               int64_t now);

bool room_owns_job(const struct store_job *job);
void room_job_done(struct room *room);
