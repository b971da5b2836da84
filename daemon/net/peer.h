/*
 * peer: who is at the other end of a connection.
 *
 * Read once, when the connection is accepted, from the kernel (SO_PEERCRED, unix(7)): the
 * credentials of the process that connected, and the groups it was in.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "journal.h"

struct peer {
    pid_t pid; /* 0 when it can't be seen from here (another pid namespace) */
    uid_t uid;
    gid_t *gids; /* its group, then the supplementary ones; owned */
    size_t n_gids;
    int64_t since; /* when the connection was accepted, as process_ticks() */
};

/* Returns 0 or -errno. */
int peer_read(int fd, struct peer *ret_peer);
/* Frees what it owns. */
void peer_clear(struct peer *peer);

/* The process that connected through `fd`, also where its pid has another owner by now. `ret_pidfd`
 * is -1 where there was none to be had. Returns 0, or -ESRCH when it is gone. */
int peer_find(int fd, const struct peer *peer, int *ret_pidfd, int64_t *ret_start);

/* A peer in a log line. It points into itself: stays where it was made. */
struct peer_words {
    char command[32];
    char who[96]; /* "pid 4711 (make), uid 1000" */
    struct log_about about;
};

/* The command's name is looked up now and may be gone. */
void peer_describe(const struct peer *peer, struct peer_words *ret_words);
