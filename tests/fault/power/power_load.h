/*
 * power_load: what is sent to a daemon while its disk is recorded, and what must then be stored.
 *
 * A load is made from its scene and a seed; the same two always make the same load. It has runs and
 * clients; each run is one client's, and each client makes its calls one after another. A step is a
 * call with the digest of its run behind it: whatever a power cut leaves, a run is as it was behind
 * some step, none before the last acknowledged one and none after the last that was sent.
 *
 * Belongs to who made it; read by any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum power_kind {
    POWER_PAST, /* not sent: there before the first daemon; `parameters` is SQL */
    POWER_CREATE,
    POWER_APPEND,
    POWER_AGAIN, /* the last append once more */
    POWER_UPDATE,
    POWER_GRAPH,
    POWER_PIN,
    POWER_STOP,
    POWER_RESUME,
    POWER_COMPLETE,
    POWER_DELETE,
    POWER_CHECKPOINT,
    POWER_RETENTION,
    POWER_BACKUP,
};

enum { POWER_NO_RUN = -1, POWER_RUNS_MOST = 128, POWER_CLIENTS_MOST = 8, POWER_ABSENT = 0 };

struct power_step {
    enum power_kind kind;
    int run; /* or POWER_NO_RUN */
    const char *method;
    char *parameters;
    char backup[32];   /* its file's name */
    uint64_t digest;   /* of the run behind it; POWER_ABSENT: there is none */
    int64_t n_events;  /* behind it, for messages */
    int previous_step; /* of the same run, or -1 */
};

struct power_run {
    char id[32];
    int client;
    bool expendable; /* retention may take it from the moment it was asked to */
};

struct power_client {
    struct power_step *steps;
    size_t n_steps;
    size_t capacity;
};

/* How a daemon ends while the load goes on. */
enum power_end {
    POWER_STAYS,
    POWER_KILL_AT_WRITE, /* SIGKILL right behind a write, that is before its sync */
    POWER_KILL_AT_SYNC,  /* SIGKILL right before a sync */
    POWER_CUT,           /* as the first, and what it left is one of the disks of a power cut */
    POWER_FAIL_SYNC,     /* a sync fails, and what it was for is gone */
};

struct power_scene {
    const char *name;
    const char *config; /* besides the common part */
    int clients;
    int runs;  /* of each client */
    int steps; /* of each run, about */
    enum power_end end;
    int ends;        /* how often it ends so */
    bool past;       /* a database of version 1 is there */
    bool extras;     /* checkpoints, backups */
    bool expendable; /* the first client's runs are for retention */
    bool deletes;
};

extern const struct power_scene power_scenes[];
extern const size_t power_n_scenes;

struct power_load {
    const struct power_scene *scene;
    uint64_t seed;
    struct power_run runs[POWER_RUNS_MOST];
    int n_runs;
    struct power_client clients[POWER_CLIENTS_MOST];
    int n_clients;
};

/* Running out of memory ends the program. */
struct power_load *power_load_new(size_t scene, uint64_t seed);
void power_load_free(struct power_load *load);

/* Digests are made of texts, piece by piece. */
uint64_t power_digest(uint64_t digest, const char *text);
enum { POWER_DIGEST_START = 1469598103 };
