/*
 * channel: one non-blocking connection to a Unix socket, with what waits to be sent and what came.
 *
 * Owned by a client and embedded in it. It knows bytes and frames, not calls. No function blocks,
 * retries for ever or raises SIGPIPE. Belongs to the thread of its client.
 *
 * The states and their moves:
 *   CLOSED  -> WAITING  the listener's queue is full: connect again at `retry_at`
 *   CLOSED  -> OPEN     connected
 *   WAITING -> OPEN     connected at last
 *   OPEN    -> ENDING   the peer reads no more; what it said before is still to be read
 *   any     -> CLOSED
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

enum { CHANNEL_PIECE = 64 * 1024 }; /* bytes channel_receive() reads at once, at most */

enum channel_state { CHANNEL_CLOSED, CHANNEL_WAITING, CHANNEL_OPEN, CHANNEL_ENDING };

struct channel {
    enum channel_state state;
    int fd;               /* -1 while CLOSED or WAITING */
    uint64_t connections; /* made so far */
    int64_t retry_at;     /* monotonic_ms(), while WAITING */
    int64_t retry_pause;  /* before the attempt after the next */
    struct buffer output;
    size_t output_sent;   /* bytes of `output` the kernel has taken */
    uint64_t output_base; /* position in the stream of output.data[0] */
    struct buffer input;
    size_t input_taken;   /* bytes of `input` that were handed out as frames */
    size_t input_scanned; /* bytes of `input` known to hold no further end of a frame */
};

#define CHANNEL_INIT                                                                               \
    {                                                                                              \
        .state = CHANNEL_CLOSED, .fd = -1                                                          \
    }

/* Connects; `channel` is CLOSED or WAITING. Returns 0 when it is OPEN or WAITING now, or -errno and
 * it is CLOSED. */
int channel_connect(struct channel *channel, const char *path, int64_t now);

/* Closes the connection and drops all bytes; harmless when closed. */
void channel_close(struct channel *channel);

/* Closes the connection but keeps the output from stream position `from` on, for the next one. */
void channel_close_keeping(struct channel *channel, uint64_t from);

/* Positions in the stream of output: of the next byte appended, and of the next byte sent. */
uint64_t channel_queued(const struct channel *channel);
uint64_t channel_sent(const struct channel *channel);

/* Sends what it can; a peer that reads no more turns the channel ENDING. */
void channel_send(struct channel *channel);

/* Reads at most one piece. Returns the number of bytes, 0 when nothing is there now, -ECONNRESET
 * when the peer has closed, -ENOMEM, or -EMSGSIZE when one message passes `limit` bytes. */
int channel_receive(struct channel *channel, size_t limit);

/* The next whole message received, valid until the next call of channel_receive(). False: none. */
bool channel_next(struct channel *channel, const char **ret_text, size_t *ret_size);

/* True when the peer has closed an idle connection, or speaks without being asked. */
bool channel_is_stale(const struct channel *channel);
