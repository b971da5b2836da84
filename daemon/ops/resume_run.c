#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "op.h"
#include "wire.h"

static const char marker_type[] = "run.resumed";

/* Appends the marker, or finds that the run's last event is one already. */
static int mark(struct call *call, struct store_db *db, struct run_row *row)
{
    char payload[64];
    struct event_new marker = {.type = marker_type, .time = call->now, .payload = payload};
    struct events_appended appended;
    struct event_row last;
    bool found;
    int r;

    r = events_last(db, row->id, &call->arena, &found, &last);
    if (r)
        return r;
    if (found && strcmp(last.type, marker_type) == 0)
        return 0;
    snprintf(payload, sizeof(payload), "{\"resumed_from_seq\":%" PRId64 "}", row->last_seq);
    r = events_append(db, row->id, &marker, 1, call->now, &appended);
    if (r)
        return r;
    row->last_seq = appended.last_seq;
    return 0;
}

static int run(struct call *call, struct store_db *db)
{
    const struct hd_resume_run_params *params = call->parameters;
    struct run_row row;
    int r;

    r = call_get_run(call, db, params->run_id, &row);
    if (r)
        return r;
    if (strcmp(row.status, "completed") == 0)
        return call_fail_transition(call, row.id, row.status, "running");
    r = mark(call, db, &row);
    if (r == STORE_SEQUENCE_EXHAUSTED)
        return call_fail_too_large(call, "seq", INT64_MAX);
    if (r)
        return r;
    row.status = "running";
    row.completed_at = NULL;
    row.error = NULL;
    r = runs_update(db, &row);
    if (r)
        return r;
    return call_reply(
        call, &(struct hd_resume_run_result){.run = run_to_wire(&row), .seq = row.last_seq});
}

const struct op op_resume_run = {.kind = OP_WRITE, .run = run};
