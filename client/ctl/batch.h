/*
 * batch: numbered events on their way to a run, many in one call.
 *
 * Because each event has its number, a call whose answer did not come is simply made again. Events
 * are copied as they are added. An event the daemon refuses is told to the owner and left out; the
 * others of its call are stored. One thread.
 */
#pragma once

#include "arena.h"
#include "ctl.h"

/* Told of an event the daemon refused: where it came from, and why. */
typedef void (*batch_refused)(void *userdata, int64_t line, const char *reason);

struct batch {
    struct ctl *ctl;
    const char *run_id;
    batch_refused refused;
    void *userdata;
    struct arena arena;
    struct hd_new_event *events;
    int64_t *lines;
    size_t n_events;
    size_t bytes;
    int64_t inserted;
    int64_t duplicates;
    int64_t n_refused;
};

/* Returns 0 or -ENOMEM. `run_id` outlives the batch. */
int batch_open(struct batch *batch, struct ctl *ctl, const char *run_id, batch_refused refused,
               void *userdata);
void batch_close(struct batch *batch);

/* Adds an event that came from `line`; sends when there are enough. Returns 0, -ENOMEM, or what the
 * call failed with (see batch_flush()). */
int batch_add(struct batch *batch, const struct hd_new_event *event, int64_t line);
/* Sends what is there. A daemon that is away or busy is waited for, as long as --timeout allows.
 * Returns 0, -errno or an enum hd_error_code. */
int batch_flush(struct batch *batch);

/* Whether a call that ended with `status` may succeed when it is made again. */
bool batch_may_retry(int status);
