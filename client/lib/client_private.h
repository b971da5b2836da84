/*
 * client_private: what struct hd_client is made of, for the files of the library.
 *
 * A client owns its channel and a queue of calls in the order they were sent, which is the order of
 * their answers. It belongs to one thread at a time. Calls move from the queue to nowhere: each has
 * its last callback exactly once, by an answer, a failure or hd_client_free().
 */
#pragma once

#include <historyd/client.h>
#include <sys/types.h>

#include "answer.h"
#include "arena.h"
#include "channel.h"
#include "interface.h"
#include "list.h"
#include "socket_path.h"

/* What a blocking call waits for; lives on its stack. */
struct waiter {
    bool done;
    int status;
    struct answer *answer; /* the last one, the waiter's to free */
};

/* How a call is to be made; copied. */
struct call_request {
    const struct method_description *method; /* NULL: one this library does not know */
    unsigned int flags;                      /* enum hd_call_flags */
    hd_reply_callback callback;              /* may be NULL */
    void *userdata;
    struct waiter *waiter; /* NULL unless a blocking call */
};

struct call {
    struct list node;
    struct call_request request;
    unsigned int timeout;
    int64_t deadline;    /* monotonic_ms(); 0: none, or none any more */
    uint64_t begin, end; /* its bytes in the channel's stream of output */
};

struct hd_client {
    struct socket_path path;
    struct channel channel;
    struct list calls;
    unsigned int n_calls;
    unsigned int timeout;
    size_t answer_limit;
    int callbacks; /* made by the present hd_client_process() */
    bool calling;  /* inside a callback */
    bool freeing;
    pid_t owner; /* a child of fork() has its parent's calls, but not their answers */
    bool failed; /* `error` says how */
    struct hd_error error;
    struct arena error_arena;
};

/* Notes the failure of a call for hd_client_error(); `error` may be the noted one. Returns its
 * status. */
int client_note(struct hd_client *client, const struct hd_error *error);
/* The same for a failure without an answer. */
int client_note_failure(struct hd_client *client, int status, const char *message);

/* Connects where there is no connection; never blocks. Returns 0 or -errno, noted. */
int client_open(struct hd_client *client);

/* Drops what a parent process had under way; see `owner`. */
void client_check_owner(struct hd_client *client);

/* Closes the connection and fails all calls; the words are printf()'s. */
void client_abort(struct hd_client *client, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Begins a call: the caller appends its message to the channel's output and then calls
 * call_commit(). Returns 0 or -errno, noted. */
int call_begin(struct hd_client *client, const struct call_request *request,
               struct call **ret_call);
/* Queues the call, or takes back what was appended. Returns 0 or -ENOMEM. */
int call_commit(struct hd_client *client, struct call *call);

/* When the call is late, in monotonic_ms(); 0: it waits for nothing that could be late. */
int64_t call_deadline(const struct hd_client *client, const struct call *call);

/* Processes until the waiter is done. Blocks. Returns its status. */
int client_wait_for(struct hd_client *client, struct waiter *waiter);
