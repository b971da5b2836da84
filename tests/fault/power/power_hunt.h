/*
 * power_hunt: all the images of one trace, each recovered and compared.
 *
 * The points of a trace are shared out to processes, which count together. An image is known by its
 * trace, its point and its seed, which make it again at any time.
 */
#pragma once

#include <stdatomic.h>

#include "power_check.h"

/* Shared by all processes. */
struct power_tally {
    atomic_ullong drawn;
    atomic_ullong tried;    /* recovered and compared: new with their acknowledgements */
    atomic_ullong distinct; /* of those, new by their content */
    atomic_ullong daemons;  /* recovered by a daemon of their own */
    atomic_ullong bad;
    size_t n_slots;
    atomic_ullong slots[]; /* what was seen: digests */
};

struct power_hunt {
    const char *trace;   /* its path */
    const char *scratch; /* folder for the images, one below for each process */
    const char *keep;    /* NULL, or the folder for bad ones */
    const char *daemon;
    uint64_t seed;
    uint64_t images; /* about so many */
    int processes;
    int every;                /* image is recovered by a daemon; 0: none */
    bool forget_folder_syncs; /* as if the program had none */
    struct power_tally *tally;
};

/* NULL without memory. Room for so many images. */
struct power_tally *power_tally_new(uint64_t images);

/* 0, 1 with bad images, or -1. */
int power_hunt(const struct power_hunt *hunt);

/* One image. 0, 1 when it is bad, or -1. Says what it is. */
int power_hunt_one(const struct power_hunt *hunt, uint64_t point, uint64_t seed);
