/*
 * seq_model: what the protocol promises, kept in plain memory: runs, their events and graphs.
 *
 * A call is drawn from the input as a struct seq_call; seq_text.c writes it as a message,
 * seq_answer.c carries it out on the model and writes the very answer that is due. Nothing here
 * knows the daemon's code. There is one model; its texts live until the sequence ends.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buffer.h"
#include "fuzz.h"

enum { SEQ_RUNS = 5, SEQ_NAMED = 3, SEQ_RUN_EVENTS = 256, SEQ_TIME = 32, SEQ_ID = 48 };

enum { SEQ_NONE = -1, SEQ_MOST_EVENTS = 4, SEQ_MOST_NODES = 4, SEQ_MOST_EDGES = 4 };

/* Texts and moments as indexes into seq_text.c's lists, SEQ_NONE for what is not given. */
struct seq_new {
    int64_t seq; /* SEQ_NONE: none */
    int time;
    int type;
    int unit;
    int task;
    int payload;
    int error;
};

struct seq_event {
    int64_t id;
    int64_t seq;
    const char *time;
    const char *type;
    const char *unit;     /* NULL: none */
    const char *task;     /* as text; NULL: none */
    const char *payload;  /* compact; NULL: none */
    const char *error;    /* NULL: none */
    struct seq_new given; /* as it came; type SEQ_NONE: it is the daemon's own */
};

struct seq_run {
    char id[SEQ_ID];
    bool exists;
    const char *repo;
    const char *started;
    const char *completed; /* NULL: it runs */
    const char *status;
    int64_t parallelism;
    int64_t totals[4]; /* total, completed, failed, blocked */
    const char *error;
    const char *tasks_dir;
    bool dry_run;
    bool pinned;
    int64_t last_seq;
    const char *graph;                       /* as it is answered; NULL: none */
    struct seq_event events[SEQ_RUN_EVENTS]; /* in the order of their ids */
    size_t n_events;
};

enum seq_kind {
    SEQ_CREATE,
    SEQ_APPEND,
    SEQ_UPDATE,
    SEQ_COMPLETE,
    SEQ_STOP,
    SEQ_RESUME,
    SEQ_PIN,
    SEQ_PUT_GRAPH,
    SEQ_GET_GRAPH,
    SEQ_GET_RUN,
    SEQ_LIST_RUNS,
    SEQ_LIST_EVENTS,
    SEQ_DELETE,
    SEQ_WATCH,
};

struct seq_graph {
    bool given;
    int n_nodes;
    int nodes[SEQ_MOST_NODES];
    int levels[SEQ_MOST_NODES];
    bool attributes[SEQ_MOST_NODES];
    int n_edges;
    int from[SEQ_MOST_EDGES];
    int to[SEQ_MOST_EDGES];
};

struct seq_call {
    enum seq_kind kind;
    int run; /* SEQ_NONE: not named */
    int runs[SEQ_RUNS];
    int n_runs;
    struct seq_new events[SEQ_MOST_EVENTS];
    int n_events;
    struct seq_graph graph;
    int repo;
    int status;
    int time;
    int before;
    int totals[4];
    int parallelism;
    int error;
    int tasks_dir;
    int flag; /* dry_run, pinned, count; 0 or 1 */
    int reason;
    int type;
    int unit;
    int task;
    int limit;
    int offset;
    int64_t after_seq;
    int64_t after_id;
    int cursor; /* 0: the one of the last page, 1: one that is none */
};

struct seq_model {
    struct arena arena;
    int64_t number;        /* of the sequence */
    int64_t last_id;       /* newest event ever */
    int64_t first_id;      /* newest event before the sequence */
    int64_t oldest_before; /* of the events that are left of earlier sequences; 0: none */
    int64_t running;       /* runs, those of earlier sequences too */
    int64_t appended;      /* events since the daemon started */
    struct seq_run runs[SEQ_RUNS];
    char now[SEQ_TIME];
    const char *cursor; /* of the last page that had one */
    struct seq_call cursor_of;
    const char *cursor_started;
    const char *cursor_id;
};

extern struct seq_model model;

void seq_model_begin(int64_t number);
void seq_model_end(void);
/* The run a call without an id makes, or SEQ_NONE where there is no room for one. */
int seq_free_run(void);

/* A call that says nothing yet. */
struct seq_call seq_call_new(enum seq_kind kind, int run);
/* Draws a call. */
void seq_draw(struct fuzz_input *input, struct seq_call *ret_call);
/* Appends the call as a message, without its NUL. */
void seq_write(const struct seq_call *call, struct buffer *text);
bool seq_writes(enum seq_kind kind);

/* Carries the call out on the model and appends the answer that is due, where SEQ_ANY stands for
 * any characters up to the next quote. */
#define SEQ_ANY "\001"
void seq_answer(const struct seq_call *call, struct buffer *answer);
/* What stood for SEQ_ANY: a run's own id, a cursor. */
void seq_learn(const struct seq_call *call, const char *text);

/* As answers have them. */
void seq_run_json(const struct seq_run *run, struct buffer *text);
void seq_event_json(const struct seq_run *run, const struct seq_event *event, struct buffer *text);
/* Whether the event passes filters of type and unit, each an index or SEQ_NONE. */
bool seq_event_passes(const struct seq_event *event, int type, int unit);
/* Id of the oldest event there is; one above the newest ever without any. */
int64_t seq_oldest_id(void);

/* What is given under the indexes: as it is sent, and as it is kept. */
const char *seq_time_kept(int index);
const char *seq_type(int index);
const char *seq_unit(int index);
const char *seq_task(int index);
const char *seq_payload_kept(int index);
const char *seq_error(int index);
const char *seq_repo(int index);
const char *seq_status(int index);
const char *seq_tasks_dir(int index);
const char *seq_reason(int index);
const char *seq_node(int index);

bool seq_same(const char *left, const char *right);
void seq_say(struct buffer *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
