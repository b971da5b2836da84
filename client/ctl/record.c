#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "tables.h"

void record_refuse(struct record *record, int64_t line, const char *reason)
{
    ctl_complain_line(line, reason);
    record->n_refused++;
}

static void record_batch_refused(void *userdata, int64_t line, const char *reason)
{
    record_refuse(userdata, line, reason);
}

int record_begin(struct record *record, const char *run_id, int64_t last_seq)
{
    record->run_id = strdup(run_id);
    record->last_seq = last_seq;
    record->mode = RECORD_UNDECIDED;
    record->status = "completed";
    record->n_events = record->n_duplicates = 0;
    record->n_completed = record->n_failed = record->n_blocked = 0;
    return record->run_id ? CTL_SUCCESS : ctl_fail_memory();
}

void record_clear(struct record *record)
{
    hd_recorder_close(record->recorder, 0, NULL);
    record->recorder = NULL;
    batch_close(&record->batch);
    parsed_clear(&record->final);
    free(record->final_text);
    record->final_text = NULL;
    record->has_row = false;
    free(record->run_id);
    record->run_id = NULL;
}

/* The first event decides who numbers. Returns 0, or -1 after a message. */
static int record_set_mode(struct record *record, bool numbered)
{
    struct hd_recorder_options options = {.socket_path = hd_client_path(record->ctl->client),
                                          .run_id = record->run_id,
                                          .last_seq = record->last_seq};
    int r;

    if (numbered)
        r = batch_open(&record->batch, record->ctl, record->run_id, record_batch_refused, record);
    else
        r = hd_recorder_open(&options, &record->recorder);
    if (r == 0) {
        record->mode = numbered ? RECORD_NUMBERED : RECORD_COUNTING;
        return 0;
    }
    ctl_complain("cannot record: %s", strerror(-r));
    return -1;
}

static void record_count(struct record *record, const char *type)
{
    record->n_events++;
    if (strcmp(type, "unit.completed") == 0)
        record->n_completed++;
    else if (strcmp(type, "unit.failed") == 0)
        record->n_failed++;
    else if (strcmp(type, "unit.blocked") == 0)
        record->n_blocked++;
    else if (strcmp(type, "run.failed") == 0)
        record->status = "failed";
    else if (strcmp(type, "run.stopped") == 0)
        record->status = "stopped";
    else if (strcmp(type, "run.completed") == 0 || strcmp(type, "run.resumed") == 0)
        record->status = "completed";
}

/* Why the recorder gave up. */
static int record_recorder_failed(const struct record *record, int status)
{
    struct hd_recorder_state state;

    hd_recorder_get_state(record->recorder, &state);
    if (status == -ETIMEDOUT)
        ctl_complain("the daemon did not store the events in time: %s",
                     *state.message ? state.message : "no answer");
    else
        ctl_complain("the daemon refused event %" PRId64 ": %s", state.acknowledged_seq + 1,
                     *state.message ? state.message : strerror(-status));
    return -1;
}

static int record_add_counting(struct record *record, const struct hd_new_event *event,
                               int64_t number)
{
    int r = hd_recorder_add(record->recorder, event, NULL);

    if (r == -ENOBUFS) {
        r = hd_recorder_flush(record->recorder, ctl_timeout(record->ctl));
        if (r == 0)
            r = hd_recorder_add(record->recorder, event, NULL);
    }
    if (r == -EINVAL) {
        record_refuse(record, number, hd_recorder_add_error());
        return 1;
    }
    if (r == -ENOMEM) {
        ctl_fail_memory();
        return -1;
    }
    return r == 0 ? 0 : record_recorder_failed(record, r);
}

static int record_event(struct record *record, const struct hd_new_event *event, int64_t number)
{
    int64_t refused = record->n_refused;
    int r;

    if (!record->run_id) {
        ctl_complain_line(number, "which run? Give --run or --repo, or begin with a {\"run\": …} "
                                  "line");
        return -1;
    }
    if (record->mode == RECORD_UNDECIDED && record_set_mode(record, event->has_seq) < 0)
        return -1;
    if (event->has_seq != (record->mode == RECORD_NUMBERED)) {
        record_refuse(record, number, "seq: on all lines of a run, or on none");
        return 1;
    }
    if (record->mode == RECORD_COUNTING) {
        r = record_add_counting(record, event, number);
    } else {
        r = batch_add(&record->batch, event, number);
        if (r != 0) {
            ctl_fail(record->ctl, r);
            return -1;
        }
        r = record->n_refused > refused;
    }
    if (r >= 0 && (r == 0 || record->mode == RECORD_NUMBERED))
        record_count(record, event->type);
    return r;
}

/* An event without `id` and `run_id`, which another database gave it. */
static char *record_without_ids(struct json_value root, struct arena *arena, size_t *ret_size)
{
    struct buffer text = BUFFER_INIT;
    char *copy;

    buffer_append_char(&text, '{');
    for (struct json_value member = json_first(root); member.node; member = json_after(member)) {
        const char *key, *value;
        size_t size;

        if (json_key_is(member, "id", 2) || json_key_is(member, "run_id", 6))
            continue;
        key = json_key(member);
        value = json_compact(member, arena, &size);
        if (text.size > 1)
            buffer_append_char(&text, ',');
        if (key)
            json_write_string(&text, key);
        buffer_append_char(&text, ':');
        if (value)
            buffer_append(&text, value, size);
        text.failed = text.failed || !key || !value;
    }
    buffer_append_char(&text, '}');
    copy = text.failed ? NULL : arena_copy(arena, text.data, text.size);
    *ret_size = text.size;
    buffer_clear(&text);
    return copy;
}

static int record_parse_event(struct record *record, struct parsed *parsed, int64_t number)
{
    struct json_value root = json_root(parsed->document);
    char problem[PARSED_PROBLEM];
    struct parsed again = {.document = NULL};
    struct hd_new_event event;
    int r = 0;

    if (parsed_member(root, "id").node || parsed_member(root, "run_id").node) {
        size_t size;
        char *text = record_without_ids(root, &parsed->arena, &size);

        r = text ? parsed_text(&again, text, size, problem) : -ENOMEM;
        root = r == 0 ? json_root(again.document) : root;
    }
    if (r == 0)
        r = parsed_read(parsed, root, &hd_new_event_table, CODEC_STRICT, &event, problem);
    if (r > 0)
        record_refuse(record, number, problem);
    else if (r < 0)
        ctl_fail_memory();
    else
        r = record_event(record, &event, number);
    parsed_clear(&again);
    return r;
}

static int record_graph(struct record *record, struct parsed *parsed, int64_t number)
{
    struct hd_put_graph_params params = {.run_id = record->run_id};
    char problem[PARSED_PROBLEM];
    int r = parsed_graph(parsed, json_root(parsed->document), &params.graph, problem);

    if (r < 0) {
        ctl_fail_memory();
        return -1;
    }
    if (r == 0 && !record->run_id) {
        record_refuse(record, number, "a graph before its run");
        return 1;
    }
    if (r > 0) {
        record_refuse(record, number, problem);
        return 1;
    }
    r = hd_put_graph(record->ctl->client, &params);
    if (r == 0)
        return 0;
    if (r == HD_INVALID_GRAPH || r == HD_INVALID_PARAMETER || r == HD_TOO_LARGE) {
        record_refuse(record, number, hd_client_error(record->ctl->client)->message);
        return 1;
    }
    ctl_fail(record->ctl, r);
    return -1;
}

/* A run line: makes the run, and keeps the row for the end. The text is copied: the row points into
 * it. */
static int record_run(struct record *record, const char *line, size_t size, int64_t number)
{
    char problem[PARSED_PROBLEM];
    const struct hd_create_run_result *result;
    struct json_value value;
    int r;

    if (record->fixed) {
        record_refuse(record, number, "a run line, but the command line names the run already");
        return 1;
    }
    if (record->run_id && record_finish(record) != CTL_SUCCESS)
        return -1;
    record->final_text = strndup(line, size);
    r = record->final_text ? parsed_text(&record->final, record->final_text, size, problem)
                           : -ENOMEM;
    if (r == 0) {
        value = parsed_member(json_root(record->final.document), "run");
        r = parsed_read(&record->final, value, &hd_run_table, CODEC_LENIENT, &record->row, problem);
    }
    if (r > 0) {
        record_refuse(record, number, problem);
        record_clear(record);
        return 1;
    }
    if (r < 0) {
        ctl_fail_memory();
        return -1;
    }
    r = hd_create_run(record->ctl->client,
                      &(struct hd_create_run_params){.id = record->row.id,
                                                     .repo_path = record->row.repo_path,
                                                     .started_at = record->row.started_at,
                                                     .has_parallelism = true,
                                                     .parallelism = record->row.parallelism,
                                                     .has_total_units = true,
                                                     .total_units = record->row.total_units,
                                                     .tasks_dir = record->row.tasks_dir,
                                                     .has_dry_run = true,
                                                     .dry_run = record->row.dry_run},
                      &result);
    if (r != 0) {
        ctl_fail(record->ctl, r);
        return -1;
    }
    record->has_row = true;
    r = record_begin(record, result->run.id, result->run.last_seq);
    hd_result_free(result);
    return r == CTL_SUCCESS ? 0 : -1;
}

int record_line(struct record *record, const char *line, size_t size, int64_t number)
{
    struct parsed parsed;
    char problem[PARSED_PROBLEM];
    struct json_value root;
    int r = parsed_text(&parsed, line, size, problem);

    if (r > 0) {
        record_refuse(record, number, problem);
    } else if (r < 0) {
        ctl_fail_memory();
    } else {
        root = json_root(parsed.document);
        if (json_type_of(root) == JSON_OBJECT && json_count(root) == 1 &&
            parsed_member(root, "run").node)
            r = record_run(record, line, size, number);
        else if (json_type_of(root) == JSON_OBJECT && json_count(root) == 1 &&
                 parsed_member(root, "graph").node)
            r = record_graph(record, &parsed, number);
        else
            r = record_parse_event(record, &parsed, number);
    }
    parsed_clear(&parsed);
    return r < 0 ? -1 : r;
}
