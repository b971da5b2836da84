/*
 * metrics_file: the metrics as a file, for a collector that reads files.
 *
 * Written anew at each interval beside its place and renamed into it, so that a reader sees a whole
 * text. A failure is logged once, until it is another one or over. Loop thread.
 */
#pragma once

#include "buffer.h"
#include "chore.h"
#include "op_call.h"

struct metrics_file {
    struct chore *chore;
    int64_t due; /* loop_now() of the next */
    /* Of the one under way. */
    char *path;
    const char *database; /* the service's */
    struct buffer text;
    int failure; /* errno, 0: it went well */
    int logged;  /* the failure before */
};

/* Returns 0 or -ENOMEM. */
int metrics_file_open(struct metrics_file *file, struct loop *loop);
/* Writes it where it is due. `path` empty: there is none to write. */
void metrics_file_tick(struct metrics_file *file, struct service *service, const char *path,
                       int64_t now, int64_t interval_ms);
/* Harmless where it was never opened. Blocks until the one under way is written. */
void metrics_file_close(struct metrics_file *file);
