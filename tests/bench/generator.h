/*
 * generator: the load.
 *
 * One thread drives all its clients, each a connection that appends to one run (several clients
 * share a run when there are fewer runs). Either raw, with every call's bytes made before the clock
 * starts, so that nearly all time taken is the daemon's; or through the client library, which makes
 * its calls and reads the answers while the clock runs, so that the difference is its cost.
 *
 * Closed loop: each client keeps `in_flight` calls under way. Open loop (`rate`): calls are born at
 * moments fixed beforehand, with exponential gaps, and sent then whatever is still under way; the
 * latency counts from the birth, so that a stall is charged to all that it delays.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "samples.h"

struct daemon_side;

struct load_spec {
    unsigned clients;
    unsigned events; /* a call */
    unsigned in_flight;
    size_t calls;  /* of all clients together */
    double rate;   /* calls a second of all clients together; 0: closed loop */
    unsigned draw; /* of the arrivals: the same number, the same moments */
    bool by_library;
    bool unnumbered; /* the daemon numbers the events */
};

struct load_result {
    double seconds; /* from the first call sent to the last acknowledged */
    int64_t events;
    struct samples latency; /* of each call, in milliseconds */
};

/* One client's calls; what it is at. */
struct load_client {
    unsigned run;
    size_t n_calls;
    size_t released; /* calls that may be sent */
    size_t acked;
    double *births; /* of each call */
    int64_t *first; /* index and number of each call's first event */
    int64_t *first_seq;

    /* raw */
    int fd;
    struct buffer bytes; /* all calls */
    size_t *ends;        /* of each in `bytes` */
    size_t sent;         /* of `bytes` */
    char answer[512];    /* as far as it has come */
    size_t answer_size;

    /* through the library */
    struct hd_client *handle;
    size_t started;
};

struct load {
    const struct load_spec *spec;
    struct daemon_side *side;
    struct load_client *clients;
    double *arrivals; /* open loop: seconds after the start of each call, rising */
    size_t n_arrived;
    double start;
    size_t acked;
    char expected[32]; /* in the answer to each call */
    struct load_result result;
};

/* Makes the clients, connects them and makes the calls. The caller runs it once and frees it. */
void load_prepare(struct load *load, const struct load_spec *spec, struct daemon_side *side);
/* Runs it. `result` holds until load_clear(). A refused call, or silence for a minute, is the end
 * of the bench. */
void load_run(struct load *load);
void load_clear(struct load *load);

/* All three for the common case; `latency` (may be NULL) gets the calls' milliseconds added.
 * Returns events a second. */
double load_once(const struct load_spec *spec, struct daemon_side *side, struct samples *latency);

/* Between the two ways of sending and generator.c. */
void load_release(struct load *load); /* what may be sent by now */
void load_acked(struct load *load, struct load_client *client);
double load_wait_seconds(const struct load *load); /* until load_release() has something to do */
void load_library_prepare(struct load *load);
void load_library_send(struct load *load, struct load_client *client);
void load_library_wait(struct load *load, double seconds);
void load_library_clear(struct load *load);
