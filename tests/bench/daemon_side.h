/*
 * daemon_side: a historyd of our own.
 *
 * Started on a database in the bench's folder, with the settings it has unless told otherwise, but
 * for retention, and stopped by SIGTERM. It dies with this process. Belongs to the main thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "shape.h"

struct bench;

struct daemon_side {
    const struct shape *shape;
    pid_t pid; /* 0: not running */
    char socket[96];
    char database[96];
    char log[96];
    double started;   /* when it was */
    int64_t index;    /* of the next event */
    int64_t base_id;  /* newest event when it was started */
    int64_t appended; /* acknowledged since then */
    int64_t wal_most; /* largest size of the log that was seen, in bytes; its user resets it */
    bool unnumbered;  /* some were: the numbers in the runs are the daemon's */
    int64_t next_seq[SHAPE_RUNS_MOST];
};

/* `prefix` (may be NULL): a NULL-terminated command that runs it, strace for example. Waits until
 * it accepts connections. */
void daemon_start(struct daemon_side *side, const struct bench *bench, const char *database,
                  char *const prefix[]);
/* The same with a configuration of its own, which goes on within [retention]. */
void daemon_start_with(struct daemon_side *side, const struct bench *bench, const char *database,
                       char *const prefix[], const char *configuration);
void daemon_stop(struct daemon_side *side);

/* Creates the active runs. */
void daemon_create_runs(struct daemon_side *side);

/* A connection to it. */
int daemon_connect(const struct daemon_side *side);

/* A line of /proc/PID/status, in KiB: VmRSS, VmHWM, RssAnon. */
int64_t daemon_memory(const struct daemon_side *side, const char *name);
/* Seconds of a processor that it has taken. */
double daemon_cpu(const struct daemon_side *side);
/* Bytes of the write-ahead log. */
int64_t daemon_wal(const struct daemon_side *side);

/* True when the stored rows are those that were acknowledged. */
bool daemon_holds(const struct daemon_side *side);
