/*
 * connection_private: the parts of a connection that input, output and time share.
 */
#pragma once

#include "connection.h"
#include "list.h"
#include "loop_private.h"

enum {
    CONNECTION_READ_BYTES = 64 * 1024, /* of the read buffer all connections share */
    NETWORK_TICK_MS = 250,
    LINGER_MS = 1000,
    PRESSED_MS = 2000,       /* of patience when too much output stands still */
    LINGER_CONNECTIONS = 32, /* at once; further ones are closed without */
};

struct network {
    struct loop *loop;
    struct network_options options;
    struct list connections;
    size_t n_connections;
    struct list waiting;   /* for the rest of a message, the oldest first */
    struct list unsent;    /* with output the kernel does not take */
    struct list lingering; /* the oldest first */
    size_t n_lingering;
    struct ticker *ticker;
    uint64_t turn;             /* the number of this turn of the loop */
    struct list rested;        /* budgets with connections in line */
    struct haste *haste;       /* on while there are any */
    struct time_share *served; /* whose time it is; NULL: nobody's who shares */
    uint64_t served_since;     /* nanoseconds */
    size_t unread;             /* bytes of output that peers have not taken */
    int64_t input_bytes;       /* held by inputs larger than the shared read buffer */
    char *scratch;             /* CONNECTION_READ_BYTES */
};

/*
 * How a connection ends. Input and output end apart: a peer may end its side and still read.
 *
 *   OPEN        to FINISHING by connection_finish()
 *   FINISHING   the last output is on its way; to LINGERING when it is sent
 *   LINGERING   a peer that is still sending gets to read the last answer, where closing at once
 *               would break its write first; what it sends is dropped
 *   CLOSED      from each of the others by connection_close()
 *
 * Any handler may close the connection: whoever calls one looks at the state afterwards.
 */
enum connection_state {
    CONNECTION_OPEN,
    CONNECTION_FINISHING,
    CONNECTION_LINGERING,
    CONNECTION_CLOSED,
};

struct connection {
    uv_pipe_t pipe;
    uv_write_t write;
    struct network *network;
    struct list node;
    struct list waiting;
    struct list unsent;
    struct list lingering;
    struct list resting; /* in its budget's line: not read from, nor is its input handed over */
    struct list holding; /* in the other one: its output waits */
    void *user;
    struct peer peer;
    enum connection_state state;
    bool reading;    /* libuv reads */
    bool paused;     /* by the user */
    bool input_over; /* ended or at fault: nothing more is handed over */
    bool ended;      /* the peer ended its side */
    bool handing;    /* inside the loop over messages */
    bool writing;    /* a piece of `sending` is with libuv */
    bool broken;     /* the peer does not take output any more */
    bool patient;
    bool called;           /* has left its budget's line and is next */
    int64_t message_since; /* loop time of the first byte of the message under way */
    struct buffer input;
    struct connection_budget *budget; /* NULL: only the network's */
    size_t searched;                  /* bytes of the input known to hold no NUL */
    struct buffer output;
    struct buffer sending; /* goes before what is in `output` */
    size_t sent;           /* bytes of `sending` that the kernel has taken, but of the piece */
    size_t piece;          /* bytes of the one with libuv */
    size_t unread;         /* of the backlog, as counted in the network's */
    int64_t stalled_since; /* loop time when the backlog last moved */
    size_t stalled_bytes;
    int64_t lingering_since;
};

void connection_move(struct connection *connection, enum connection_state state);

/* output */
void connection_count_unread(struct connection *connection);
/* Flushes, and tells the user, who may have waited for that. */
void connection_send_on(struct connection *connection);
/* input */
void connection_read_start(struct connection *connection);
void connection_read_stop(struct connection *connection);
void connection_hand_over(struct connection *connection);
void connection_input_fault(struct connection *connection, enum connection_fault fault);
void connection_input_drop(struct connection *connection);
/* turns: The time from here on is of `share`, or of nobody if NULL; returns whose it was. */
struct time_share *network_serve(struct network *network, struct time_share *share);
/* What the connection's budget has for either; NULL without. */
struct time_share *connection_input_share(const struct connection *connection);
struct time_share *connection_output_share(const struct connection *connection);
/* Whether the share's time in this turn is over; never that of nobody. */
bool network_is_spent(const struct network *network, const struct time_share *share);
/* Whether it has to stand in line before more is read or handed over. */
bool connection_must_rest(const struct connection *connection);
bool connection_rests(const struct connection *connection);
/* Into the line, at its end. Its message under way is not timed meanwhile. */
void connection_rest(struct connection *connection);
/* It could be read from, and must not. */
void connection_pass_over(struct connection *connection);
/* It wants no turn to be read from. */
void connection_leave_line(struct connection *connection);
/* The same two of its output. */
void connection_hold(struct connection *connection);
void connection_let_go(struct connection *connection);
bool connection_holds(const struct connection *connection);
/* time */
void network_tick(void *data);
