#include "shape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char *const types[15] = {
    "unit.started", "task.started", "task.completed", "unit.queued",  "unit.completed",
    "task.failed",  "pr.created",   "pr.merged",      "unit.blocked", "unit.failed",
    "unit.skipped", "pr.failed",    "cache.hit",      "cache.missed", "log.line",
};

/* The text varies, its size does not. */
static char *payload_new(unsigned size, unsigned index)
{
    char *payload = bench_alloc((size_t)size + 128);
    int head = snprintf(payload, (size_t)size + 128,
                        "{\"attempt\":%u,\"host\":\"builder-%02u\",\"seconds\":%u.%03u,\"note\":\"",
                        index % 3 + 1, index % 16, index % 90, index * 7 % 1000);
    unsigned end = (unsigned)head;

    while (end + 2 < size) {
        payload[end] = (char)('a' + (index + end * 11) % 26);
        end++;
    }
    strcpy(payload + end, "\"}");
    return payload;
}

void shape_init(struct shape *shape, unsigned payload, unsigned runs, unsigned units)
{
    shape->events = bench_alloc(SHAPE_EVENTS * sizeof(*shape->events));
    shape->n_runs = runs;
    shape->n_units = units;
    for (unsigned i = 0; i < SHAPE_UNITS; i++)
        snprintf(shape->units[i], sizeof(shape->units[i]), "services/unit-%03u", i);
    for (unsigned i = 0; i < runs; i++)
        snprintf(shape->runs[i], sizeof(shape->runs[i]), "run_20260120_143052_%04x", i);
    for (unsigned i = 0; i < SHAPE_EVENTS; i++) {
        struct shape_event *event = &shape->events[i];

        event->type = types[i * 31 % 15];
        event->unit = i * 17 % units;
        event->task = i % 12;
        snprintf(event->time, sizeof(event->time), "2026-01-20T14:%02u:%02u.%06uZ", i / 60 % 60,
                 i % 60, i * 7919 % 1000000);
        event->payload = payload_new(payload, i);
    }
}

void shape_clear(struct shape *shape)
{
    for (unsigned i = 0; shape->events && i < SHAPE_EVENTS; i++)
        free(shape->events[i].payload);
    free(shape->events);
    shape->events = NULL;
}

const struct shape_event *shape_event(const struct shape *shape, int64_t index)
{
    return &shape->events[index % SHAPE_EVENTS];
}

const char *shape_unit(const struct shape *shape, unsigned run, const struct shape_event *event)
{
    return shape->units[(run * 23 + event->unit) % SHAPE_UNITS];
}

void shape_write(const struct shape *shape, unsigned run, int64_t index, int64_t seq,
                 struct buffer *buffer)
{
    const struct shape_event *event = shape_event(shape, index);

    buffer_append_char(buffer, '{');
    if (seq > 0) {
        buffer_append_text(buffer, "\"seq\":");
        buffer_append_int(buffer, seq);
        buffer_append_char(buffer, ',');
    }
    buffer_append_text(buffer, "\"time\":\"");
    buffer_append_text(buffer, event->time);
    buffer_append_text(buffer, "\",\"type\":\"");
    buffer_append_text(buffer, event->type);
    buffer_append_text(buffer, "\",\"unit\":\"");
    buffer_append_text(buffer, shape_unit(shape, run, event));
    buffer_append_text(buffer, "\",\"task\":");
    buffer_append_int(buffer, event->task);
    buffer_append_text(buffer, ",\"payload\":");
    buffer_append_text(buffer, event->payload);
    buffer_append_char(buffer, '}');
}

struct hd_new_event shape_record(const struct shape *shape, unsigned run, int64_t index,
                                 int64_t seq)
{
    const struct shape_event *event = shape_event(shape, index);

    return (struct hd_new_event){
        .has_seq = seq > 0,
        .seq = seq,
        .time = event->time,
        .type = event->type,
        .unit = shape_unit(shape, run, event),
        .has_task = true,
        .task = event->task,
        .payload = event->payload,
    };
}
