/*
 * recorder_private: what struct hd_recorder is made of.
 *
 * Two parties share it: any thread that adds events, and the recorder's own thread, the sender.
 * What both touch is guarded by `mutex`, which nobody holds while waiting for the daemon; the rest
 * belongs to the sender once it runs.
 */
#pragma once

#include <historyd/recorder.h>
#include <pthread.h>

#include "codec.h"
#include "event_log.h"

/* For what news the sender sleeps, so that only adding what it waits for costs a system call. */
enum sender_wish { SENDER_WANTS_NOTHING, SENDER_WANTS_FULL_BATCH, SENDER_WANTS_ANY_EVENT };

struct hd_recorder {
    /* fixed after open */
    struct hd_recorder_options options; /* pointers replaced by own copies */
    char *run_id;
    int wake_fd;
    const struct table *event_table; /* of NewEvent */
    pthread_t thread;

    pthread_mutex_t mutex;
    pthread_cond_t changed; /* acknowledged_seq moved, or failed for good */
    struct event_log log;
    enum sender_wish wish;
    bool ending;
    unsigned int flushing; /* threads that wait for `changed` */
    enum hd_recorder_condition condition;
    uint64_t reconnects;
    int error;
    char message[256];

    /* the sender's own */
    struct hd_client *client;
    struct buffer call; /* parameters of a call while it is put together */
    unsigned int in_flight;
    bool connected; /* as last told to on_state */
    bool failed;
    bool retrying;     /* a call failed: wait for the others, then send again from the oldest */
    bool held;         /* it was not yet resume_at when a batch was looked for */
    int64_t pause;     /* ms; 0 after a success */
    int64_t resume_at; /* monotonic_ms() */
    unsigned int seed; /* of the jitter */
};

/* The sender's thread. */
void *sender_run(void *recorder);

/* Wakes the sender. */
void sender_wake(struct hd_recorder *recorder);
