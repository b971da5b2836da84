/* The model itself, and the calls that look at it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seq_answer.h"

struct seq_model model;

void seq_model_begin(int64_t number)
{
    model.number = number;
    model.first_id = model.last_id;
    model.cursor = NULL;
    for (int i = 0; i < SEQ_RUNS; i++) {
        struct seq_run *run = &model.runs[i];

        run->exists = false;
        run->repo = NULL;
        run->n_events = 0;
        run->last_seq = 0;
        snprintf(run->id, sizeof(run->id), "s%" PRId64 "-%d", number, i);
    }
}

void seq_model_end(void)
{
    int64_t oldest = seq_oldest_id();

    model.oldest_before = oldest > model.last_id ? 0 : oldest;
    arena_clear(&model.arena);
}

int seq_free_run(void)
{
    for (int i = SEQ_NAMED; i < SEQ_RUNS; i++)
        if (!model.runs[i].repo)
            return i;
    return SEQ_NONE;
}

int64_t seq_oldest_id(void)
{
    int64_t oldest = model.last_id + 1;

    if (model.oldest_before > 0)
        return model.oldest_before;
    for (int i = 0; i < SEQ_RUNS; i++)
        if (model.runs[i].exists && model.runs[i].n_events > 0 &&
            model.runs[i].events[0].id < oldest)
            oldest = model.runs[i].events[0].id;
    return oldest;
}

/* --- errors ----------------------------------------------------------------------------------- */

void seq_error_run(struct buffer *answer, const char *error, const char *run_id, const char *name,
                   const char *value)
{
    seq_say(answer, "{\"error\":\"dev.historyd.history.%s\",\"parameters\":{\"run_id\":\"%s\"",
            error, run_id);
    if (name)
        seq_say(answer, ",\"%s\":\"%s\"", name, value);
    buffer_append_text(answer, "}}");
}

void seq_error_parameter(struct buffer *answer, const char *parameter)
{
    seq_say(answer,
            "{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":{\"parameter\":"
            "\"%s\"}}",
            parameter);
}

void seq_error_transition(struct buffer *answer, const struct seq_run *run, const char *from,
                          const char *to)
{
    seq_say(answer,
            "{\"error\":\"dev.historyd.history.InvalidTransition\",\"parameters\":{\"run_id\":"
            "\"%s\",\"from\":\"%s\",\"to\":\"%s\"}}",
            run->id, from, to);
}

void seq_error_too_large(struct buffer *answer)
{
    seq_say(answer,
            "{\"error\":\"dev.historyd.history.TooLarge\",\"parameters\":{\"what\":\"seq\","
            "\"limit\":%" PRId64 "}}",
            INT64_MAX);
}

bool seq_run_found(const struct seq_run *run, struct buffer *answer)
{
    if (!run->exists)
        seq_error_run(answer, "RunNotFound", run->id, NULL, NULL);
    return run->exists;
}

/* --- runs ------------------------------------------------------------------------------------- */

/* The newest first. */
static int compare_runs(const void *left, const void *right)
{
    const struct seq_run *a = *(const struct seq_run *const *)left;
    const struct seq_run *b = *(const struct seq_run *const *)right;
    int r = strcmp(b->started, a->started);

    return r ? r : strcmp(b->id, a->id);
}

static bool run_passes(const struct seq_call *call, const struct seq_run *run)
{
    return run->exists && strcmp(run->repo, seq_repo(call->repo)) == 0 &&
           (call->status < 0 || strcmp(run->status, seq_status(call->status)) == 0) &&
           (call->time < 0 || strcmp(run->started, seq_time_kept(call->time)) > 0) &&
           (call->before < 0 || strcmp(run->started, seq_time_kept(call->before)) < 0);
}

static bool behind_cursor(const struct seq_run *run)
{
    int r = strcmp(run->started, model.cursor_started);

    return r < 0 || (r == 0 && strcmp(run->id, model.cursor_id) < 0);
}

static bool list_refused(const struct seq_call *call, struct buffer *answer)
{
    const struct seq_call *of = &model.cursor_of;

    if (call->limit == 0) {
        seq_error_parameter(answer, "limit");
        return true;
    }
    if (call->cursor < 0)
        return false;
    if (call->offset >= 0) {
        seq_error_parameter(answer, "cursor");
        return true;
    }
    if (call->cursor == 0 && of->repo == call->repo && of->status == call->status &&
        seq_same(seq_time_kept(of->time), seq_time_kept(call->time)) &&
        seq_same(seq_time_kept(of->before), seq_time_kept(call->before)))
        return false;
    buffer_append_text(answer,
                       "{\"error\":\"dev.historyd.history.InvalidCursor\",\"parameters\":{}}");
    return true;
}

static void answer_list_runs(const struct seq_call *call, struct buffer *answer)
{
    const struct seq_run *runs[SEQ_RUNS];
    size_t limit = call->limit < 0 ? 50 : (size_t)call->limit;
    size_t skip = call->offset < 0 ? 0 : (size_t)call->offset;
    size_t n = 0, total = 0, at, last;

    if (list_refused(call, answer))
        return;
    for (int i = 0; i < SEQ_RUNS; i++)
        if (run_passes(call, &model.runs[i])) {
            total++;
            if (call->cursor < 0 || behind_cursor(&model.runs[i]))
                runs[n++] = &model.runs[i];
        }
    qsort(runs, n, sizeof(runs[0]), compare_runs);
    buffer_append_text(answer, "{\"parameters\":{\"runs\":[");
    for (at = skip; at < n && at < skip + limit; at++) {
        if (at > skip)
            buffer_append_char(answer, ',');
        seq_run_json(runs[at], answer);
    }
    seq_say(answer, "],\"has_more\":%s", at < n ? "true" : "false");
    last = at - 1;
    if (at < n) {
        buffer_append_text(answer, ",\"cursor\":\"" SEQ_ANY "\"");
        model.cursor_of = *call;
        model.cursor_started = arena_strdup(&model.arena, runs[last]->started);
        model.cursor_id = arena_strdup(&model.arena, runs[last]->id);
    }
    if (call->flag == 1)
        seq_say(answer, ",\"total\":%zu", total);
    buffer_append_text(answer, "}}");
}

void seq_learn(const struct seq_call *call, const char *text)
{
    if (call->kind == SEQ_LIST_RUNS)
        model.cursor = arena_strdup(&model.arena, text);
    for (int i = SEQ_NAMED; call->kind == SEQ_CREATE && i < SEQ_RUNS; i++)
        if (strcmp(model.runs[i].id, SEQ_ANY) == 0) {
            fuzz_demand(strlen(text) == strlen("run_20260120_143052_0000") &&
                            strncmp(text, "run_20260120_143052_", 20) == 0 &&
                            strspn(text + 20, "0123456789abcdef") == 4,
                        "a run is called %s", text);
            strcpy(model.runs[i].id, text);
        }
}

/* --- events ----------------------------------------------------------------------------------- */

static int compare_events(const void *left, const void *right)
{
    const struct seq_event *a = *(const struct seq_event *const *)left;
    const struct seq_event *b = *(const struct seq_event *const *)right;

    return (a->seq > b->seq) - (a->seq < b->seq);
}

bool seq_event_passes(const struct seq_event *event, int type, int unit)
{
    size_t size = type < 0 ? 0 : strlen(seq_type(type));

    if (type >= 0 && (strncmp(event->type, seq_type(type), size) != 0 ||
                      (event->type[size] != '\0' && event->type[size] != '.')))
        return false;
    return unit < 0 || (event->unit && strcmp(event->unit, seq_unit(unit)) == 0);
}

static void answer_list_events(const struct seq_call *call, struct buffer *answer)
{
    const struct seq_run *run = &model.runs[call->run];
    const struct seq_event *events[SEQ_RUN_EVENTS];
    size_t limit = call->limit < 0 ? 100 : (size_t)call->limit;
    size_t skip = call->offset < 0 ? 0 : (size_t)call->offset;
    size_t n = 0, total = 0, at;

    if (call->limit == 0) {
        seq_error_parameter(answer, "limit");
        return;
    }
    if (!seq_run_found(run, answer))
        return;
    for (size_t i = 0; i < run->n_events; i++) {
        const struct seq_event *event = &run->events[i];

        if (!seq_event_passes(event, call->type, call->unit) ||
            (call->task >= 0 && (!event->task || strcmp(event->task, seq_task(call->task)) != 0)))
            continue;
        total++;
        if (event->seq > call->after_seq)
            events[n++] = event;
    }
    qsort(events, n, sizeof(events[0]), compare_events);
    buffer_append_text(answer, "{\"parameters\":{\"events\":[");
    for (at = skip; at < n && at < skip + limit; at++) {
        if (at > skip)
            buffer_append_char(answer, ',');
        seq_event_json(run, events[at], answer);
    }
    seq_say(answer, "],\"has_more\":%s,\"last_seq\":%" PRId64, at < n ? "true" : "false",
            run->last_seq);
    if (call->flag == 1)
        seq_say(answer, ",\"total\":%zu", total);
    buffer_append_text(answer, "}}");
}

/* --- others ----------------------------------------------------------------------------------- */

static bool named_before(const struct seq_call *call, int index)
{
    for (int i = 0; i < index; i++)
        if (call->runs[i] == call->runs[index])
            return true;
    return false;
}

static void answer_delete(const struct seq_call *call, struct buffer *answer)
{
    size_t runs = 0, events = 0;

    for (int i = 0; i < call->n_runs; i++) {
        const struct seq_run *run = &model.runs[call->runs[i]];
        const char *from = NULL;

        if (!seq_run_found(run, answer))
            return;
        if (strcmp(run->status, "running") == 0)
            from = "running";
        else if (run->pinned)
            from = "pinned";
        if (from) {
            seq_error_transition(answer, run, from, "deleted");
            return;
        }
    }
    for (int i = 0; i < call->n_runs; i++) {
        struct seq_run *run = &model.runs[call->runs[i]];

        if (named_before(call, i))
            continue;
        runs++;
        events += run->n_events;
        if (call->flag == 1)
            continue;
        run->exists = false;
        run->n_events = 0;
        run->last_seq = 0;
    }
    seq_say(answer, "{\"parameters\":{\"runs\":%zu,\"events\":%zu}}", runs, events);
}

static void answer_graph(const struct seq_run *run, struct buffer *answer)
{
    if (!seq_run_found(run, answer))
        return;
    if (run->graph)
        seq_say(answer, "{\"parameters\":{\"graph\":%s}}", run->graph);
    else
        seq_error_run(answer, "GraphNotFound", run->id, NULL, NULL);
}

void seq_answer_other(const struct seq_call *call, struct buffer *answer)
{
    if (call->kind == SEQ_LIST_RUNS) {
        answer_list_runs(call, answer);
    } else if (call->kind == SEQ_LIST_EVENTS) {
        answer_list_events(call, answer);
    } else if (call->kind == SEQ_DELETE) {
        answer_delete(call, answer);
    } else if (call->kind == SEQ_GET_GRAPH) {
        answer_graph(&model.runs[call->run], answer);
    } else if (call->kind == SEQ_GET_RUN && seq_run_found(&model.runs[call->run], answer)) {
        buffer_append_text(answer, "{\"parameters\":{\"run\":");
        seq_run_json(&model.runs[call->run], answer);
        buffer_append_text(answer, "}}");
    }
}
