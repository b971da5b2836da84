/*
 * session_private: what the parts of a session share: session.c, where the connection calls in,
 * session_queue.c, where calls start and are answered, session_late.c, for those that are answered
 * later or more than once, session_quota.c, where they wait for what their user may use, and
 * session_revoke.c, where they are taken back.
 */
#pragma once

#include "account.h"
#include "attachments.h"
#include "session.h"
#include "session_reads.h"

enum {
    SESSION_BACKLOG_LOW = 256 << 10, /* bytes of answers with which there is room again */
};

struct session {
    struct service *service;
    struct reads *reads_turns;
    struct connection *connection; /* NULL when it is gone */
    unsigned int roles;            /* of the peer, as a set; a reload may change them */
    struct account *account;       /* of the peer's user; NULL: no quotas */
    struct list held;              /* in the account's line, not read from meanwhile */
    bool admitted;                 /* is the one in line that is called now */
    struct list delayed;           /* in accounts->delayed: its first call waits for its moment */
    struct list calls;             /* in the order they came */
    int64_t n_calls;
    size_t bytes;        /* of memory of the calls */
    size_t replies;      /* bytes of answers that are done and wait for their turn */
    int reads;           /* running */
    int writes;          /* running */
    struct call *stream; /* running */
    bool stream_full;    /* waits for the peer to take output */
    bool ended;          /* the peer sends no more */
    bool deaf;           /* a call that ends the connection is queued: what follows is not read */
    bool closes;         /* that call is answered */
    bool advancing;
    int waiting;         /* calls not started */
    struct list turn;    /* in a lane of struct reads, where it waits to read */
    bool called;         /* its turn is now */
    struct list touched; /* of sessions_jobs_done(): some of its calls have just come back */
    bool slow;           /* its last read took long */
    struct attach_holder holder; /* of runs that stand with the peer */
    int users;                   /* functions on the stack that still need the session */
};

/* What every call's host is. */
extern const struct call_host session_call_host;

/* Closing a connection calls back from deep inside; the session is freed by the outermost user. */
void session_enter(struct session *session);
void session_leave(struct session *session);

/* Queues a call. `prepared` other than 0: it is answered already and only waits for its turn. */
void session_add(struct session *session, struct call *call, int prepared);
/* A waiting call that will not start; its answer, if any, is in place. */
void session_drop(struct session *session, struct call *call);

/* quota: Whether it may take another message; else it is not read from until it is called. */
bool session_may_take(struct session *session);
/* A call is under way, and is no more; the second may be said twice. */
void session_count(struct session *session, struct call *call);
void session_uncount(struct session *session, struct call *call);
/* Whether a call with events may start now; else it waits, or is answered already. */
bool session_events_may_start(struct session *session, struct call *call);

/* revoke: What the peer may do by the settings of now. */
void session_learn_roles(struct session *session);
/* Logs and counts a refusal. */
void session_say_denied(const struct session *session, const struct call *call);
/* Reads are given up, waiting ones at once and running ones where they stand; waiting writes too if
 * the daemon stops. */
void session_withdraw(struct session *session, bool writes_too);
/* Its answer is in place and waits for its turn. */
void session_call_done(struct session *session, struct call *call);
/* The stream is over: `call` has its last answer. */
void session_end_stream(struct session *session, struct call *call);
/* Answers and starts all that can be. */
void session_advance(struct session *session);
/* The peer took output: a stream that waits for that goes on. */
void session_resume_stream(struct session *session);
void session_stop_stream(struct session *session);
