/*
 * event_log: the events of a recorder that are not acknowledged yet, as the JSON they are sent in.
 *
 * Events are gathered in batches, in the order of their numbers; a batch is what one call carries,
 * and the same bytes are sent again when in doubt. Owned by a recorder, guarded by its mutex; no
 * function blocks. The text of a batch that is WAITING or SENT does not change, so the sender reads
 * it without the mutex; only the sender changes the state of such a batch.
 *
 * The states of a batch: OPEN takes events; WAITING is to be sent; SENT has a call under way;
 * ACKNOWLEDGED is on the daemon's disk but has an older neighbour that is not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "list.h"

enum event_batch_state {
    EVENT_BATCH_OPEN,
    EVENT_BATCH_WAITING,
    EVENT_BATCH_SENT,
    EVENT_BATCH_ACKNOWLEDGED,
};

struct event_batch {
    struct list node; /* of event_log.batches */
    enum event_batch_state state;
    int64_t last_seq;
    unsigned int n_events;
    struct buffer text; /* the events, a comma behind each */
    void *owner;        /* the recorder, for the callback of the call */
};

struct event_log {
    struct list batches;
    void *owner;
    int64_t added_seq;
    int64_t acknowledged_seq;
    size_t bytes;
    size_t bytes_limit;
    unsigned int batch_events;
};

void event_log_init(struct event_log *log, int64_t last_seq);
void event_log_clear(struct event_log *log);

/* Adds an event under the next number: `text` is its JSON object without one, not empty. Returns 0,
 * positive when a batch became full by it; -ENOBUFS; -EMSGSIZE for an event larger than the whole
 * log; -ERANGE when the numbers are used up; -ENOMEM. On failure nothing has changed. */
int event_log_add(struct event_log *log, const char *text, size_t size);

/* The oldest batch that is WAITING, now SENT; with `partial` the OPEN one too. NULL: none. */
struct event_batch *event_log_send(struct event_log *log, bool partial);

/* The batch is on disk. Batches without an older neighbour left move to `done`, to be freed by
 * event_batches_free() when the mutex is not held. True when acknowledged_seq has moved. */
bool event_log_acknowledge(struct event_log *log, struct event_batch *batch, struct list *done);
void event_batches_free(struct list *batches);

/* The batch has to be sent again. */
void event_batch_return(struct event_batch *batch);

/* Makes two WAITING batches of one that is SENT, for a daemon that takes less at once; later
 * batches are no larger. Returns 0, or -ENOMEM with the batch WAITING as a whole. The batch has two
 * events or more. */
int event_log_split(struct event_log *log, struct event_batch *batch);
