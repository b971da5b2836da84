/*
 * library_user: a process whose threads open, use and close clients and recorders of the library
 * over and over, whether a daemon is there or not, and leave calls, streams and events unanswered.
 *
 * It ends when it is told to, and compares itself with what it was after its first cycles: with 0
 * where it has the same descriptors and no more memory, and every call was called back exactly as
 * often as it is promised; else it says what is wrong and ends with 1.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { LIBRARY_THREADS = 4 };

/* Shared with the test, which owns it. */
struct library_counts {
    _Atomic int64_t cycles;
    _Atomic int64_t calls;     /* started */
    _Atomic int64_t cancelled; /* of these, ended by the end of their client */
    _Atomic int64_t events;    /* added to recorders */
    atomic_bool ending;
};

/* Records to runs library-0, library-1, …, one for each thread. */
pid_t library_user_start(struct library_counts *counts, const char *socket, uint32_t seed);
