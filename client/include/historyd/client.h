/*
 * historyd/client.h: a connection to historyd.
 *
 * A client object is one connection to one daemon, opened when it is first needed and again after
 * it was lost. It has two faces over one core:
 *
 *   - blocking calls, one for every method (historyd/calls.h): call, wait, result;
 *   - an asynchronous core for any event loop: hd_client_start() queues a call, the loop watches
 *     hd_client_get_fd() for hd_client_get_events() with a time-out of hd_client_get_timeout() and
 *     then calls hd_client_process(), which calls back.
 *
 * Do not mix both while calls are under way: a blocking call waits for its own reply and serves the
 * callbacks of all earlier ones first. Inside a callback it would wait for itself: -EBUSY.
 *
 * Answers come in the order of the calls. A call that is late therefore costs the connection: it
 * fails with -ETIMEDOUT, the others with -ECONNRESET. The library never sends a call twice: after
 * -ECONNRESET or -ETIMEDOUT the daemon may or may not have done it.
 *
 * Threads: a client belongs to one thread at a time; different clients are independent. A child of
 * fork() that uses its parent's client gets a connection of its own, and none of its parent's
 * answers. The library never writes to stdout or stderr, never exits, never raises SIGPIPE, and
 * blocks only in the functions that say so; a signal does not end a blocking call.
 *
 * Return values: 0 is success. A negative value is -errno: the call did not reach the daemon or its
 * answer did not come back (-ECONNREFUSED, -ENOENT, -ETIMEDOUT, -ECONNRESET, -EPROTO, -ENOMEM, …).
 * A positive value is an enum hd_error_code: the daemon answered with that error. hd_client_error()
 * has the words for both.
 */
#ifndef HISTORYD_CLIENT_H
#define HISTORYD_CLIENT_H

#include <historyd/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef HD_PUBLIC
#define HD_PUBLIC __attribute__((visibility("default")))
#endif

struct hd_client;

/* Why a call failed. Owned by the client (or the reply); valid until its next call. */
struct hd_error {
    int status;             /* what the call returned: -errno or an enum hd_error_code */
    const char *name;       /* the error's full Varlink name, or NULL where no answer came */
    const char *message;    /* one line for a person, cause first; never NULL */
    const char *parameters; /* the error's parameters as JSON text; "{}" where it has none */
};

/* Makes a client for the socket at `path`; NULL: $HISTORYD_SOCKET, else the first that exists of
 * $XDG_RUNTIME_DIR/historyd/socket and /run/historyd/socket. Does not connect yet.
 * Returns 0, -EINVAL for a path that is too long for a Unix socket, or -ENOMEM. The caller frees
 * the client with hd_client_free(). */
HD_PUBLIC int hd_client_new(const char *path, struct hd_client **ret_client);

/* Closes the connection, calls back every call under way with -ECANCELED, and frees the client.
 * NULL is fine. */
HD_PUBLIC void hd_client_free(struct hd_client *client);

/* The path the client connects to; owned by the client. Without a path given it may change when a
 * daemon comes or goes, because the places are looked at again for each connection. */
HD_PUBLIC const char *hd_client_path(const struct hd_client *client);

/* Time-out of each call started from now on, in milliseconds; 0: none. The default is 30,000. It
 * covers connecting, sending and the first answer; a stream may then be silent for ever. The daemon
 * answers a call behind a stream when that has ended: give the stream a client of its own. */
HD_PUBLIC void hd_client_set_timeout(struct hd_client *client, unsigned int milliseconds);

/* Longest answer accepted, in bytes; 0: the default of 256 MiB, which holds a page of 1,000 events
 * with 256 KiB each. A longer one fails with -EMSGSIZE: ask for less at once, or raise this. It
 * bounds the memory that a peer can take which is no historyd. */
HD_PUBLIC void hd_client_set_answer_limit(struct hd_client *client, size_t bytes);

/* The error of the last call that failed on this client, or NULL when none has. */
HD_PUBLIC const struct hd_error *hd_client_error(const struct hd_client *client);

/* Frees the result of a blocking call and all it points at; NULL is fine. */
HD_PUBLIC void hd_result_free(const void *result);

/* --- the asynchronous core ------------------------------------------------------------------ */

/* One answer, as a callback sees it; valid during the callback only. */
struct hd_reply {
    int status;                   /* 0, -errno, or an enum hd_error_code */
    bool continues;               /* more answers to this call follow */
    const void *result;           /* const struct hd_<method>_result *; NULL where status is not 0
                                     or this library does not know the method */
    const char *parameters;       /* the answer's parameters as JSON text, NULL without an answer */
    const struct hd_error *error; /* NULL when status is 0 */
};

/* Called from hd_client_process() (or a blocking call, or hd_client_free()) for each answer, and
 * once with a negative status where none can come. It may start further calls, but not free the
 * client. A value other than 0 ends a stream: the connection is closed (Varlink has no other way)
 * and opened again by the next call. Calls that were sent behind the stream are called back with
 * -ECANCELED; those not yet sent go out on the next connection. */
typedef int (*hd_reply_callback)(struct hd_client *client, const struct hd_reply *reply,
                                 void *userdata);

enum hd_call_flags {
    HD_CALL_MORE = 1 << 0,  /* ask for a stream of answers */
    HD_CALL_ONEWAY = 1 << 1 /* ask for no answer; `callback` is not called */
};

/* Queues a call. `method` is the full name (dev.historyd.history.GetRun), `parameters` its JSON
 * object or NULL for none; both are copied. Never blocks. Returns 0, -EINVAL where `parameters` is
 * no JSON object, -ENOTCONN and other -errno where connecting failed at once, or -ENOMEM. After an
 * error `callback` is not called. */
HD_PUBLIC int hd_client_start(struct hd_client *client, const char *method, const char *parameters,
                              unsigned int flags, hd_reply_callback callback, void *userdata);

/* The descriptor to watch, or -1 while there is no connection. It changes on reconnection: ask
 * before each wait. */
HD_PUBLIC int hd_client_get_fd(const struct hd_client *client);
/* What to watch it for: poll(2) bits. */
HD_PUBLIC short hd_client_get_events(const struct hd_client *client);
/* Milliseconds until hd_client_process() must run whatever the descriptor says; -1: never. */
HD_PUBLIC int hd_client_get_timeout(const struct hd_client *client);
/* Reads, writes and calls back without blocking. Returns the number of callbacks made, never an
 * error: what fails is told to the callbacks. */
HD_PUBLIC int hd_client_process(struct hd_client *client);
/* Waits for at most `timeout` ms (-1: for ever) until there is something to process. Returns 1 if
 * there is, 0 on time-out or where nothing can ever come (no connection, no call), -EINTR on a
 * signal. Blocks. */
HD_PUBLIC int hd_client_wait(struct hd_client *client, int timeout);
/* How many calls have not had their last answer, or are not yet sent where they get none. */
HD_PUBLIC unsigned int hd_client_pending(const struct hd_client *client);

/* One blocking call with text in and text out: the answers are passed to `callback` until the last.
 * Returns as the calls of historyd/calls.h do; an error answer is passed to `callback` too. With a
 * stream it returns 0 when `callback` ended it. */
HD_PUBLIC int hd_client_call(struct hd_client *client, const char *method, const char *parameters,
                             unsigned int flags, hd_reply_callback callback, void *userdata);

/* The library's version, "MAJOR.MINOR.PATCH". */
HD_PUBLIC const char *hd_version(void);

/* The short name of an error code ("RunNotFound"), or of an errno for a negative status. */
HD_PUBLIC const char *hd_status_name(int status);

#ifdef __cplusplus
}
#endif

#endif
