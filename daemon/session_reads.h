/*
 * session_reads: whose turn it is to read.
 *
 * The store's readers are few and every session may ask for much, so few reads are with the store
 * at a time and sessions take turns. Reads that are known or were seen to take long have a lane of
 * their own that leaves one reader free, so that a quick question waits for no slow one. No read
 * starts while too many answers stand unread, because an answer may be large. Loop thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "list.h"

struct session;

enum reads_lane { READS_QUICK, READS_SLOW, READS_LANES };

struct reads {
    struct {
        struct list waiting; /* sessions, by `turn` */
        int running;
        int most;
    } lanes[READS_LANES];
    bool pumping;
};

/* `readers` as the store has them. */
void reads_init(struct reads *reads, int readers);

/* True when the session may start one now; else it is called when its turn comes. */
bool reads_admit(struct reads *reads, enum reads_lane lane, struct session *session);
void reads_started(struct reads *reads, enum reads_lane lane);
/* A read is done after so many microseconds on its thread. */
void reads_done(struct reads *reads, enum reads_lane lane, int64_t microseconds,
                struct session *session);
/* Calls the sessions whose turn it is. Harmless at any time; needed when answers were taken. */
void reads_pump(struct reads *reads);
