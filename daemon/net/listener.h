/*
 * listener: the listening socket.
 *
 * The socket is made here and not by libuv, whose bind cuts a long path silently and whose close
 * would unlink the socket of a successor. Loop thread only.
 */
#pragma once

#include <stddef.h>

#include "loop.h"

struct listener;

struct listener_problem {
    char message[512]; /* one line for the operator */
};

/* Binds a socket at `path` with the permission bits `mode`, in force before anyone can connect. A
 * socket file nobody listens on is replaced, one that answers is not. Returns its descriptor, or -1
 * with `ret_problem` filled. */
int listener_bind(const char *path, unsigned int mode, struct listener_problem *ret_problem);

/* The listening Unix stream socket that systemd passed (sd_listen_fds(3)), or -1 when it passed
 * none; of several the one named varlink, the others are closed. Anything else that was passed is
 * -2, with `ret_problem` filled. Unsets the variables, so that no child takes them for its own. */
int listener_inherited(struct listener_problem *ret_problem);

/* Listens on `fd`, owned from now on, and calls `accepted` with each connection's descriptor, which
 * belongs to the callee. `path` (NULL for an inherited socket) is unlinked on close if it is still
 * ours. Returns 0 or -errno. */
int listener_open(struct loop *loop, int fd, const char *path, void (*accepted)(int fd, void *data),
                  void *data, struct listener **ret_listener);
void listener_close(struct listener *listener);
