#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "record.h"

/* Waits until every event is on the daemon's disk. Returns 0, or -1 after a message. */
static int record_store(struct record *record)
{
    struct hd_recorder_state state;
    int64_t acknowledged = 0;
    int r;

    if (record->mode == RECORD_NUMBERED) {
        r = batch_flush(&record->batch);
        record->n_duplicates = record->batch.duplicates;
        record->n_events -= record->batch.n_refused + record->batch.duplicates;
        if (r != 0)
            ctl_fail(record->ctl, r);
        return r == 0 ? 0 : -1;
    }
    if (record->mode == RECORD_UNDECIDED)
        return 0;
    r = hd_recorder_flush(record->recorder, ctl_timeout(record->ctl));
    hd_recorder_get_state(record->recorder, &state);
    hd_recorder_close(record->recorder, 0, &acknowledged);
    record->recorder = NULL;
    if (r == 0)
        return 0;
    ctl_complain("events after number %" PRId64 " may not be stored: %s", acknowledged,
                 *state.message ? state.message : strerror(-r));
    return -1;
}

/* Gives a run taken from an export its last row again. */
static int record_restore(struct record *record)
{
    const struct hd_run *row = &record->row;
    struct hd_update_run_params update = {.run_id = row->id,
                                          .has_total_units = true,
                                          .total_units = row->total_units,
                                          .has_completed_units = true,
                                          .completed_units = row->completed_units,
                                          .has_failed_units = true,
                                          .failed_units = row->failed_units,
                                          .has_blocked_units = true,
                                          .blocked_units = row->blocked_units};
    struct hd_complete_run_params complete = {.run_id = row->id,
                                              .status = row->status,
                                              .has_completed_units = true,
                                              .completed_units = row->completed_units,
                                              .has_failed_units = true,
                                              .failed_units = row->failed_units,
                                              .has_blocked_units = true,
                                              .blocked_units = row->blocked_units,
                                              .error = row->error,
                                              .completed_at = row->completed_at};
    int r = hd_update_run(record->ctl->client, &update, NULL);

    if (r == 0 && strcmp(row->status, "running") != 0)
        r = hd_complete_run(record->ctl->client, &complete, NULL);
    return r == 0 ? CTL_SUCCESS : ctl_fail(record->ctl, r);
}

static int record_complete(struct record *record)
{
    struct hd_complete_run_params complete = {.run_id = record->run_id,
                                              .status = record->status,
                                              .has_completed_units = true,
                                              .completed_units = record->n_completed,
                                              .has_failed_units = true,
                                              .failed_units = record->n_failed,
                                              .has_blocked_units = true,
                                              .blocked_units = record->n_blocked};
    int64_t ended = record->n_completed + record->n_failed + record->n_blocked;
    const struct hd_complete_run_result *result;
    struct hd_update_run_params update = {
        .run_id = record->run_id, .has_total_units = true, .total_units = ended};
    int r = hd_complete_run(record->ctl->client, &complete, &result);

    if (r != 0)
        return ctl_fail(record->ctl, r);
    /* Nobody said how many units there would be: there were at least those that ended. */
    if (result->run.total_units < ended)
        r = hd_update_run(record->ctl->client, &update, NULL);
    hd_result_free(result);
    return r == 0 ? CTL_SUCCESS : ctl_fail(record->ctl, r);
}

static void record_summary(const struct record *record)
{
    struct output *out = &record->ctl->out;

    if (record->ctl->options.json) {
        struct buffer id = BUFFER_INIT;

        json_write_string(&id, record->run_id);
        output_text(out, "{\"run_id\":");
        output_json(out, id.data, id.size);
        output_needs(out, &id);
        output_format(
            out, ",\"recorded\":%" PRId64 ",\"duplicates\":%" PRId64 ",\"refused\":%" PRId64 "}\n",
            record->n_events, record->n_duplicates, record->n_refused);
        buffer_clear(&id);
        return;
    }
    output_escaped(out, record->run_id);
    output_format(out, ": %" PRId64 " %s recorded", record->n_events,
                  record->n_events == 1 ? "event" : "events");
    if (record->n_duplicates)
        output_format(out, ", %" PRId64 " were there already", record->n_duplicates);
    if (record->n_refused)
        output_format(out, ", %" PRId64 " %s refused", record->n_refused,
                      record->n_refused == 1 ? "line" : "lines");
    output_text(out, "\n");
}

int record_finish(struct record *record)
{
    int exit_code = record_store(record) < 0 ? CTL_FAILURE : CTL_SUCCESS;
    /* Stopped early, a run is not said to have ended. */
    bool whole = exit_code == CTL_SUCCESS && !(record->strict && record->n_refused);

    if (whole && record->has_row)
        exit_code = record_restore(record);
    else if (whole && record->complete)
        exit_code = record_complete(record);
    if (exit_code == CTL_SUCCESS)
        record_summary(record);
    record_clear(record);
    return exit_code;
}
