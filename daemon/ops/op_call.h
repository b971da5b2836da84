/*
 * op_call: one call, from its message to its answer.
 *
 * A call is one object with one owner at a time: the loop, a store thread, the loop again. Its
 * session queues it, its op works on it, and all it needs lives in its arena until the session
 * frees it. Functions below may be called by the owner of the moment, on any thread, unless they
 * say otherwise.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "events.h"
#include "interface.h"
#include "measures.h"
#include "message.h"
#include "redact.h"
#include "rfc3339.h"
#include "runs.h"
#include "settings.h"
#include "writer_look.h"

struct accounts;
struct attach_holder;
struct attachments;
struct backup_task;
struct call;
struct remover;
struct denials;
struct op_entry;
struct session;
struct watch_hub;

enum { RELOAD_PROBLEM_SIZE = 1024 };

/* What every op may use; constant while the daemon serves, but for the counters. */
struct service {
    struct store *store;
    struct watch_hub *watches;
    struct attachments *attachments;
    struct remover *remover;
    struct settings *settings; /* replaced by a reload */
    /* Reads the configuration anew. Returns -1 when it is refused, with the reason in words, and
     * changes nothing then. Loop thread. */
    int (*reload)(struct service *service, char ret_problem[static RELOAD_PROBLEM_SIZE]);
    const char *version;
    const char *database;
    int64_t started_us;
    char started_at[RFC3339_SIZE];
    /* Loop thread. */
    struct list writes; /* jobs of this turn of the loop, which the store gets at its end */
    struct denials *denials;
    struct accounts *accounts;
    struct backup_task *backup; /* the one under way; NULL without */
    struct redact_work redact;  /* counts what was taken out of calls since the start */
    int64_t connections;
    int64_t calls;           /* not answered yet */
    int64_t bytes_under_way; /* of memory of calls that are not answered yet */
    struct measures measures;
    struct pace pace;          /* of events */
    struct writer_look writer; /* as of the last look */
    bool stopping;
};

enum { CALL_FAILED = 1000 }; /* what call_fail() returns: an outcome above the store's */

enum call_phase {
    CALL_WAITING, /* for its turn in the session */
    CALL_RUNNING, /* with the store, or streaming */
    CALL_DONE,    /* its answer is in `reply` */
};

/* What a stream or a late op may ask of the session that holds it. Loop thread. */
struct call_host {
    /* Sends encoded answers; false when the peer's output is full: wait for op->resume. */
    bool (*stream)(struct call *call, const char *messages, size_t size);
    /* The call is done: `reply` is its last answer, or its only one. */
    void (*done)(struct call *call);
};

struct call {
    struct store_job job; /* of kind READ and WRITE ops */
    struct list link;     /* in its session */
    enum call_phase phase;
    const struct call_host *host;
    struct session *session;
    struct attach_holder *holder; /* the connection's, in its session */
    struct service *service;
    struct settings *settings;    /* those of the moment it came */
    const struct op_entry *entry; /* NULL: answered without an op */
    struct arena arena;
    size_t bytes; /* of memory, as counted in service->bytes_under_way */
    const void *parameters;
    void *state;
    uid_t uid;                /* of the peer */
    unsigned int roles;       /* of the peer, as a set */
    int64_t arrived_us;       /* metrics_now() then */
    char now[RFC3339_SIZE];   /* when the message came */
    struct buffer reply;      /* one encoded message, or none for a oneway call */
    enum hd_error_code error; /* what it is answered with, HD_OK for a result */
    atomic_bool withdrawn; /* set by the loop while a store thread has the call: it need not run */
    unsigned int lane;     /* of a read, enum reads_lane */
    int64_t ran_us;        /* how long it ran */
    int64_t events;        /* it stores, as its op says: what events_per_s is about */
    int64_t moment_us;     /* when its events may come; 0: not decided */
    bool counted;          /* in its user's account */
    bool more;             /* several answers are wanted */
    bool oneway;           /* no answer is wanted */
    bool closes;           /* the connection ends after the answer */
    bool denied;           /* its peer may not call the method */
};

/* A call from a peer with this user id and these roles. NULL when out of memory. Loop thread. */
struct call *call_new(struct service *service, uid_t uid, unsigned int roles);

/* Reads the message, finds the op and decodes the parameters: all that can be said of a call before
 * its turn comes. The text is not needed afterwards. Returns 0 when the op is to run, else a result
 * for call_settle(). Loop thread. */
int call_read(struct call *call, const char *text, size_t size);

/* Encodes the answer. Returns 0 or STORE_NO_MEMORY. */
int call_reply(struct call *call, const void *result);

/* The same for a result that begins with a list: its elements are encoded as they are read, by
 * codec_list_add() in between. Whatever else is answered replaces what was begun. */
void call_list_begin(struct call *call, struct codec_list *list);
int call_list_end(struct call *call, struct codec_list *list, const void *result);

/* Encodes an error; `parameters` is its hd_…_error struct, NULL for one without. Returns
 * CALL_FAILED, or STORE_NO_MEMORY. */
int call_fail(struct call *call, enum hd_error_code code, const void *parameters);

/* The errors that many ops share; they return what call_fail() does. */
int call_fail_parameter(struct call *call, const char *path);
int call_fail_interface_not_found(struct call *call, const char *interface);
int call_fail_run_not_found(struct call *call, const char *run_id);
int call_fail_graph(struct call *call, const char *reason, const char *node);
int call_fail_run_conflict(struct call *call, const char *run_id, const char *field);
int call_fail_transition(struct call *call, const char *run_id, const char *from, const char *to);
int call_fail_busy(struct call *call);
int call_fail_busy_for(struct call *call, int64_t milliseconds);
int call_fail_too_large(struct call *call, const char *what, int64_t limit);
/* Only this call fails, and every one that asks for that event. */
int call_fail_unreadable(struct call *call, const struct event_place *event);

/* The row of a run, in the call's arena, on a store thread; a run that is not there is answered.
 * Returns 0, what call_fail() does, or a store failure. */
int call_get_run(struct call *call, struct store_db *db, const char *run_id,
                 struct run_row *ret_run);

/* Encodes the answer to a fault of the message. */
int call_fail_fault(struct call *call, const struct fault *fault);

/* Encodes the answer to what a store job came back with, where the op gave none itself. */
void call_settle(struct call *call, int result);

/* Answers of a stream, encoded as message_write_reply() does, with more to follow. False when the
 * peer's output is full. Loop thread. */
bool call_stream(struct call *call, const char *messages, size_t size);
/* The stream is over; its last answer is ShuttingDown unless the op failed it before. Loop thread.
 */
void call_stream_end(struct call *call);
/* A late op is done, and has answered. Loop thread, but not from within its `start`. */
void call_late_end(struct call *call);

void call_free(struct call *call);
