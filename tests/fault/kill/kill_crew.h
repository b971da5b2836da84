/*
 * kill_crew: the recorders and watchers that ride through the deaths of the daemon, what they are
 * held to, and a run of the test's own, which the first write after a start goes to.
 *
 * The test owns the crew and begins it within a test case whose `subject` runs and whose `wire` is
 * open. Every function fails the test where a promise was broken.
 */
#pragma once

#include <stdbool.h>

#include "kill_recorder.h"
#include "kill_watcher.h"

struct kill_crew {
    struct kill_book *book;
    unsigned int in_flight; /* set before it begins; see kill_book.h */
    pid_t recorders[KILL_RECORDERS];
    pid_t watchers[KILL_WATCHERS];
    int64_t acknowledged[KILL_RUNS]; /* when the daemon was last killed */
};

/* The first event of all is the test's own. */
void kill_crew_begin(struct kill_crew *crew, uint32_t seed);
/* No fault stands in the book and no watcher has ended. */
void kill_crew_is_well(const struct kill_crew *crew);

/* A write of the test's own; false when StorageFull was the answer. */
bool kill_crew_write(struct kill_crew *crew);

/* Kills the daemon and closes `wire`. */
void kill_crew_kill(struct kill_crew *crew);
/* The daemon has ended by itself; closes `wire`. */
void kill_crew_bereaved(struct kill_crew *crew);
/* Starts it again and opens `wire`; returns how long the first acknowledgement took, in
 * microseconds. All that had been acknowledged is there. */
int64_t kill_crew_start(struct kill_crew *crew);

int64_t kill_crew_acknowledged(const struct kill_crew *crew);

/* All that recorders sent is acknowledged, and they have ended. */
void kill_crew_recorders_end(struct kill_crew *crew);
/* Then: watchers have seen all of it, and are killed. */
void kill_crew_watchers_end(struct kill_crew *crew);
/* No daemon runs: each run of the crew is stored as it was acknowledged, each event once, and the
 * database is sound. */
void kill_crew_compare(const struct kill_crew *crew);
