#include "op.h"
#include "wire.h"

enum { LIST_DEFAULT = 100 };

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
    struct hd_list_events_result result = {.has_total = params->has_count && params->count};
    struct event_page page;
    int r;

    /* An answer is no larger than a message may be; the page then ends early and says so. */
    r = events_list(db, &filter, params->after_seq, params->offset,
                    params->has_limit ? params->limit : LIST_DEFAULT,
                    call->service->limits->message, &call->arena, &page);
    if (r == STORE_RUN_NOT_FOUND)
        return call_fail_run_not_found(call, params->run_id);
    if (r == 0)
        r = events_last_seq(db, params->run_id, &result.last_seq);
    if (r == 0 && result.has_total)
        r = events_count(db, &filter, &result.total);
    if (r)
        return r;
    result.events = events_to_wire(page.events, page.n_events, &call->arena);
    result.n_events = page.n_events;
    result.has_more = page.has_more;
    return result.events ? call_reply(call, &result) : STORE_NO_MEMORY;
}

const struct op op_list_events = {.kind = OP_READ, .run = run};
