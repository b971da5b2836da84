/*
 * peer: who is at the other end of a connection.
 *
 * Read once, when the connection is accepted, from the kernel (SO_PEERCRED, unix(7)): the
 * credentials of the process that connected.
 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

struct peer {
    pid_t pid; /* 0 when it can't be seen from here (another pid namespace) */
    uid_t uid;
    gid_t gid;
};

/* Returns 0 or -errno. */
int peer_read(int fd, struct peer *ret_peer);

/* "pid 4711 (make), uid 1000" for a log line. The command name is looked up now and may be gone. */
void peer_describe(const struct peer *peer, char *text, size_t size);
