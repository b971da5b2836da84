/*
 * Whole sequences of calls, against a model of what the protocol promises: every answer, and all
 * that watchers are told, is what the model says, to the byte.
 *
 * The first byte says how many calls there are, the second where they begin and how they end; each
 * call takes the bytes it needs. A byte before it says whether it is sent together with the next,
 * is the last one sent again, or is something else: the daemon restarts, all runs are deleted, a
 * watcher leaves.
 */
#include <stdio.h>
#include <string.h>

#include "fuzz.h"
#include "seq_daemon.h"
#include "seq_model.h"
#include "seq_trace.h"
#include "seq_watch.h"

enum { DATABASE_SEQUENCES = 64, BATCH = 4 };

static struct {
    struct seq_call calls[BATCH];
    struct call *taken[BATCH];
    struct buffer due[BATCH];
    size_t n;
} batch;

static int moment;

/* True when the answer is the one that is due; what stands for SEQ_ANY is learnt. */
static bool answer_is(const struct seq_call *call, const char *answer, const char *due)
{
    char learnt[512];

    for (; *due; due++) {
        if (*due == SEQ_ANY[0]) {
            size_t size = strcspn(answer, "\"");

            if (size >= sizeof(learnt))
                return false;
            memcpy(learnt, answer, size);
            learnt[size] = '\0';
            seq_learn(call, learnt);
            answer += size;
        } else if (*answer++ != *due) {
            return false;
        }
    }
    return *answer == '\0';
}

static void check_state(void)
{
    struct store_state state;

    seq_daemon_state(&state);
    seq_demand(!state.failed && state.job_failures == 0, "the store failed: %s%s", state.failure,
               state.job_failure);
    seq_demand(state.last_event_id == model.last_id, "the newest event is %lld, not %lld",
               (long long)state.last_event_id, (long long)model.last_id);
    seq_demand(state.runs_running == model.running, "%lld runs are running, not %lld",
               (long long)state.runs_running, (long long)model.running);
    seq_demand(state.events_appended == model.appended, "%lld events were appended, not %lld",
               (long long)state.events_appended, (long long)model.appended);
}

static void flush(void)
{
    if (batch.n == 0)
        return;
    seq_daemon_run(batch.taken, batch.n);
    for (size_t i = 0; i < batch.n; i++) {
        struct buffer *answer = &batch.taken[i]->reply;
        struct buffer *due = &batch.due[i];

        seq_demand(answer->size > 0, "no answer");
        seq_trace("< ", answer->data, answer->size - 1);
        buffer_append_char(due, '\0');
        seq_demand(answer_is(&batch.calls[i], answer->data, due->data), "answered\n%s\nand not\n%s",
                   answer->data, due->data);
        call_free(batch.taken[i]);
        due->size = 0;
    }
    check_state();
    seq_watch_look(batch.n == 1);
    batch.n = 0;
}

static struct call *take(const struct seq_call *call)
{
    struct buffer text = BUFFER_INIT;
    struct call *taken;

    snprintf(model.now, sizeof(model.now), "2026-01-20T14:30:52.%06dZ", moment++);
    seq_write(call, &text);
    seq_trace("> ", text.data, text.size);
    taken = seq_daemon_take(text.data, text.size, model.now);
    buffer_clear(&text);
    return taken;
}

/* Appends to different runs are in one batch in no certain order. */
static bool fits_batch(const struct seq_call *call)
{
    for (size_t i = 0; i < batch.n; i++)
        if (call->kind == SEQ_APPEND && batch.calls[i].kind == SEQ_APPEND &&
            call->run != batch.calls[i].run)
            return false;
    return batch.n < BATCH;
}

static void step(const struct seq_call *call, bool alone, bool narrow)
{
    bool batched = seq_writes(call->kind) && call->run >= 0;

    if (!batched || !fits_batch(call))
        flush();
    if (call->kind == SEQ_WATCH) {
        if (seq_watch_room())
            seq_watch_open(call, take(call), narrow);
        return;
    }
    batch.calls[batch.n] = *call;
    batch.taken[batch.n] = take(call);
    seq_answer(call, &batch.due[batch.n]);
    batch.n++;
    if (!batched || alone)
        flush();
}

static void restart(void)
{
    flush();
    seq_watch_close_all();
    seq_trace("= restart", "", 0);
    seq_daemon_restart();
    model.appended = 0;
    check_state();
}

/* Everything of every run is as it should be. */
static void look_at_all(void)
{
    static const enum seq_kind kinds[] = {SEQ_GET_RUN, SEQ_LIST_EVENTS, SEQ_GET_GRAPH};

    flush();
    for (int run = 0; run < SEQ_RUNS; run++)
        for (size_t i = 0; model.runs[run].repo && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            struct seq_call call = seq_call_new(kinds[i], run);

            step(&call, true, false);
        }
}

/* Deletes every run, so that the next sequence begins with an empty database. */
static void clean(void)
{
    struct seq_call end = seq_call_new(SEQ_DELETE, 0);
    struct seq_call call;

    for (int run = 0; run < SEQ_RUNS; run++) {
        if (!model.runs[run].exists)
            continue;
        call = seq_call_new(SEQ_PIN, run);
        call.flag = 0;
        step(&call, false, false);
        call = seq_call_new(SEQ_COMPLETE, run);
        call.status = 0;
        step(&call, false, false);
        end.runs[end.n_runs++] = run;
    }
    if (end.n_runs > 0)
        step(&end, true, false);
}

static void play(struct fuzz_input *input)
{
    int n_calls = 5 + fuzz_byte(input) % 16;
    uint8_t shape = fuzz_byte(input);
    struct seq_call call = seq_call_new(SEQ_CREATE, 0);

    /* Most sequences are about runs that exist. */
    call.repo = 0;
    for (call.run = 0; call.run < shape % 4; call.run++)
        step(&call, shape % 8 > 4, false);
    call.run = 0;
    for (int i = 0; i < n_calls && input->size > 0; i++) {
        uint8_t how = fuzz_byte(input);

        if (how == 0) {
            restart();
            continue;
        }
        if (how < 4) {
            clean();
            flush();
            continue;
        }
        if (how < 12) {
            flush();
            seq_watch_close(how);
            continue;
        }
        if (how > 36 || (call.run < 0 && seq_free_run() < 0))
            seq_draw(input, &call);
        step(&call, how % 2, how % 4 > 1);
    }
    if (shape < 64)
        look_at_all();
    flush();
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static int64_t number;
    struct fuzz_input input = {data, size};

    if (number % DATABASE_SEQUENCES == 0) {
        seq_daemon_fresh();
        memset(&model, 0, sizeof(model));
    }
    moment = 0;
    seq_trace_clear();
    seq_model_begin(number++);
    seq_watch_begin();
    play(&input);
    if (number % DATABASE_SEQUENCES < DATABASE_SEQUENCES / 4 * 3)
        clean();
    seq_watch_close_all();
    seq_model_end();
}
