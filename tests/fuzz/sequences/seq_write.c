/* Calls written as messages, and rows as answers have them. */
#include <inttypes.h>
#include <string.h>

#include "seq_model.h"

/* What is sent, where it is not what is kept. */
static const char *const times_sent[] = {"2026-01-20T14:30:52.123456Z",
                                         "2026-01-20T15:30:52.1234567+01:00",
                                         "2026-01-20t14:30:53z", "2025-12-31T23:59:59.999999Z"};
static const char *const units_sent[] = {"u", "v\\u0077"};
static const char *const payloads_sent[] = {
    "{\"n\":9007199254740993}", "{ \"n\" :\t9007199254740993 }", "{\"n\":9007199254740992}",
    "{\"b\":[0.10,1e400],\"a\":{}}"};

/* --- messages --------------------------------------------------------------------------------- */

/* Members are written with a comma behind; the last one goes at the end. */
static void end(struct buffer *text, char bracket)
{
    if (text->data[text->size - 1] == ',')
        text->size--;
    buffer_append_char(text, bracket);
}

static void give_text(struct buffer *text, const char *name, const char *value)
{
    if (value)
        seq_say(text, "\"%s\":\"%s\",", name, value);
}

/* As it is. */
static void give(struct buffer *text, const char *name, const char *value)
{
    if (value)
        seq_say(text, "\"%s\":%s,", name, value);
}

static void give_number(struct buffer *text, const char *name, int64_t value)
{
    if (value != SEQ_NONE)
        seq_say(text, "\"%s\":%" PRId64 ",", name, value);
}

static void give_flag(struct buffer *text, const char *name, int value)
{
    if (value != SEQ_NONE)
        seq_say(text, "\"%s\":%s,", name, value ? "true" : "false");
}

static const char *sent(const char *const *list, int index)
{
    return index < 0 ? NULL : list[index];
}

static void write_events(const struct seq_call *call, struct buffer *text)
{
    buffer_append_text(text, "\"events\":[");
    for (int i = 0; i < call->n_events; i++) {
        const struct seq_new *event = &call->events[i];

        buffer_append_char(text, '{');
        give_number(text, "seq", event->seq);
        give_text(text, "time", sent(times_sent, event->time));
        give_text(text, "type", seq_type(event->type));
        give_text(text, "unit", sent(units_sent, event->unit));
        give(text, "task", seq_task(event->task));
        give(text, "payload", sent(payloads_sent, event->payload));
        give_text(text, "error", seq_error(event->error));
        end(text, '}');
        buffer_append_char(text, ',');
    }
    end(text, ']');
    buffer_append_char(text, ',');
}

static void write_graph(const struct seq_graph *graph, struct buffer *text)
{
    if (!graph->given)
        return;
    buffer_append_text(text, "\"graph\":{\"nodes\":[");
    for (int i = 0; i < graph->n_nodes; i++) {
        buffer_append_char(text, '{');
        give_text(text, "id", seq_node(graph->nodes[i]));
        give_number(text, "level", graph->levels[i]);
        if (graph->attributes[i])
            give(text, "attributes", "{ \"k\" : 1.50 }");
        end(text, '}');
        buffer_append_char(text, ',');
    }
    end(text, ']');
    buffer_append_text(text, ",\"edges\":[");
    for (int i = 0; i < graph->n_edges; i++)
        seq_say(text, "{\"from\":\"%s\",\"to\":\"%s\"},", seq_node(graph->from[i]),
                seq_node(graph->to[i]));
    end(text, ']');
    buffer_append_text(text, "},");
}

static void write_totals(const struct seq_call *call, struct buffer *text)
{
    static const char *const names[] = {"total_units", "completed_units", "failed_units",
                                        "blocked_units"};

    for (int i = 0; i < 4; i++)
        give_number(text, names[i], call->totals[i]);
}

static void write_create(const struct seq_call *call, struct buffer *text)
{
    if (call->run >= 0)
        give_text(text, "id", model.runs[call->run].id);
    give_text(text, "repo_path", seq_repo(call->repo));
    give_text(text, "started_at", sent(times_sent, call->time));
    give_number(text, "parallelism", call->parallelism);
    give_number(text, "total_units", call->totals[0]);
    give_text(text, "tasks_dir", seq_tasks_dir(call->tasks_dir));
    give_flag(text, "dry_run", call->flag);
    write_graph(&call->graph, text);
}

static void write_list(const struct seq_call *call, struct buffer *text)
{
    give_text(text, "repo_path", call->kind == SEQ_LIST_RUNS ? seq_repo(call->repo) : NULL);
    give_text(text, "status", seq_status(call->status));
    give_text(text, "started_after", sent(times_sent, call->time));
    give_text(text, "started_before", sent(times_sent, call->before));
    give_number(text, "limit", call->limit);
    give_number(text, "offset", call->offset);
    give_flag(text, "count", call->flag);
    if (call->cursor >= 0)
        give_text(text, "cursor", call->cursor ? "none" : model.cursor);
}

static void write_delete(const struct seq_call *call, struct buffer *text)
{
    buffer_append_text(text, "\"run_ids\":[");
    for (int i = 0; i < call->n_runs; i++)
        seq_say(text, "\"%s\",", model.runs[call->runs[i]].id);
    end(text, ']');
    buffer_append_char(text, ',');
    give_flag(text, "dry_run", call->flag);
}

static void write_others(const struct seq_call *call, struct buffer *text)
{
    if (call->kind == SEQ_WATCH)
        give_text(text, "repo_path", seq_repo(call->repo));
    if (call->kind == SEQ_APPEND)
        write_events(call, text);
    if (call->kind == SEQ_PUT_GRAPH)
        write_graph(&call->graph, text);
    if (call->kind == SEQ_COMPLETE) {
        give_text(text, "status", seq_status(call->status));
        give_text(text, "error", seq_error(call->error));
        give_text(text, "completed_at", sent(times_sent, call->time));
    }
    if (call->kind == SEQ_UPDATE || call->kind == SEQ_COMPLETE)
        write_totals(call, text);
    if (call->kind == SEQ_PIN)
        give_flag(text, "pinned", call->flag);
    give_text(text, "reason", seq_reason(call->reason));
    give_number(text, "after_seq", call->after_seq);
    give_number(text, "after_id", call->after_id);
    give_text(text, "type", seq_type(call->type));
    give_text(text, "unit", sent(units_sent, call->unit));
    give(text, "task", seq_task(call->task));
}

void seq_write(const struct seq_call *call, struct buffer *text)
{
    static const char *const methods[] = {
        [SEQ_CREATE] = "history.CreateRun",   [SEQ_APPEND] = "history.AppendEvents",
        [SEQ_UPDATE] = "history.UpdateRun",   [SEQ_COMPLETE] = "history.CompleteRun",
        [SEQ_STOP] = "history.StopRun",       [SEQ_RESUME] = "history.ResumeRun",
        [SEQ_PIN] = "history.PinRun",         [SEQ_PUT_GRAPH] = "history.PutGraph",
        [SEQ_GET_GRAPH] = "history.GetGraph", [SEQ_GET_RUN] = "history.GetRun",
        [SEQ_LIST_RUNS] = "history.ListRuns", [SEQ_LIST_EVENTS] = "history.ListEvents",
        [SEQ_DELETE] = "admin.DeleteRuns",    [SEQ_WATCH] = "history.Watch",
    };
    bool by_run = call->kind != SEQ_CREATE && call->kind != SEQ_LIST_RUNS &&
                  call->kind != SEQ_DELETE && call->run >= 0;

    seq_say(text, "{\"method\":\"dev.historyd.%s\",", methods[call->kind]);
    if (call->kind == SEQ_WATCH)
        buffer_append_text(text, "\"more\":true,");
    buffer_append_text(text, "\"parameters\":{");
    if (by_run)
        give_text(text, "run_id", model.runs[call->run].id);
    if (call->kind == SEQ_CREATE)
        write_create(call, text);
    else if (call->kind == SEQ_DELETE)
        write_delete(call, text);
    else
        write_others(call, text);
    if (call->kind == SEQ_LIST_RUNS || call->kind == SEQ_LIST_EVENTS)
        write_list(call, text);
    end(text, '}');
    buffer_append_char(text, '}');
}

bool seq_writes(enum seq_kind kind)
{
    return kind <= SEQ_PUT_GRAPH;
}

/* --- rows ------------------------------------------------------------------------------------- */

void seq_run_json(const struct seq_run *run, struct buffer *text)
{
    buffer_append_char(text, '{');
    give_text(text, "id", run->id);
    give_text(text, "repo_path", run->repo);
    give_text(text, "started_at", run->started);
    give_text(text, "completed_at", run->completed);
    give_text(text, "status", run->status);
    give_number(text, "parallelism", run->parallelism);
    give_number(text, "total_units", run->totals[0]);
    give_number(text, "completed_units", run->totals[1]);
    give_number(text, "failed_units", run->totals[2]);
    give_number(text, "blocked_units", run->totals[3]);
    give_text(text, "error", run->error);
    give_text(text, "tasks_dir", run->tasks_dir);
    give_flag(text, "dry_run", run->dry_run);
    give_number(text, "last_seq", run->last_seq);
    give_flag(text, "pinned", run->pinned ? 1 : SEQ_NONE);
    end(text, '}');
}

void seq_event_json(const struct seq_run *run, const struct seq_event *event, struct buffer *text)
{
    buffer_append_char(text, '{');
    give_number(text, "id", event->id);
    give_text(text, "run_id", run->id);
    give_number(text, "seq", event->seq);
    give_text(text, "time", event->time);
    give_text(text, "type", event->type);
    give_text(text, "unit", event->unit);
    give(text, "task", event->task);
    give(text, "payload", event->payload);
    give_text(text, "error", event->error);
    end(text, '}');
}
