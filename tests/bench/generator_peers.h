/*
 * generator_peers: readers and watchers, on a thread of their own beside the generator.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "samples.h"

struct daemon_side;
struct peers;

/* Readers page through old runs of `seeded` events, 1,000 events a page, each its next page as soon
 * as it has one. */
struct peers *readers_start(const struct daemon_side *side, unsigned readers, int64_t seeded);

/* Watchers of the active run `run`, from now on; returns when all are ready. Calls of `events` each
 * are to come, the k-th born at `arrivals[k]` after *start (both are the generator's, which sets
 * them before it sends). */
struct peers *watchers_start(const struct daemon_side *side, unsigned watchers, unsigned run,
                             unsigned events, const double *arrivals, const double *start);
/* Waits until every watcher has had `calls` calls; false when that takes too long. */
bool watchers_wait(struct peers *peers, size_t calls);

/* Seconds of a processor that the thread has taken. */
double peers_cpu(const struct peers *peers);

/* Ends the thread. `ret_delays` (may be NULL) gets the milliseconds from each call's birth to each
 * watcher. Returns the pages read, or the calls seen by all watchers together. */
int64_t peers_stop(struct peers *peers, struct samples *ret_delays);
