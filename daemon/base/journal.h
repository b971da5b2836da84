/*
 * journal: the journal's own protocol, for lines with fields that can be searched for.
 *
 * One datagram a line. One socket for the process, opened while there is one thread; sending is for
 * any thread and never waits.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Whom a line is about. */
struct log_about {
    const char *run_id; /* HISTORYD_RUN_ID; NULL: no run */
    bool peer;          /* HISTORYD_PEER_PID and HISTORYD_PEER_UID */
    pid_t pid;
    uid_t uid;
    const char *command; /* the peer's, HISTORYD_PEER_COMM; NULL: not known */
};

/* Lines go to the journal's socket at this path from now on. Without a socket to be had none do. */
void journal_open(const char *path);
void journal_close(void);

/* `message` is one line. False when the journal does not take it now: say it in another way. */
bool journal_send(int priority, const char *message, const struct log_about *about);
