#include "op.h"
#include "wire.h"

enum { LIST_DEFAULT = 100 };

/* An event is encoded from the row while that stands: nothing else keeps it. */
static int event_answer(void *data, const struct event_row *row)
{
    struct codec_list *list = data;
    struct hd_event event = event_to_wire(row);

    codec_list_add(list, &event);
    return list->buffer->failed ? STORE_NO_MEMORY : 0;
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_list_events_params *params = call->parameters;
    const struct event_filter filter = {
        .run_id = params->run_id,
        .type = params->type,
        .unit = params->unit,
        .has_task = params->has_task,
        .task = params->task,
    };
    struct event_look look = {.look = event_look};
    /* The texts of an answer are no more than a message may hold, but for the last event's; the
     * page then ends early and says so. Escapes and names come on top. */
    const struct event_scope scope = {
        .filter = &filter,
        .look = &look,
        .after_seq = params->after_seq,
        .offset = params->offset,
        .limit = params->has_limit ? params->limit : LIST_DEFAULT,
        .bytes = call->settings->limits.message,
    };
    struct hd_list_events_result result = {.has_total = params->has_count && params->count};
    struct codec_list list;
    int r;

    call_list_begin(call, &list);
    r = events_list(db, &scope, event_answer, &list, &result.has_more);
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_run_not_found(call, params->run_id);
    if (r == STORE_EVENT_UNREADABLE)
        return call_fail_unreadable(call, &look.unreadable);
    if (r == 0)
        r = events_last_seq(db, params->run_id, &result.last_seq);
    if (r == 0 && result.has_total)
        r = events_count(db, &filter, &result.total);
    return r ? r : call_list_end(call, &list, &result);
}

const struct op op_list_events = {.kind = OP_READ, .run = run};
