#include "seq_watch.h"

#include <inttypes.h>
#include <string.h>

#include "message.h"
#include "seq_answer.h"
#include "seq_daemon.h"
#include "seq_trace.h"
#include "tables.h"

enum { WATCHES = 3, ROW_SIZE = 1024 };

struct watch {
    bool open;
    bool ready;
    struct seq_stream stream;
    struct seq_call call;
    int64_t last_id;
    struct buffer due;
    struct buffer told;
    bool row_told[SEQ_RUNS]; /* since the last look */
    char row[SEQ_RUNS][ROW_SIZE];
    int rows;
};

static struct watch watches[WATCHES];
static int64_t looked_at;             /* events up to here */
static char rows[SEQ_RUNS][ROW_SIZE]; /* as they were then, but for last_seq */

static void row_write(const struct seq_run *run, bool with_seq, char row[ROW_SIZE])
{
    struct buffer text = BUFFER_INIT;
    struct seq_run copy;

    row[0] = '\0';
    if (!run->exists)
        return;
    if (with_seq) {
        seq_run_json(run, &text);
    } else {
        memcpy(&copy, run, offsetof(struct seq_run, events));
        copy.last_seq = 0;
        seq_run_json(&copy, &text);
    }
    fuzz_demand(text.size < ROW_SIZE, "a long row");
    memcpy(row, text.data, text.size);
    row[text.size] = '\0';
    buffer_clear(&text);
}

void seq_watch_begin(void)
{
    looked_at = model.last_id;
    for (int i = 0; i < SEQ_RUNS; i++)
        rows[i][0] = '\0';
}

/* --- what is due ------------------------------------------------------------------------------ */

static bool in_scope(const struct watch *watch, int run)
{
    const struct seq_call *call = &watch->call;

    return model.runs[run].exists && (call->run < 0 || call->run == run) &&
           (call->repo < 0 || seq_same(seq_repo(call->repo), model.runs[run].repo));
}

/* The event that comes next in the order of ids, above `id`. */
static bool event_after(int64_t id, int *ret_run, const struct seq_event **ret_event)
{
    *ret_event = NULL;
    for (int run = 0; run < SEQ_RUNS; run++)
        for (size_t i = 0; model.runs[run].exists && i < model.runs[run].n_events; i++) {
            const struct seq_event *event = &model.runs[run].events[i];

            if (event->id > id && (!*ret_event || event->id < (*ret_event)->id)) {
                *ret_event = event;
                *ret_run = run;
            }
        }
    return *ret_event != NULL;
}

static void due_add(struct watch *watch, int64_t after_id, int64_t after_seq)
{
    const struct seq_event *event;
    int run;

    for (; event_after(after_id, &run, &event); after_id = event->id) {
        if (!in_scope(watch, run) || event->seq <= after_seq ||
            !seq_event_passes(event, watch->call.type, watch->call.unit))
            continue;
        seq_event_json(&model.runs[run], event, &watch->due);
        buffer_append_char(&watch->due, '\n');
    }
}

static bool refused(const struct seq_call *call, struct buffer *answer)
{
    if (call->after_seq >= 0 && call->after_id >= 0)
        seq_error_parameter(answer, "after_id");
    else if (call->after_seq >= 0 && call->run < 0)
        seq_error_parameter(answer, "after_seq");
    else if (call->run >= 0 && !seq_run_found(&model.runs[call->run], answer))
        return true;
    else if (call->after_id > model.last_id)
        seq_error_parameter(answer, "after_id");
    else if (call->after_id >= 0 && call->after_id < seq_oldest_id() - 1)
        seq_say(answer,
                "{\"error\":\"dev.historyd.history.HistoryTruncated\",\"parameters\":{"
                "\"oldest_id\":%" PRId64 "}}",
                seq_oldest_id());
    return answer->size > 0;
}

/* --- what was told ---------------------------------------------------------------------------- */

static void take_events(struct watch *watch, const struct hd_watch_result *result, bool single)
{
    for (size_t i = 0; i < result->n_events; i++) {
        const struct hd_event *event = &result->events[i];

        codec_write(&hd_event_table, event, &watch->told);
        buffer_append_char(&watch->told, '\n');
        seq_demand(event->id <= result->last_id, "an event behind last_id");
        for (int run = 0; single && run < SEQ_RUNS; run++)
            seq_demand(!watch->row_told[run] || strcmp(event->run_id, model.runs[run].id) != 0,
                       "a row before the events of its commit");
    }
}

static void take_row(struct watch *watch, const struct hd_run *row)
{
    struct buffer text = BUFFER_INIT;
    int run = 0;

    while (strcmp(model.runs[run].id, row->id) != 0)
        seq_demand(++run < SEQ_RUNS, "a row of a run that is none: %s", row->id);
    seq_demand(in_scope(watch, run), "a row that nobody asked for: %s", row->id);
    codec_write(&hd_run_table, row, &text);
    seq_demand(text.size < ROW_SIZE, "a long row");
    memcpy(watch->row[run], text.data, text.size);
    watch->row[run][text.size] = '\0';
    watch->row_told[run] = true;
    watch->rows++;
    buffer_clear(&text);
}

static void take(struct watch *watch, const char *text, bool single)
{
    struct arena arena = ARENA_INIT;
    struct hd_watch_result result;
    struct message message;
    struct fault fault;

    seq_trace("* ", text, strlen(text));
    seq_demand(message_read_reply(text, strlen(text), &limits_reply, &message, &fault) == 0 &&
                   !message.error && message.continues,
               "not an answer of a stream");
    seq_demand(codec_read(&hd_watch_result_table, message.parameters, &limits_reply, CODEC_LENIENT,
                          &arena, &result, &fault) == 0,
               "not an answer of Watch: %s", fault.text);
    seq_demand(result.last_id >= watch->last_id && result.last_id <= model.last_id,
               "last_id is %" PRId64 " after %" PRId64, result.last_id, watch->last_id);
    watch->last_id = result.last_id;
    take_events(watch, &result, single);
    if (result.run)
        take_row(watch, result.run);
    if (result.ready) {
        seq_demand(!watch->ready, "ready twice");
        seq_demand(watch->rows == (watch->call.run >= 0 && in_scope(watch, watch->call.run)),
                   "%d rows before ready", watch->rows);
        watch->ready = true;
        buffer_append_text(&watch->told, "ready\n");
    }
    message_clear(&message);
    arena_clear(&arena);
}

static void compare(struct watch *watch)
{
    seq_demand(watch->told.size == watch->due.size &&
                   (watch->due.size == 0 ||
                    memcmp(watch->told.data, watch->due.data, watch->due.size) == 0),
               "a watcher was told\n%.*sand not\n%.*s", (int)watch->told.size,
               watch->told.size ? watch->told.data : "", (int)watch->due.size,
               watch->due.size ? watch->due.data : "");
    watch->told.size = watch->due.size = 0;
}

/* The last that was told of a row is how it is now; of one that changed something was told. */
static void compare_rows(struct watch *watch, bool changes)
{
    char now[ROW_SIZE];

    for (int run = 0; run < SEQ_RUNS; run++) {
        row_write(&model.runs[run], true, now);
        seq_demand(!watch->row_told[run] || strcmp(watch->row[run], now) == 0,
                   "the row is %s, and a watcher was told %s", now, watch->row[run]);
        row_write(&model.runs[run], false, now);
        seq_demand(!changes || watch->row_told[run] || !in_scope(watch, run) ||
                       strcmp(rows[run], now) == 0,
                   "the row of %s changed, and a watcher was not told", model.runs[run].id);
        watch->row_told[run] = false;
    }
}

/* `changes`: rows that changed since the last look are due. */
static void look(struct watch *watch, bool single, bool changes)
{
    size_t at = 0;

    seq_demand(!watch->stream.ended, "a watch ended");
    while (at < watch->stream.told.size) {
        take(watch, watch->stream.told.data + at, single);
        at += strlen(watch->stream.told.data + at) + 1;
    }
    watch->stream.told.size = 0;
    compare(watch);
    compare_rows(watch, changes);
}

void seq_watch_look(bool single)
{
    for (struct watch *watch = watches; watch < watches + WATCHES; watch++) {
        if (!watch->open)
            continue;
        due_add(watch, looked_at, 0);
        watch->rows = 0;
        look(watch, single, true);
    }
    looked_at = model.last_id;
    for (int run = 0; run < SEQ_RUNS; run++)
        row_write(&model.runs[run], false, rows[run]);
}

/* --- opening and closing ---------------------------------------------------------------------- */

bool seq_watch_room(void)
{
    for (int i = 0; i < WATCHES; i++)
        if (!watches[i].open)
            return true;
    return false;
}

void seq_watch_open(const struct seq_call *call, struct call *taken, bool narrow)
{
    struct watch *watch = watches;
    struct buffer answer = BUFFER_INIT;

    while (watch->open)
        watch++;
    *watch = (struct watch){.call = *call, .stream = {.narrow = narrow}};
    if (refused(call, &answer)) {
        seq_daemon_stream(&watch->stream, taken);
        if (watch->stream.ended)
            seq_trace("< ", taken->reply.data, taken->reply.size - 1);
        seq_demand(watch->stream.ended && taken->reply.size == answer.size + 1 &&
                       memcmp(taken->reply.data, answer.data, answer.size) == 0,
                   "Watch is answered %s and not %.*s",
                   watch->stream.ended ? taken->reply.data : "with a stream", (int)answer.size,
                   answer.data);
        seq_daemon_stream_close(&watch->stream);
        buffer_clear(&answer);
        return;
    }
    watch->open = true;
    if (call->after_id >= 0)
        due_add(watch, call->after_id, 0);
    else if (call->after_seq >= 0)
        due_add(watch, 0, call->after_seq);
    buffer_append_text(&watch->due, "ready\n");
    seq_daemon_stream(&watch->stream, taken);
    look(watch, true, false);
}

void seq_watch_close(int which)
{
    struct watch *watch = &watches[which % WATCHES];

    if (!watch->open)
        return;
    seq_daemon_stream_close(&watch->stream);
    buffer_clear(&watch->due);
    buffer_clear(&watch->told);
    watch->open = false;
}

void seq_watch_close_all(void)
{
    for (int i = 0; i < WATCHES; i++)
        seq_watch_close(i);
}
