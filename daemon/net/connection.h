/*
 * connection: one peer's stream of messages.
 *
 * A network holds what all connections share: the loop, the limits and the handlers. A connection
 * is owned by the network from connection_open() until `closed` was called; its user keeps a
 * pointer and puts itself into it with connection_set_user(). Loop thread only.
 *
 * Input is cut into messages (frame.h) and handed over one by one while the connection is not
 * paused. Output is appended to connection_output() and sent by connection_flush(), many messages a
 * write. Connections that share a budget share the loop's time with others: when they have had
 * theirs in a turn of the loop they rest, in line, until a later turn. A peer that does not
 * read is bounded by its user, who pauses input while connection_backlog() is high, and closed when
 * nothing moves for the send time-out, unless it is marked patient (a watcher).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "list.h"
#include "loop.h"
#include "peer.h"

struct network;
struct connection;

enum connection_fault {
    CONNECTION_TOO_LARGE, /* a message passed the size limit */
    CONNECTION_TOO_SLOW,  /* a message was not whole in time */
    CONNECTION_CUT,       /* the input ended inside a message */
    CONNECTION_NO_MEMORY, /* the budget for messages under way is spent, or malloc failed */
};

struct connection_handlers {
    /* A whole message; `text` is valid during the call only. False when it is not taken: the user
     * has paused the connection, and the message is handed over again when it goes on. */
    bool (*message)(struct connection *connection, const char *text, size_t size);
    /* The input is unusable from here on and is no longer read; `bytes` of the message had come. */
    void (*fault)(struct connection *connection, enum connection_fault fault, int64_t bytes);
    /* The peer ended its side; what it sent before was handed over. */
    void (*ended)(struct connection *connection);
    /* The backlog got smaller. */
    void (*drained)(struct connection *connection);
    /* The connection is gone; its memory is freed after the call. */
    void (*closed)(struct connection *connection);
};

struct network_options {
    int64_t message_bytes; /* largest message */
    int64_t message_ms;    /* time a message may take from its first byte to its last */
    int64_t send_ms;       /* time a peer's full output may stand still */
    int64_t input_bytes;   /* of all messages under way that are larger than 64 KiB */
    int64_t output_bytes;  /* of all answers peers have not taken; above it a peer that stands still
                              is closed after two seconds */
    struct connection_handlers handlers;
};

/* Returns 0 or -errno. */
int network_new(struct loop *loop, const struct network_options *options,
                struct network **ret_network);
/* From now on other limits count, also for what is under way. The handlers stay. */
void network_limit(struct network *network, int64_t message_bytes, int64_t message_ms,
                   int64_t send_ms);
/* All connections are closed before. NULL is fine. */
void network_free(struct network *network);
/* Those that are open; not those that only wait for their peer to read the last answer. */
size_t network_connections(const struct network *network);
/* A turn of the loop is over, and resting connections go on; before it waits for more. */
void network_turn_ends(struct network *network);
/* Bytes of output that stand unread on all connections but patient ones. */
size_t network_unread(const struct network *network);
void network_for_each(struct network *network, void (*function)(struct connection *, void *data),
                      void *data);

/* Takes over `fd` and starts reading. On failure `fd` is closed. Returns 0 or -errno. */
int connection_open(struct network *network, int fd, struct connection **ret_connection);

void connection_set_user(struct connection *connection, void *user);
void *connection_user(const struct connection *connection);
struct network *connection_network(const struct connection *connection);
const struct peer *connection_peer(const struct connection *connection);
/* The process at its other end; see peer_find(). */
int connection_find_peer(const struct connection *connection, int *ret_pidfd, int64_t *ret_start);

/* Where answers are appended; sent by the next connection_flush(). */
struct buffer *connection_output(struct connection *connection);
void connection_flush(struct connection *connection);
/* Appends and flushes. What the kernel takes at once is not copied, only the rest becomes output,
 * and backlog, of this connection: so many connections may be written the same bytes. */
void connection_write(struct connection *connection, const char *bytes, size_t size);
/* Bytes appended and not yet taken by the kernel. */
size_t connection_backlog(const struct connection *connection);

/* True once the peer can't take output any more; what is appended is dropped. */
bool connection_broken(const struct connection *connection);
/* True when the peer has closed both directions, which a stopped reader does not see otherwise. */
bool connection_peer_gone(const struct connection *connection);

/* Of the loop's time. */
struct time_share {
    uint64_t turn;    /* of the network, for which `spent_ns` counts */
    int64_t spent_ns; /* nanoseconds */
};

/* What several connections, those of one user, may use together.
 *
 * Memory: that of messages under way that are larger than 128 KiB. Time: once reading from them
 * and handing over has taken BUDGET_TURN_US in a turn of the loop they rest, in line, until a later
 * turn; what a message takes on top is made up for in the turns that follow. Sending has as much
 * time and a line of its own: neither can starve the other. */
struct connection_budget {
    int64_t bytes;
    int64_t limit;            /* above it only the one that has it all may have more */
    struct time_share input;  /* reading and handing over */
    struct time_share output; /* sending */
    struct list resting;      /* connections not read from, the first that came first */
    struct list holding;      /* connections with output, likewise */
    struct list node;         /* in the network's list while somebody is in a line */
    int passed_over; /* connections that were called and could not be read from this turn */
};

enum { BUDGET_TURN_US = 2000 };

void connection_budget_init(struct connection_budget *budget);

/* The connection shares a budget, which outlives it. */
void connection_set_budget(struct connection *connection, struct connection_budget *budget);

/* Stops and starts handing over messages. */
void connection_pause(struct connection *connection);
void connection_resume(struct connection *connection);
/* A patient connection may leave its output standing for ever. */
void connection_set_patient(struct connection *connection, bool patient);

/* Flushes, hands over nothing more, and closes when the output is sent and the peer has had a
 * moment to read it. */
void connection_finish(struct connection *connection);
/* Closes at once. */
void connection_close(struct connection *connection);
