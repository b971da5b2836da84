/*
 * socket_path: where the daemon's socket is.
 *
 * The environment is read once, when the object is filled; which of the default places exists is
 * looked up at each attempt to connect, because the daemon may start after its client. A plain
 * value.
 */
#pragma once

#include <sys/un.h>

enum { SOCKET_PATH_SIZE = sizeof(((struct sockaddr_un *)NULL)->sun_path) };

struct socket_path {
    char preferred[SOCKET_PATH_SIZE]; /* empty: only the fallback */
    char fallback[SOCKET_PATH_SIZE];
};

/* `path` NULL: the environment and the defaults. Returns 0, or -EINVAL for a path that is empty or
 * too long for a Unix socket. */
int socket_path_fill(struct socket_path *ret_path, const char *path);

/* The path to connect to now; owned by `path`. */
const char *socket_path_now(const struct socket_path *path);
