#include "event_log.h"

#include <errno.h>
#include <stdlib.h>

/* Far below what a message may hold, even when the last event is as large as an event can be. */
enum { BATCH_BYTES = 1024 * 1024 };

static struct event_batch *batch_new(const struct event_log *log)
{
    struct event_batch *batch = calloc(1, sizeof(*batch));

    if (!batch)
        return NULL;
    list_init(&batch->node);
    batch->state = EVENT_BATCH_OPEN;
    batch->owner = log->owner;
    return batch;
}

static void batch_free(struct event_batch *batch)
{
    list_remove(&batch->node);
    buffer_clear(&batch->text);
    free(batch);
}

static struct event_batch *batch_of(struct list *node)
{
    return container_of(node, struct event_batch, node);
}

void event_log_init(struct event_log *log, int64_t last_seq)
{
    *log = (struct event_log){.added_seq = last_seq, .acknowledged_seq = last_seq};
    list_init(&log->batches);
}

void event_log_clear(struct event_log *log)
{
    event_batches_free(&log->batches);
}

void event_batches_free(struct list *batches)
{
    while (!list_empty(batches))
        batch_free(batch_of(batches->next));
}

/* The last batch, if it takes events. */
static struct event_batch *event_log_open(struct event_log *log)
{
    struct event_batch *last = batch_of(log->batches.prev);

    return !list_empty(&log->batches) && last->state == EVENT_BATCH_OPEN ? last : NULL;
}

/* {"seq":N, and what stands behind the brace in `text`. */
static int event_log_write(struct event_log *log, struct event_batch *batch, const char *text,
                           size_t text_size)
{
    static const char name[] = "{\"seq\":";
    struct buffer *buffer = &batch->text;
    size_t before = buffer->size, size;
    int r = 0;

    buffer_append(buffer, name, sizeof(name) - 1);
    buffer_append_int(buffer, log->added_seq + 1);
    buffer_append_char(buffer, ',');
    buffer_append(buffer, text + 1, text_size - 1);
    buffer_append_char(buffer, ',');
    size = buffer->size - before;
    if (buffer->failed)
        r = -ENOMEM;
    else if (size > log->bytes_limit)
        r = -EMSGSIZE;
    else if (size > log->bytes_limit - log->bytes)
        r = -ENOBUFS;
    if (r < 0) {
        buffer->failed = false;
        buffer->size = before;
        return r;
    }
    log->bytes += size;
    return 0;
}

int event_log_add(struct event_log *log, const char *text, size_t size)
{
    struct event_batch *batch = event_log_open(log);
    bool fresh = !batch;
    int r;

    if (log->added_seq == INT64_MAX)
        return -ERANGE;
    if (fresh)
        batch = batch_new(log);
    if (!batch)
        return -ENOMEM;
    r = event_log_write(log, batch, text, size);
    if (r < 0) {
        if (fresh)
            batch_free(batch);
        return r;
    }
    if (fresh)
        list_push(&log->batches, &batch->node);
    log->added_seq++;
    batch->last_seq = log->added_seq;
    batch->n_events++;
    if (batch->n_events < log->batch_events && batch->text.size < BATCH_BYTES)
        return 0;
    batch->state = EVENT_BATCH_WAITING;
    return 1;
}

/* Few are passed over: those under way and their acknowledged neighbours are the oldest. */
struct event_batch *event_log_send(struct event_log *log, bool partial)
{
    list_for_each(node, &log->batches) {
        struct event_batch *batch = batch_of(node);

        if (batch->state == EVENT_BATCH_WAITING || (batch->state == EVENT_BATCH_OPEN && partial)) {
            batch->state = EVENT_BATCH_SENT;
            return batch;
        }
    }
    return NULL;
}

bool event_log_acknowledge(struct event_log *log, struct event_batch *batch, struct list *done)
{
    bool moved = false;

    batch->state = EVENT_BATCH_ACKNOWLEDGED;
    while (!list_empty(&log->batches)) {
        struct event_batch *oldest = batch_of(log->batches.next);

        if (oldest->state != EVENT_BATCH_ACKNOWLEDGED)
            break;
        log->acknowledged_seq = oldest->last_seq;
        log->bytes -= oldest->text.size;
        list_remove(&oldest->node);
        list_push(done, &oldest->node);
        moved = true;
    }
    return moved;
}

void event_batch_return(struct event_batch *batch)
{
    batch->state = EVENT_BATCH_WAITING;
}

/* Bytes of the first `n` events: a comma outside of all braces and brackets ends one. */
static size_t events_size(const char *text, unsigned int n)
{
    bool quoted = false;
    size_t depth = 0;
    const char *c;

    for (c = text; n > 0; c++) {
        if (quoted && *c == '\\')
            c++;
        else if (*c == '"')
            quoted = !quoted;
        else if (!quoted && (*c == '{' || *c == '['))
            depth++;
        else if (!quoted && (*c == '}' || *c == ']'))
            depth--;
        else if (!quoted && depth == 0 && *c == ',')
            n--;
    }
    return (size_t)(c - text);
}

int event_log_split(struct event_log *log, struct event_batch *batch)
{
    struct event_batch *first = batch_new(log);
    unsigned int half = batch->n_events / 2;
    size_t size;

    batch->state = EVENT_BATCH_WAITING;
    if (!first)
        return -ENOMEM;
    size = events_size(batch->text.data, half);
    buffer_append(&first->text, batch->text.data, size);
    if (first->text.failed) {
        batch_free(first);
        return -ENOMEM;
    }
    first->state = EVENT_BATCH_WAITING;
    first->n_events = half;
    first->last_seq = batch->last_seq - (batch->n_events - half);
    list_push(&batch->node, &first->node); /* in front of the rest */
    buffer_consume(&batch->text, size);
    batch->n_events -= half;
    if (log->batch_events > batch->n_events)
        log->batch_events = batch->n_events;
    return 0;
}
