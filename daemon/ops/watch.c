#include "op.h"
#include "tables.h"
#include "watcher.h"
#include "wire.h"

struct watch_state {
    struct watcher watcher;
    struct call *call;
};

static struct watch_state *watch_of(struct watcher *watcher)
{
    return container_of(watcher, struct watch_state, watcher);
}

static int check(struct call *call)
{
    const struct hd_watch_params *params = call->parameters;

    if (params->has_after_seq && params->has_after_id)
        return call_fail_parameter(call, "after_id");
    if (params->has_after_seq && !params->run_id)
        return call_fail_parameter(call, "after_seq");
    return 0;
}

/* On a store thread, for all watchers of the selection: there is no call. */
static void write_news(const struct watch_news *news, struct arena *arena, struct buffer *messages)
{
    struct hd_watch_result result = {.last_id = news->last_id};
    struct hd_run run;

    switch (news->kind) {
    case WATCH_EVENTS:
        result.events = events_to_wire(news->events, news->n_events, arena);
        result.n_events = news->n_events;
        if (!result.events) {
            messages->failed = true;
            return;
        }
        break;
    case WATCH_RUN:
        run = run_to_wire(news->run);
        result.run = &run;
        break;
    case WATCH_READY:
        result.has_ready = true;
        result.ready = true;
        break;
    }
    message_write_reply(messages, true, &hd_watch_result_table, &result);
}

static bool tell(struct watcher *watcher, const char *messages, size_t size)
{
    return call_stream(watch_of(watcher)->call, messages, size);
}

static void ended(struct watcher *watcher, int result)
{
    struct call *call = watch_of(watcher)->call;
    const struct hd_watch_params *params = call->parameters;

    if (result == STORE_RUN_NOT_FOUND)
        call_fail_run_not_found(call, params->run_id);
    else if (result == WATCH_AHEAD)
        call_fail_parameter(call, "after_id");
    else if (result == STORE_HISTORY_TRUNCATED)
        call_fail(call, HD_HISTORY_TRUNCATED,
                  &(struct hd_history_truncated_error){.oldest_id = watcher->oldest_id});
    else if (result == STORE_EVENT_UNREADABLE)
        call_fail_unreadable(call, &watcher->unreadable);
    else
        call_settle(call, result);
    call_stream_end(call);
}

static int start(struct call *call)
{
    const struct hd_watch_params *params = call->parameters;
    struct watch_state *state = call->state;

    state->call = call;
    state->watcher.tell = tell;
    state->watcher.ended = ended;
    state->watcher.request = (struct watch_request){
        .selection = {.filter = {.run_id = params->run_id,
                                 .repo_path = params->repo_path,
                                 .type = params->type,
                                 .unit = params->unit},
                      .look = event_look,
                      .write = write_news},
        .from = params->has_after_seq  ? WATCH_FROM_SEQ
                : params->has_after_id ? WATCH_FROM_ID
                                       : WATCH_FROM_NOW,
        .after = params->has_after_seq ? params->after_seq : params->after_id,
    };
    return watcher_start(&state->watcher, call->service->watches);
}

static void stop(struct call *call)
{
    struct watch_state *state = call->state;

    watcher_stop(&state->watcher);
}

static void resume(struct call *call)
{
    struct watch_state *state = call->state;

    watcher_resume(&state->watcher);
}

const struct op op_watch = {
    .kind = OP_STREAM,
    .state_size = sizeof(struct watch_state),
    .check = check,
    .start = start,
    .stop = stop,
    .resume = resume,
};
