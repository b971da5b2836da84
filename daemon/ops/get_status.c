#include <unistd.h>

#include "op.h"
#include "watcher.h"

static int start(struct call *call)
{
    const struct service *service = call->service;
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
    return call_reply(call, &result);
}

const struct op op_get_status = {.kind = OP_LOCAL, .start = start};
