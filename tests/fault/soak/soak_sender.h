/*
 * soak_sender: a process that records run after run, each over a connection of its own, and ends
 * each: what retention then deletes.
 *
 * One run in SOAK_KEPT is pinned before it has an event, and must be there at the end. A run that
 * has ended says in `completed_units` how many events were acknowledged. Calls are made again with
 * the same numbers until they are answered.
 */
#pragma once

#include "kill_book.h"
#include <sys/types.h>

enum { SOAK_SENDERS = 8, SOAK_RUN_EVENTS = 500, SOAK_KEPT = 100 };

/* In memory that all processes share; each place has one writer. */
struct soak_ledger {
    _Atomic int64_t events_per_s; /* of each sender; 0: as many as go */
    _Atomic int64_t acknowledged[SOAK_SENDERS];
    _Atomic int64_t runs[SOAK_SENDERS]; /* ended */
    _Atomic int64_t kept[SOAK_SENDERS]; /* of these, pinned */
    _Atomic int64_t repeated;           /* calls answered with duplicates */
    _Atomic int64_t backups;            /* made whole */
    _Atomic int64_t backups_failed;     /* the daemon was killed meanwhile */
    _Atomic int64_t slow_pages;         /* that slow readers read to their ends */
    _Atomic int64_t slow_closed;        /* connections of theirs that the daemon closed */
};

/* Faults go to the book, which also says when to end: behind the run under way. */
pid_t soak_sender_start(struct kill_book *book, struct soak_ledger *ledger, const char *socket,
                        int number);
