/* The calls that write, carried out on the model. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "seq_answer.h"

static const char *keep(const char *text)
{
    const char *copy = arena_strdup(&model.arena, text);

    fuzz_demand(copy || !text, "out of memory");
    return copy;
}

static const char *now(void)
{
    return keep(model.now);
}

static struct seq_run *run_of(const struct seq_call *call)
{
    return &model.runs[call->run];
}

static void answer_run(const struct seq_run *run, int64_t seq, struct buffer *answer)
{
    buffer_append_text(answer, "{\"parameters\":{\"run\":");
    seq_run_json(run, answer);
    if (seq != SEQ_NONE)
        seq_say(answer, ",\"seq\":%" PRId64, seq);
    buffer_append_text(answer, "}}");
}

static bool run_ends(const struct seq_run *run)
{
    return strcmp(run->status, "running") != 0;
}

static void change(struct seq_run *run, const char *status)
{
    bool ended = run_ends(run);

    run->status = status;
    model.running += ended - run_ends(run);
}

static void append(struct seq_run *run, const struct seq_event *event)
{
    fuzz_demand(run->n_events < SEQ_RUN_EVENTS, "too many events");
    run->events[run->n_events] = *event;
    run->events[run->n_events++].id = ++model.last_id;
    model.appended++;
    if (event->seq > run->last_seq)
        run->last_seq = event->seq;
}

/* --- creating --------------------------------------------------------------------------------- */

static const char *create_conflict(const struct seq_call *call, const struct seq_run *run)
{
    if (!seq_same(seq_repo(call->repo), run->repo))
        return "repo_path";
    if (call->time >= 0 && !seq_same(seq_time_kept(call->time), run->started))
        return "started_at";
    if (call->parallelism >= 0 && call->parallelism != run->parallelism)
        return "parallelism";
    if (call->tasks_dir >= 0 && !seq_same(seq_tasks_dir(call->tasks_dir), run->tasks_dir))
        return "tasks_dir";
    if (call->flag >= 0 && call->flag != run->dry_run)
        return "dry_run";
    return NULL;
}

static void create(const struct seq_call *call, struct seq_run *run)
{
    run->exists = true;
    run->repo = keep(seq_repo(call->repo));
    run->started = call->time >= 0 ? seq_time_kept(call->time) : now();
    run->completed = NULL;
    run->status = "running";
    run->parallelism = call->parallelism >= 0 ? call->parallelism : 1;
    memset(run->totals, 0, sizeof(run->totals));
    run->totals[0] = call->totals[0] >= 0 ? call->totals[0] : 0;
    run->error = NULL;
    run->tasks_dir = seq_tasks_dir(call->tasks_dir);
    run->dry_run = call->flag == 1;
    run->pinned = false;
    run->last_seq = 0;
    run->graph = NULL;
    run->n_events = 0;
    model.running++;
}

static void answer_create(const struct seq_call *call, struct buffer *answer)
{
    bool own = call->run < 0;
    struct seq_run *run = &model.runs[own ? seq_free_run() : call->run];
    bool exists = run->exists;
    const char *graph = NULL;
    const char *field = NULL;

    if (call->graph.given && !seq_graph_answer(&call->graph, &graph, answer))
        return;
    if (own)
        snprintf(run->id, sizeof(run->id), SEQ_ANY);
    if (exists)
        field = create_conflict(call, run);
    if (field) {
        seq_error_run(answer, "RunConflict", run->id, "field", field);
        return;
    }
    if (!exists)
        create(call, run);
    if (graph && !run->graph)
        run->graph = graph;
    buffer_append_text(answer, "{\"parameters\":{\"run\":");
    seq_run_json(run, answer);
    seq_say(answer, ",\"created\":%s}}", exists ? "false" : "true");
}

/* --- appending -------------------------------------------------------------------------------- */

static struct seq_event event_new(const struct seq_new *given)
{
    return (struct seq_event){.seq = given->seq,
                              .time = seq_time_kept(given->time),
                              .type = seq_type(given->type),
                              .unit = seq_unit(given->unit),
                              .task = seq_task(given->task),
                              .payload = seq_payload_kept(given->payload),
                              .error = seq_error(given->error),
                              .given = *given};
}

/* A time left out equals any. */
static bool event_equal(const struct seq_event *left, const struct seq_event *right)
{
    return seq_same(left->type, right->type) && seq_same(left->unit, right->unit) &&
           seq_same(left->task, right->task) && seq_same(left->payload, right->payload) &&
           seq_same(left->error, right->error) &&
           (!left->time || !right->time || seq_same(left->time, right->time));
}

static struct seq_event *event_find(struct seq_event *events, size_t n_events, int64_t seq)
{
    for (size_t i = 0; i < n_events; i++)
        if (events[i].seq == seq)
            return &events[i];
    return NULL;
}

/* What the fields allow, before anybody looks at the run. */
static bool events_fit(const struct seq_call *call, struct buffer *answer)
{
    char path[32];

    if (call->n_events == 0) {
        seq_error_parameter(answer, "events");
        return false;
    }
    for (int i = 0; i < call->n_events; i++) {
        if (call->events[i].seq != 0 &&
            (call->events[i].seq == SEQ_NONE) == (call->events[0].seq == SEQ_NONE))
            continue;
        snprintf(path, sizeof(path), "events[%d].seq", i);
        seq_error_parameter(answer, path);
        return false;
    }
    return true;
}

/* The events of the call that are new, each number once. False where one is another's. */
static bool events_new(const struct seq_call *call, struct seq_run *run,
                       struct seq_event fresh[SEQ_MOST_EVENTS], size_t *ret_n, int64_t *ret_seq)
{
    size_t n = 0;

    for (int i = 0; i < call->n_events; i++) {
        struct seq_event event = event_new(&call->events[i]);
        struct seq_event *there = event_find(run->events, run->n_events, event.seq);
        struct seq_event *twin = there ? NULL : event_find(fresh, n, event.seq);

        if ((there && !event_equal(there, &event)) || (twin && !event_equal(twin, &event))) {
            *ret_seq = event.seq;
            return false;
        }
        if (twin && !twin->time)
            twin->time = event.time;
        if (!there && !twin)
            fresh[n++] = event;
    }
    *ret_n = n;
    return true;
}

static void answer_append(const struct seq_call *call, struct buffer *answer)
{
    struct seq_run *run = run_of(call);
    struct seq_event fresh[SEQ_MOST_EVENTS];
    int64_t first = INT64_MAX, last = 0, conflict;
    size_t n = 0;

    if (!events_fit(call, answer) || !seq_run_found(run, answer))
        return;
    if (call->events[0].seq == SEQ_NONE) {
        if (run->last_seq > INT64_MAX - call->n_events) {
            seq_error_too_large(answer);
            return;
        }
        for (int i = 0; i < call->n_events; i++) {
            fresh[n] = event_new(&call->events[i]);
            fresh[n].seq = run->last_seq + 1 + i;
            n++;
        }
        first = run->last_seq + 1;
        last = run->last_seq + call->n_events;
    } else if (!events_new(call, run, fresh, &n, &conflict)) {
        seq_say(answer,
                "{\"error\":\"dev.historyd.history.SequenceConflict\",\"parameters\":{"
                "\"run_id\":\"%s\",\"seq\":%" PRId64 "}}",
                run->id, conflict);
        return;
    }
    for (int i = 0; call->events[0].seq != SEQ_NONE && i < call->n_events; i++) {
        first = call->events[i].seq < first ? call->events[i].seq : first;
        last = call->events[i].seq > last ? call->events[i].seq : last;
    }
    for (size_t i = 0; i < n; i++) {
        if (!fresh[i].time)
            fresh[i].time = now();
        append(run, &fresh[i]);
    }
    seq_say(answer,
            "{\"parameters\":{\"first_seq\":%" PRId64 ",\"last_seq\":%" PRId64
            ",\"inserted\":%zu,\"duplicates\":%zu}}",
            first, last, n, (size_t)call->n_events - n);
}

/* --- the life of a run ------------------------------------------------------------------------ */

static void totals_set(const struct seq_call *call, struct seq_run *run)
{
    for (int i = 0; i < 4; i++)
        if (call->totals[i] >= 0)
            run->totals[i] = call->totals[i];
}

static const char *complete_conflict(const struct seq_call *call, const struct seq_run *run)
{
    static const char *const names[] = {"total_units", "completed_units", "failed_units",
                                        "blocked_units"};

    if (!seq_same(seq_status(call->status), run->status))
        return "status";
    for (int i = 1; i < 4; i++)
        if (call->totals[i] >= 0 && call->totals[i] != run->totals[i])
            return names[i];
    if (call->error >= 0 && !seq_same(seq_error(call->error), run->error))
        return "error";
    if (call->time >= 0 && !seq_same(seq_time_kept(call->time), run->completed))
        return "completed_at";
    return NULL;
}

static void answer_complete(const struct seq_call *call, struct buffer *answer)
{
    struct seq_run *run = run_of(call);
    const char *field = run_ends(run) ? complete_conflict(call, run) : NULL;

    if (field) {
        seq_error_run(answer, "RunConflict", run->id, "field", field);
        return;
    }
    if (!run_ends(run)) {
        totals_set(call, run);
        run->completed = call->time >= 0 ? seq_time_kept(call->time) : now();
        if (call->error >= 0)
            run->error = seq_error(call->error);
        change(run, seq_status(call->status));
    }
    answer_run(run, SEQ_NONE, answer);
}

/* An event of the daemon's own. False where the numbers are used up. */
static bool mark(struct seq_run *run, const char *type, const char *payload, struct buffer *answer)
{
    struct seq_event event = {
        .time = now(), .type = type, .payload = keep(payload), .given = {.type = SEQ_NONE}};

    if (run->last_seq == INT64_MAX) {
        seq_error_too_large(answer);
        return false;
    }
    event.seq = run->last_seq + 1;
    append(run, &event);
    return true;
}

static int64_t newest_of_type(const struct seq_run *run, const char *type)
{
    int64_t seq = 0;

    for (size_t i = 0; i < run->n_events; i++)
        if (run->events[i].seq > seq && seq_same(run->events[i].type, type))
            seq = run->events[i].seq;
    return seq;
}

static void answer_stop(const struct seq_call *call, struct buffer *answer)
{
    const char *reason = call->reason >= 0 ? seq_reason(call->reason) : "user_interrupt";
    struct seq_run *run = run_of(call);
    char payload[64];

    if (seq_same(run->status, "stopped")) {
        answer_run(run, newest_of_type(run, "run.stopped"), answer);
        return;
    }
    if (run_ends(run)) {
        seq_error_transition(answer, run, run->status, "stopped");
        return;
    }
    snprintf(payload, sizeof(payload), "{\"reason\":\"%s\"}", reason);
    if (!mark(run, "run.stopped", payload, answer))
        return;
    run->completed = now();
    change(run, "stopped");
    answer_run(run, run->last_seq, answer);
}

static void answer_resume(const struct seq_call *call, struct buffer *answer)
{
    struct seq_run *run = run_of(call);
    bool marked = run->last_seq > 0 && newest_of_type(run, "run.resumed") == run->last_seq;
    char payload[64];

    if (seq_same(run->status, "completed")) {
        seq_error_transition(answer, run, run->status, "running");
        return;
    }
    snprintf(payload, sizeof(payload), "{\"resumed_from_seq\":%" PRId64 "}", run->last_seq);
    if (!marked && !mark(run, "run.resumed", payload, answer))
        return;
    run->completed = NULL;
    run->error = NULL;
    change(run, "running");
    answer_run(run, run->last_seq, answer);
}

static void answer_put_graph(const struct seq_call *call, struct buffer *answer)
{
    struct seq_run *run = run_of(call);
    const char *graph;

    if (!seq_graph_answer(&call->graph, &graph, answer) || !seq_run_found(run, answer))
        return;
    run->graph = graph;
    buffer_append_text(answer, "{\"parameters\":{}}");
}

static void answer_found(const struct seq_call *call, struct buffer *answer)
{
    struct seq_run *run = run_of(call);

    if (call->kind == SEQ_COMPLETE) {
        answer_complete(call, answer);
    } else if (call->kind == SEQ_STOP) {
        answer_stop(call, answer);
    } else if (call->kind == SEQ_RESUME) {
        answer_resume(call, answer);
    } else if (call->kind == SEQ_UPDATE) {
        totals_set(call, run);
        answer_run(run, SEQ_NONE, answer);
    } else {
        run->pinned = call->flag;
        answer_run(run, SEQ_NONE, answer);
    }
}

void seq_answer(const struct seq_call *call, struct buffer *answer)
{
    if (call->kind == SEQ_CREATE)
        answer_create(call, answer);
    else if (call->kind == SEQ_APPEND)
        answer_append(call, answer);
    else if (call->kind == SEQ_PUT_GRAPH)
        answer_put_graph(call, answer);
    else if (!seq_writes(call->kind))
        seq_answer_other(call, answer);
    else if (seq_run_found(run_of(call), answer))
        answer_found(call, answer);
}
