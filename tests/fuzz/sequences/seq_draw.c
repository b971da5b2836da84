/* Calls drawn from bytes, and what they name: few things, so that calls meet. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "seq_model.h"

#define N(list) ((int)(sizeof(list) / sizeof((list)[0])))

/* As they are kept; seq_write.c has how they are sent. The first two are one moment. */
static const char *const times[] = {"2026-01-20T14:30:52.123456Z", "2026-01-20T14:30:52.123456Z",
                                    "2026-01-20T14:30:53.000000Z", "2025-12-31T23:59:59.999999Z"};
static const char *const types[] = {"unit.started", "unit", "unity.x", "run.stopped",
                                    "run.resumed"};
static const char *const units[] = {"u", "vw"};
static const char *const tasks[] = {"-9223372036854775808", "7"};
static const char *const payloads[] = {"{\"n\":9007199254740993}", "{\"n\":9007199254740993}",
                                       "{\"n\":9007199254740992}", "{\"b\":[0.10,1e400],\"a\":{}}"};
static const char *const errors[] = {"boom", "bang"};
static const char *const statuses[] = {"completed", "failed", "stopped", "running"};
static const char *const reasons[] = {"because", "user_interrupt"};
static const char *const nodes[] = {"a", "b", "c", "d", "e"};

const char *seq_time_kept(int index)
{
    return index < 0 ? NULL : times[index];
}

const char *seq_type(int index)
{
    return index < 0 ? NULL : types[index];
}

const char *seq_unit(int index)
{
    return index < 0 ? NULL : units[index];
}

const char *seq_task(int index)
{
    return index < 0 ? NULL : tasks[index];
}

const char *seq_payload_kept(int index)
{
    return index < 0 ? NULL : payloads[index];
}

const char *seq_error(int index)
{
    return index < 0 ? NULL : errors[index];
}

/* Repositories belong to one sequence, so that lists show no other. */
const char *seq_repo(int index)
{
    static char names[2][SEQ_ID];

    if (index < 0)
        return NULL;
    snprintf(names[index], SEQ_ID, "/s%" PRId64 "/%c", model.number, 'a' + index);
    return names[index];
}

const char *seq_status(int index)
{
    return index < 0 ? NULL : statuses[index];
}

const char *seq_tasks_dir(int index)
{
    return index < 0 ? NULL : index == 0 ? "/tasks" : "";
}

const char *seq_reason(int index)
{
    return index < 0 ? NULL : reasons[index];
}

const char *seq_node(int index)
{
    return nodes[index];
}

bool seq_same(const char *left, const char *right)
{
    return left == right || (left && right && strcmp(left, right) == 0);
}

void seq_say(struct buffer *text, const char *format, ...)
{
    va_list arguments;
    char piece[1024];
    int n;

    va_start(arguments, format);
    n = vsnprintf(piece, sizeof(piece), format, arguments);
    va_end(arguments);
    fuzz_demand(n >= 0 && (size_t)n < sizeof(piece), "a long text");
    buffer_append(text, piece, (size_t)n);
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* 0 to n - 1. */
static int pick(struct fuzz_input *input, int n)
{
    return fuzz_byte(input) % n;
}

/* The same, and half of the time SEQ_NONE. */
static int maybe(struct fuzz_input *input, int n)
{
    int drawn = pick(input, 2 * n);

    return drawn < n ? drawn : SEQ_NONE;
}

/* Numbers are few, so that events meet. */
static int64_t pick_seq(struct fuzz_input *input)
{
    static const int64_t rare[] = {0, INT64_MAX, INT64_MAX - 1, 1000};
    int drawn = pick(input, 128);

    return drawn < N(rare) ? rare[drawn] : 1 + drawn % 7;
}

/* One that is stored, sent again. */
static bool draw_again(struct fuzz_input *input, const struct seq_run *run, struct seq_new *event)
{
    const struct seq_event *stored;

    if (pick(input, 3) || run->n_events == 0)
        return false;
    stored = &run->events[(size_t)pick(input, 256) % run->n_events];
    if (stored->given.type == SEQ_NONE)
        return false;
    *event = stored->given;
    event->seq = stored->seq;
    if (pick(input, 4) == 0)
        event->time = SEQ_NONE;
    if (pick(input, 16) == 0)
        event->error = maybe(input, N(errors));
    return true;
}

static void draw_events(struct fuzz_input *input, struct seq_call *call)
{
    int shape = pick(input, 64);
    bool numbered = shape % 2;

    call->n_events = shape == 63 ? 0 : 1 + shape / 2 % SEQ_MOST_EVENTS;
    for (int i = 0; i < call->n_events; i++) {
        struct seq_new *event = &call->events[i];
        int rich = pick(input, 4);

        *event = (struct seq_new){SEQ_NONE, SEQ_NONE, 0, SEQ_NONE, SEQ_NONE, SEQ_NONE, SEQ_NONE};
        /* Once in a while they are not alike. */
        if (numbered != (shape == 62 && i == 1))
            event->seq = pick_seq(input);
        if (rich == 0 || (event->seq > 0 && draw_again(input, &model.runs[call->run], event)))
            continue;
        event->type = pick(input, N(types));
        event->time = maybe(input, 3);
        if (rich < 3)
            continue;
        event->unit = maybe(input, N(units));
        event->task = maybe(input, N(tasks));
        event->payload = maybe(input, N(payloads));
        event->error = maybe(input, N(errors));
    }
}

static void draw_graph(struct fuzz_input *input, struct seq_graph *graph)
{
    int shape = pick(input, 32);
    bool doubled = shape == 31;

    graph->given = true;
    graph->n_nodes = shape % (SEQ_MOST_NODES + 1);
    graph->n_edges = graph->n_nodes > 1 ? pick(input, SEQ_MOST_EDGES + 1) : 0;
    for (int i = 0; i < graph->n_nodes; i++) {
        graph->nodes[i] = doubled ? pick(input, 3) : i;
        graph->levels[i] = shape < 10 ? pick(input, 8) - (shape == 9) : SEQ_NONE;
        graph->attributes[i] = shape % 2;
    }
    for (int i = 0; i < graph->n_edges; i++) {
        graph->from[i] = pick(input, graph->n_nodes + (shape == 30));
        graph->to[i] = pick(input, graph->n_nodes);
    }
}

static void draw_counts(struct fuzz_input *input, struct seq_call *call)
{
    int which = pick(input, 16);

    for (int i = 0; i < 4; i++)
        if (which & 1 << i)
            call->totals[i] = pick(input, 3);
}

static void draw_create(struct fuzz_input *input, struct seq_call *call)
{
    if (pick(input, 16) == 0 && seq_free_run() >= 0)
        call->run = SEQ_NONE;
    call->repo = pick(input, 8) == 0;
    call->time = maybe(input, N(times));
    if (pick(input, 4) > 0)
        return;
    call->parallelism = maybe(input, 3);
    call->totals[0] = maybe(input, 3);
    call->tasks_dir = maybe(input, 2);
    call->flag = maybe(input, 2);
    if (pick(input, 2))
        draw_graph(input, &call->graph);
}

/* The list goes on with its cursor; now and then one filter is another. */
static void draw_further(struct fuzz_input *input, struct seq_call *call)
{
    int limit = call->limit;
    int other = pick(input, 16);

    *call = model.cursor_of;
    call->limit = limit;
    call->cursor = 0;
    if (other == 0)
        call->repo = pick(input, 2);
    else if (other == 1)
        call->status = maybe(input, N(statuses));
    else if (other == 2)
        call->time = maybe(input, N(times));
    else if (other == 3)
        call->before = maybe(input, N(times));
}

static void draw_list(struct fuzz_input *input, struct seq_call *call)
{
    static const int limits[] = {1, 1, 2, 3, 1000, 1, 2, 1, 0};

    call->repo = pick(input, 8) == 0;
    call->limit = pick(input, 3) ? limits[pick(input, N(limits))] : SEQ_NONE;
    call->offset = pick(input, 4) ? SEQ_NONE : pick(input, 4);
    call->flag = maybe(input, 2);
    if (call->kind == SEQ_LIST_RUNS) {
        if (pick(input, 3) == 0) {
            call->status = maybe(input, N(statuses));
            call->time = maybe(input, N(times));
            call->before = maybe(input, N(times));
        }
        /* Mostly the list that is being read goes on. */
        if (model.cursor && pick(input, 2))
            draw_further(input, call);
        else if (pick(input, 16) == 0)
            call->cursor = 1;
        return;
    }
    call->after_seq = pick(input, 2) ? pick(input, 8) : SEQ_NONE;
    call->type = maybe(input, 3);
    call->unit = maybe(input, N(units));
    call->task = maybe(input, N(tasks));
}

static void draw_watch(struct fuzz_input *input, struct seq_call *call)
{
    int shape = pick(input, 16);

    if (shape % 2)
        call->run = SEQ_NONE;
    call->repo = shape % 4 > 1 ? pick(input, 2) : SEQ_NONE;
    if (shape < 4)
        call->after_seq = pick(input, 8);
    else if (shape < 12)
        call->after_id = model.first_id + pick(input, 16);
    if (shape == 3)
        call->after_id = model.first_id;
    call->type = maybe(input, 3);
    call->unit = pick(input, 4) ? SEQ_NONE : pick(input, N(units));
}

static enum seq_kind pick_kind(struct fuzz_input *input)
{
    static const unsigned char kinds[] = {
        SEQ_CREATE,    SEQ_CREATE,    SEQ_CREATE,      SEQ_CREATE,      SEQ_APPEND,  SEQ_APPEND,
        SEQ_APPEND,    SEQ_APPEND,    SEQ_APPEND,      SEQ_APPEND,      SEQ_APPEND,  SEQ_APPEND,
        SEQ_UPDATE,    SEQ_COMPLETE,  SEQ_COMPLETE,    SEQ_STOP,        SEQ_STOP,    SEQ_RESUME,
        SEQ_RESUME,    SEQ_PIN,       SEQ_PUT_GRAPH,   SEQ_GET_GRAPH,   SEQ_GET_RUN, SEQ_LIST_RUNS,
        SEQ_LIST_RUNS, SEQ_LIST_RUNS, SEQ_LIST_EVENTS, SEQ_LIST_EVENTS, SEQ_DELETE,  SEQ_DELETE,
        SEQ_WATCH,     SEQ_WATCH};

    return (enum seq_kind)kinds[pick(input, N(kinds))];
}

struct seq_call seq_call_new(enum seq_kind kind, int run)
{
    return (struct seq_call){.kind = kind,
                             .run = run,
                             .repo = SEQ_NONE,
                             .status = SEQ_NONE,
                             .time = SEQ_NONE,
                             .before = SEQ_NONE,
                             .totals = {SEQ_NONE, SEQ_NONE, SEQ_NONE, SEQ_NONE},
                             .parallelism = SEQ_NONE,
                             .error = SEQ_NONE,
                             .tasks_dir = SEQ_NONE,
                             .flag = SEQ_NONE,
                             .reason = SEQ_NONE,
                             .type = SEQ_NONE,
                             .unit = SEQ_NONE,
                             .task = SEQ_NONE,
                             .limit = SEQ_NONE,
                             .offset = SEQ_NONE,
                             .after_seq = SEQ_NONE,
                             .after_id = SEQ_NONE,
                             .cursor = SEQ_NONE};
}

void seq_draw(struct fuzz_input *input, struct seq_call *ret_call)
{
    enum seq_kind kind = pick_kind(input);
    struct seq_call call = seq_call_new(kind, pick(input, 16));

    /* Most is about the first run. */
    call.run = call.run < 10 ? 0 : call.run < 14 ? 1 : call.run < 15 ? 2 : 3 + pick(input, 2);
    if (call.kind == SEQ_CREATE && call.run >= SEQ_NAMED)
        call.run = 0;
    if (call.kind == SEQ_CREATE)
        draw_create(input, &call);
    else if (call.kind == SEQ_APPEND)
        draw_events(input, &call);
    else if (call.kind == SEQ_LIST_RUNS || call.kind == SEQ_LIST_EVENTS)
        draw_list(input, &call);
    else if (call.kind == SEQ_WATCH)
        draw_watch(input, &call);
    else if (call.kind == SEQ_PUT_GRAPH)
        draw_graph(input, &call.graph);
    else if (call.kind == SEQ_STOP)
        call.reason = maybe(input, N(reasons));
    else if (call.kind == SEQ_PIN)
        call.flag = pick(input, 2);
    if (call.kind == SEQ_UPDATE || call.kind == SEQ_COMPLETE)
        draw_counts(input, &call);
    if (call.kind == SEQ_COMPLETE) {
        call.status = pick(input, 3);
        call.error = maybe(input, N(errors));
        call.time = maybe(input, N(times));
        call.totals[0] = SEQ_NONE;
    }
    if (call.kind == SEQ_DELETE) {
        call.n_runs = 1 + pick(input, 8) / 4;
        call.runs[0] = call.run;
        call.runs[1] = pick(input, 3);
        call.flag = maybe(input, 2);
    }
    *ret_call = call;
}
