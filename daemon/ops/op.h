/*
 * op: what a method does.
 *
 * One file per method fills one `struct op`; the dispatch table made from the .varlink files names
 * each, so that a method without its file does not link. The field rules have been checked when an
 * op sees a call; `parameters` is the method's params struct.
 */
#pragma once

#include "access.h"
#include "interface.h"
#include "op_call.h"

enum op_kind {
    OP_LOCAL,     /* answered on the loop from what is in memory */
    OP_READ,      /* runs on a reader thread of the store */
    OP_SLOW_READ, /* as OP_READ, known to take tens of milliseconds */
    OP_LONG_READ, /* as OP_READ, on a thread that may be kept busy for minutes */
    OP_WRITE,     /* runs on the writer thread; answered when its commit is on disk */
    OP_EXCLUSIVE, /* as OP_WRITE, between two transactions of the writer */
    OP_LATE,      /* begun on the loop and answered when it is done; to its session, a write */
    OP_STREAM,    /* holds its connection and answers until the peer closes */
    OP_TASK,      /* as OP_STREAM, but ends by itself; without `more` it is answered once */
};

struct op {
    enum op_kind kind;
    size_t state_size; /* of call->state, zeroed */

    /* Loop thread, before anything else: what field rules can't say, and work that the store
     * threads need not do. Optional. Returns 0, or what call_fail() returned. */
    int (*check)(struct call *call);

    /* OP_READ, OP_WRITE, OP_EXCLUSIVE: on a store thread, perhaps more than once (see store.h).
     * Ends with call_reply() or call_fail() and returns what that returned, or a store failure. */
    int (*run)(struct call *call, struct store_db *db);

    /* OP_WRITE: on the loop, before the answer leaves, with what the store's job came back with.
     * Calls that were run are done in the order of their commits. Optional. */
    void (*done)(struct call *call, int result);

    /* OP_LOCAL, OP_LATE, OP_STREAM, OP_TASK: on the loop. A local op ends as `run` does. A stream
     * or task returns 0 and answers later through call_stream(), or fails at once; so does a late
     * op, through call_late_end(), which the daemon's stopping must not keep it from. */
    int (*start)(struct call *call);

    /* OP_STREAM, OP_TASK: on the loop, once, when the stream must stop: its connection is gone or
     * the daemon stops. The op calls call_stream_end() now or when its store job is back. */
    void (*stop)(struct call *call);
    /* OP_STREAM, OP_TASK: the peer took output and there is room again. */
    void (*resume)(struct call *call);
};

struct op_entry {
    const struct method_description *method;
    const struct op *op;
};

/* Made by the interface compiler. */
extern const struct op_entry op_entries[];
extern const size_t n_op_entries;

/* NULL when the method is unknown. */
const struct op_entry *op_find(const char *method);

/* True when a peer with these roles may call the method; else `ret_needed` is the one it lacks. */
bool op_allowed(const struct op_entry *entry, unsigned int roles, enum role *ret_needed);
