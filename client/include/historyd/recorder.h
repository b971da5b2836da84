/*
 * historyd/recorder.h: recording one run without waiting.
 *
 * A recorder takes events, numbers them and hands them to a thread of its own, which sends them in
 * batches, keeps what is not acknowledged in a bounded buffer, and after a lost connection or a
 * restart of the daemon connects again and sends again. The daemon knows an event by its number, so
 * that each is stored exactly once however often it was sent.
 *
 * Threads: hd_recorder_add(), hd_recorder_flush() and hd_recorder_get_state() may be called from
 * any thread; open and close from one. Signals are blocked in the recorder's thread. After fork()
 * the child must not use the recorder.
 */
#ifndef HISTORYD_RECORDER_H
#define HISTORYD_RECORDER_H

#include <historyd/client.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hd_recorder;

/* Fill with zeros and set what differs; all pointers are copied. */
struct hd_recorder_options {
    const char *socket_path; /* NULL: as hd_client_new() */
    const char *run_id;      /* the run to append to; it exists already */
    int64_t last_seq;        /* number of the last event stored: the next gets last_seq + 1. A run's
                                `last_seq`, or where the caller's own journal stands when it sends
                                a part again */
    size_t buffer_bytes;     /* not acknowledged at most, as JSON; 0: 8 MiB */
    unsigned int batch_events;    /* at most in one call; 0: 500 */
    unsigned int calls_in_flight; /* at most; 0: 4. With 1 events are always stored in the order of
                                     their numbers; with more, those of a call that is refused for
                                     a while (a full disk) are stored behind those of a call that
                                     was under way with it */
    unsigned int reconnect_ms;    /* longest pause between two attempts to connect; 0: 1,000 */
    unsigned int timeout_ms;      /* without an answer this long the daemon is taken for hung, and
                                     the events are sent again on a new connection; 0: 30,000 */
    /* Called from the recorder's thread when its condition or its error changes, perhaps before
     * hd_recorder_open() has returned; may be NULL. It must not close the recorder. */
    void (*on_state)(struct hd_recorder *recorder, void *userdata);
    void *userdata;
};

enum hd_recorder_condition {
    HD_RECORDER_CONNECTING, /* no connection yet, or lost; events are kept and will be sent */
    HD_RECORDER_SENDING,    /* connected */
    HD_RECORDER_FAILED /* the daemon refused an event for good: see `error`; nothing more is sent */
};

struct hd_recorder_state {
    enum hd_recorder_condition condition;
    int64_t added_seq;        /* number of the last event added */
    int64_t acknowledged_seq; /* all events up to this one are on the daemon's disk */
    size_t buffered_bytes;
    uint64_t reconnects; /* connections made after the first */
    int error;           /* status of the last failure: -errno or an enum hd_error_code, or 0 */
    char message[256];   /* its words */
};

/* Starts the thread; does not wait for the daemon. Returns 0, -EINVAL (no run_id, a run_id or
 * number out of range, a socket path too long), -ENOMEM or another -errno of thread creation. */
HD_PUBLIC int hd_recorder_open(const struct hd_recorder_options *options,
                               struct hd_recorder **ret_recorder);

/* Adds one event; never blocks on the daemon or the disk. `event->has_seq` must be false; an event
 * without `time` gets the time of this call. `ret_seq` (may be NULL) gets its number.
 * Returns 0; -ENOBUFS when the buffer is full (nothing was added: flush, wait or drop, the choice
 * is the caller's); -EINVAL when the daemon would refuse the event by the protocol's default
 * limits, or it is larger than the whole buffer (hd_recorder_add_error() says why); -EPIPE after
 * HD_RECORDER_FAILED; -ENOMEM. */
HD_PUBLIC int hd_recorder_add(struct hd_recorder *recorder, const struct hd_new_event *event,
                              int64_t *ret_seq);

/* Why the calling thread's last hd_recorder_add() returned -EINVAL, e.g. "type: not dotted
 * lower-case words"; a string of the calling thread, never NULL. */
HD_PUBLIC const char *hd_recorder_add_error(void);

/* Waits until all that was added before is acknowledged. Blocks for at most `timeout_ms` (-1: for
 * ever). Returns 0, -ETIMEDOUT, or -EPIPE after HD_RECORDER_FAILED. */
HD_PUBLIC int hd_recorder_flush(struct hd_recorder *recorder, int timeout_ms);

/* Copies the present state. */
HD_PUBLIC void hd_recorder_get_state(struct hd_recorder *recorder,
                                     struct hd_recorder_state *ret_state);

/* Flushes for at most `timeout_ms`, ends the thread and frees the recorder. Returns what the flush
 * returned: on anything but 0 the events after `ret_acknowledged_seq` (may be NULL) may not be
 * stored, and the caller sends them again with a new recorder. NULL is fine. Blocks. */
HD_PUBLIC int hd_recorder_close(struct hd_recorder *recorder, int timeout_ms,
                                int64_t *ret_acknowledged_seq);

#ifdef __cplusplus
}
#endif

#endif
