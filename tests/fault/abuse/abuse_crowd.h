/*
 * abuse_crowd: a process with a thousand connections that all do the same harm, over and over.
 *
 * What the harm is says a `struct abuse_kind`; a connection that the daemon closes is opened again.
 * The counters are in memory that is shared with the test, which owns both: it starts the crowd and
 * kills it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { CROWD = 1000, PEER_BYTES = 2048 };

struct abuse_peer {
    int fd; /* -1: to be opened */
    int number;
    const char *bytes; /* what is being sent; `own`, or a text that all share */
    size_t size;
    size_t sent;
    long messages;      /* since it was opened */
    int64_t not_before; /* milliseconds: the next write */
    bool silent;        /* says nothing more, and waits for the daemon to close */
    char own[PEER_BYTES];
};

struct abuse_kind {
    const char *name;
    /* Makes ready what all share. Optional. */
    void (*prepare)(void);
    /* Sets `bytes` and `size` of the next message. */
    void (*fill)(struct abuse_peer *peer);
    bool (*reads)(const struct abuse_peer *peer); /* takes answers; NULL: no */
    size_t chunk;                                 /* bytes of a write; 0: as many as go */
    int pause_ms;                                 /* between two writes */
    int messages;                                 /* then it hangs up; 0: it stays */
    bool half_close;                              /* ends its side in place of hanging up */
    int descriptors;                              /* passed with each write */
};

struct crowd_counts {
    _Atomic long opened;
    _Atomic long refused; /* could not be opened just then */
    _Atomic long closed;  /* by the daemon */
    _Atomic long messages;
    _Atomic int64_t sent; /* bytes */
    _Atomic int64_t received;
};

/* With `size` connections, at most CROWD. As the user `uid`, where this is root. The random numbers
 * begin with `seed`. */
pid_t crowd_start(const struct abuse_kind *kind, int size, const char *socket, uid_t uid,
                  uint32_t seed, struct crowd_counts *counts);

/* The crowd's own random numbers. */
uint32_t crowd_random(uint32_t below);

extern const struct abuse_kind abuse_kinds[];
extern const int n_abuse_kinds;
