/*
 * notify: datagrams to the service manager (sd_notify(3), the protocol without the library).
 *
 * Whoever started the daemon may have named a socket in $NOTIFY_SOCKET, and the time it lets pass
 * without a sign of life in $WATCHDOG_USEC. Without them every function does nothing. Nothing here
 * ever blocks, and a manager that does not listen is no fault of the daemon's. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
    int fd; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_size;
    int64_t watchdog_us; /* 0: no watchdog */
};

/* Reads and unsets NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, so that no child speaks in the
 * daemon's name. Before any thread starts. Returns 0, or -errno when the manager named a socket
 * that cannot be used (-EINVAL, or what socket(2) said); `ret_notify` is filled then, too. */
int notify_open(struct notify *ret_notify);
void notify_close(struct notify *notify);

bool notify_listened(const struct notify *notify);

/* Sends lines of NAME=VALUE separated by newlines. Returns 0, also when nobody listens, or
 * -errno. */
int notify_send(const struct notify *notify, const char *lines);
