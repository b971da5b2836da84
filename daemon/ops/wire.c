#include "wire.h"

#include <string.h>

#include "json.h"

struct hd_run run_to_wire(const struct run_row *row)
{
    return (struct hd_run){
        .id = row->id,
        .repo_path = row->repo_path,
        .started_at = row->started_at,
        .completed_at = row->completed_at,
        .status = row->status,
        .parallelism = row->parallelism,
        .total_units = row->total_units,
        .completed_units = row->completed_units,
        .failed_units = row->failed_units,
        .blocked_units = row->blocked_units,
        .error = row->error,
        .tasks_dir = row->tasks_dir,
        .dry_run = row->dry_run,
        .last_seq = row->last_seq,
        .has_pinned = row->pinned,
        .pinned = row->pinned,
    };
}

struct hd_event event_to_wire(const struct event_row *row)
{
    return (struct hd_event){
        .id = row->id,
        .run_id = row->run_id,
        .seq = row->seq,
        .time = row->time,
        .type = row->type,
        .unit = row->unit,
        .has_task = row->has_task,
        .task = row->task,
        .has_pr = row->has_pr,
        .pr = row->pr,
        .payload = row->payload,
        .error = row->error,
    };
}

const struct hd_event *events_to_wire(const struct event_row *rows, size_t n_rows,
                                      struct arena *arena)
{
    struct hd_event *events = arena_alloc(arena, (n_rows + 1) * sizeof(*events));

    for (size_t i = 0; events && i < n_rows; i++)
        events[i] = event_to_wire(&rows[i]);
    return events;
}

int payload_check(const char *payload, struct fault *ret_fault)
{
    static const struct limits boundless = {
        .message = INT64_MAX, .depth = INT64_MAX, .values = INT64_MAX};
    int r = json_check_object(payload, strlen(payload), &boundless, NULL, ret_fault);

    return r < 0 ? STORE_NO_MEMORY : r > 0;
}

int event_look(const struct event_row *row)
{
    struct fault fault;

    return row->payload ? payload_check(row->payload, &fault) : 0;
}

struct event_new event_from_wire(const struct hd_new_event *event)
{
    return (struct event_new){
        .has_seq = event->has_seq,
        .seq = event->seq,
        .time = event->time,
        .type = event->type,
        .unit = event->unit,
        .has_task = event->has_task,
        .task = event->task,
        .has_pr = event->has_pr,
        .pr = event->pr,
        .payload = event->payload,
        .error = event->error,
    };
}
