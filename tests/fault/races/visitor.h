/*
 * visitor: a process that comes to the daemon and leaves again, over and over.
 *
 * Each visit is a connection on which whole calls, halves of calls and garbage are sent, answers
 * are read or left, one side is ended or both, each at a random moment. What visitors record goes
 * to runs named visitor-N, which they all share and which stay small.
 *
 * The counts are in memory that is shared with the test, which owns both: it starts visitors and
 * kills them, or tells them to end. A visitor ends by itself with the process that started it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct visitor_counts {
    _Atomic int64_t visits;
    _Atomic int64_t refused; /* nobody listened */
    _Atomic int64_t closed;  /* visits that the daemon ended */
    _Atomic int64_t calls;   /* sent whole */
    _Atomic int64_t halves;
    _Atomic int64_t received; /* bytes */
    atomic_bool gentle;       /* nothing is called that reads or copies the whole database */
    atomic_bool pausing;      /* no visit begins */
    _Atomic int resting;      /* visitors that pause */
    atomic_bool ending;       /* the visit under way is the last */
};

struct visitor_counts *visitor_counts_new(void);

/* A visit begins each `pause_us` microseconds on average, or as soon as the last one has ended. */
pid_t visitor_start(struct visitor_counts *counts, const char *socket, uint32_t seed,
                    uint32_t pause_us);
