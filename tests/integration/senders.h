/*
 * senders: recorders in processes of their own, and what they must have left behind.
 *
 * Event number n of a run is the same whoever sends it: its type, unit, time and payload come from
 * n, so that an event sent again is equal to the one before.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "subject.h"

/* No recorder sends an event above this number until it is raised: a test that kills says how far
 * they may get before it does. Call it first. */
void load_allow(int64_t number);

/* Starts a process that records events last_seq + 1 to `count` of the run (which exists) with the
 * client library's recorder and ends with 0 once all are acknowledged. A run's last_seq is asked
 * from the daemon. */
pid_t load_start(const struct subject *subject, const char *run, int64_t count);
/* Waits for its end, which must be good. */
void load_wait(pid_t pid);
/* True once the process has ended; it must have ended well. */
bool load_has_ended(pid_t pid);

/* Every event of the run is in the database once, in order of commit, and is what it was sent as.
 * The daemon is not running. */
void load_check(const struct subject *subject, const char *run, int64_t count);
