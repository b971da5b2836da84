/*
 * refusal: what an error answer means for a batch of events. Pure functions, any thread.
 */
#pragma once

#include <historyd/client.h>

enum refusal {
    REFUSAL_RETRY, /* may pass: keep the batch and send it again */
    REFUSAL_SPLIT, /* too much at once: send less */
    REFUSAL_FINAL, /* will never pass */
};

/* What it means for a batch of `n_events` that was answered with `error`. */
enum refusal refusal_of(const struct hd_error *error, unsigned int n_events);

/* Milliseconds the daemon asks to wait; 0 where it does not say. */
int64_t refusal_pause(const struct hd_error *error);
