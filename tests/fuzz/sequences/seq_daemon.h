/*
 * seq_daemon: what the daemon does with calls, in this process and without sockets.
 *
 * It has a real store on a database of its own, in memory where there is a file system for it, and
 * takes, runs and answers calls as a session does, but one batch at a time: when a function returns
 * nothing is under way any more. One thread calls it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"
#include "op_call.h"

/* A stream, until it is closed. What it was told is taken away by its owner. */
struct seq_stream {
    struct call *call;
    struct buffer told; /* whole messages, each with its NUL */
    bool narrow;        /* has no room after what it is told, for a while */
    bool full;
    bool ended;
};

/* A new, empty database in place of the one before. */
void seq_daemon_fresh(void);
/* Closes the store and opens it again, as a restart does. No stream is open. */
void seq_daemon_restart(void);
/* Closes the store and removes its files; at the end of the process at the latest. */
void seq_daemon_end(void);

/* Reads a message that came at a moment; its texts need not live on. */
struct call *seq_daemon_take(const char *text, size_t size, const char *now);
/* Runs calls that were taken, writes among them in one go, and waits for their answers, which are
 * in their `reply`. */
void seq_daemon_run(struct call *const *calls, size_t n_calls);

/* Begins a call that was taken as a stream. It may have ended at once; then the answer is in its
 * `reply`. */
void seq_daemon_stream(struct seq_stream *stream, struct call *call);
/* Ends it, and frees its call. */
void seq_daemon_stream_close(struct seq_stream *stream);

void seq_daemon_state(struct store_state *ret_state);
