/*
 * power_drive: plays a load against a real historyd under the recorder, and leaves the trace.
 *
 * The daemon is ended and started again as the scene wants; clients whose call got no answer make
 * it again. What was sent and what was acknowledged is in the trace, as marks.
 */
#pragma once

#include "power_load.h"

struct power_drive {
    const char *folder;   /* of its own, empty: the database's folder, socket, log go in there */
    const char *trace;    /* path of the trace to make */
    const char *daemon;   /* path of historyd */
    const char *config;   /* more of it, of [store]; "" */
    const char *recorder; /* path of the recorder */
};

/* 0, or -1 with words on stderr. */
int power_drive(const struct power_drive *drive, const struct power_load *load);

/* The database's name below the recorded folder; where backups are. */
#define POWER_DATABASE "history.db"
#define POWER_BACKUPS  "backups"

/* What marks hold. The first says how the load is made. */
enum power_mark_kind {
    POWER_MARK_LOAD, /* scene and seed, in `number` */
    POWER_MARK_SENT,
    POWER_MARK_DONE, /* acknowledged */
};

struct power_mark {
    uint32_t kind;
    uint32_t client;
    uint32_t step;
    uint32_t scene;
    uint64_t seed;
    uint64_t received; /* bytes up to the answer's end */
    char peer[48];     /* the connection's address */
};
