#include "store_events.h"

#include <inttypes.h>
#include <stdio.h>

int append_body(struct store_db *db, void *data)
{
    struct append_call *call = data;

    return events_append(db, call->run_id, call->events, call->n_events, NOW, &call->appended);
}

int list_body(struct store_db *db, void *data)
{
    struct list_call *call = data;
    int r = events_list(db, &call->filter, call->after_seq, call->offset, call->limit, call->bytes,
                        &fixture.arena, &call->page);

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
    for (size_t i = 0; i < call->page.n_events; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%" PRId64 " ",
                                 call->page.events[i].seq);
    snprintf(text + size, sizeof(text) - size, "%s", call->page.has_more ? "+" : "");
    return text;
}

void events_setup(void)
{
    fixture_setup();
    fixture_open();
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
    ck_assert_int_eq(insert_run("s", "/r", NOW, "running"), 0);
}
