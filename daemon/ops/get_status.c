#include <unistd.h>

#include "op.h"
#include "watcher.h"

static void optional(bool *ret_has, int64_t *ret_value, int64_t value)
{
    *ret_has = true;
    *ret_value = value;
}

#define OPTIONAL(result, field, value) optional(&(result)->has_##field, &(result)->field, value)

/* What was added since the first version, where every field must be one that may be left out. */
static void status_more(struct service *service, const struct store_state *state,
                        struct hd_get_status_result *result)
{
    const struct store_figures *figures = store_figures(service->store);
    const struct histogram *acknowledgements = &service->measures.acknowledgements;
    int64_t within = histogram_bound(acknowledgements, HISTOGRAM_DURATIONS_FIRST, 990);

    writer_look_at(&service->writer, state, metrics_now() / 1000);
    result->writer = writer_mood_name(service->writer.mood);
    OPTIONAL(result, writer_busy_ms, service->writer.busy_ms);
    OPTIONAL(result, jobs_waiting, (int64_t)state->jobs_waiting);
    OPTIONAL(result, calls_under_way, service->calls);
    OPTIONAL(result, events_last_minute,
             state->events_appended - pace_before(&service->pace, metrics_now() / 1000000));
    OPTIONAL(result, events_duplicate, counter_read(&figures->duplicates));
    OPTIONAL(result, commits, histogram_count(&figures->commits));
    /* Not known where nothing was acknowledged yet, or more than one in a hundred so late that
     * there is no bucket for it. */
    if (histogram_count(acknowledgements) > 0 && within < INT64_MAX)
        OPTIONAL(result, acknowledged_within_us, within);
    OPTIONAL(result, watcher_lag, watch_hub_lag(service->watches));
    OPTIONAL(result, calls_refused, measures_refused(&service->measures));
    result->has_storage_full = result->storage_full = state->full;
}

static int start(struct call *call)
{
    struct service *service = call->service;
    const struct limits *limits = &service->settings->limits;
    const struct hd_int_entry entries[] = {
        {"message", limits->message},
        {"depth", limits->depth},
        {"values", limits->values},
        {"events", limits->events},
        {"payload", limits->payload},
        {"error", limits->error},
        {"type", limits->type},
        {"unit", limits->unit},
        {"label", limits->label},
        {"reason", limits->reason},
        {"path", limits->path},
        {"nodes", limits->nodes},
        {"edges", limits->edges},
        {"connections", service->settings->connections},
        {"calls", service->settings->calls},
    };
    struct hd_get_status_result result = {
        .version = service->version,
        .schema_version = store_schema_version(),
        .started_at = service->started_at,
        .pid = getpid(),
        .database = service->database,
        .connections = service->connections,
        .watchers = service->watches->n_watchers,
        .limits = entries,
        .n_limits = sizeof(entries) / sizeof(entries[0]),
    };
    struct store_state state;

    store_state(service->store, &state);
    store_sizes(service->store, &result.database_bytes, &result.wal_bytes);
    result.runs_running = state.runs_running;
    result.events_appended = state.events_appended;
    result.last_event_id = state.last_event_id;
    status_more(service, &state, &result);
    return call_reply(call, &result);
}

const struct op op_get_status = {.kind = OP_LOCAL, .start = start};
