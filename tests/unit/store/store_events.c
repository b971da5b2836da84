#include "store_events.h"

#include <inttypes.h>
#include <stdio.h>

int append_body(struct store_db *db, void *data)
{
    struct append_call *call = data;

    return events_append(db, call->run_id, call->events, call->n_events, NOW, &call->appended);
}

static const char *kept(const char *text)
{
    const char *copy = arena_strdup(&fixture.arena, text);

    ck_assert_int_eq(!copy, !text);
    return copy;
}

/* The row is gone when this returns, and so are its texts. */
static int event_keep(void *data, const struct event_row *row)
{
    struct list_call *call = data;
    struct event_row *event;

    ck_assert_int_lt((int64_t)call->n_events, call->limit);
    event = &call->events[call->n_events++];
    *event = *row;
    event->run_id = kept(row->run_id);
    event->time = kept(row->time);
    event->type = kept(row->type);
    event->unit = kept(row->unit);
    event->payload = kept(row->payload);
    event->error = kept(row->error);
    return call->n_events == call->stops_at ? LIST_STOPPED : 0;
}

int list_body(struct store_db *db, void *data)
{
    struct list_call *call = data;
    const struct event_scope scope = {.filter = &call->filter,
                                      .after_seq = call->after_seq,
                                      .offset = call->offset,
                                      .limit = call->limit,
                                      .bytes = call->bytes};
    int r;

    call->events = arena_alloc(&fixture.arena, (size_t)call->limit * sizeof(*call->events));
    ck_assert_ptr_nonnull(call->events);
    call->n_events = 0;
    r = events_list(db, &scope, event_keep, call, &call->has_more);
    return r != 0 ? r : events_count(db, &call->filter, &call->count);
}

const char *list_text(struct list_call *call)
{
    static char text[512];
    size_t size = 0;

    text[0] = '\0';
    call->bytes = call->bytes ? call->bytes : INT64_MAX;
    call->limit = call->limit ? call->limit : 100;
    ck_assert_int_eq(run_read(list_body, call), 0);
    for (size_t i = 0; i < call->n_events; i++)
        size +=
            (size_t)snprintf(text + size, sizeof(text) - size, "%" PRId64 " ", call->events[i].seq);
    snprintf(text + size, sizeof(text) - size, "%s", call->has_more ? "+" : "");
    return text;
}

void events_setup(void)
{
    fixture_setup();
    fixture_open();
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
    ck_assert_int_eq(insert_run("s", "/r", NOW, "running"), 0);
}
