#include "notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Digits only, above 0; else -1. */
static int64_t notify_number(const char *text)
{
    char *end;
    long long number;

    if (text[0] < '0' || text[0] > '9')
        return -1;
    errno = 0;
    number = strtoll(text, &end, 10);
    return errno == 0 && *end == '\0' && number > 0 ? number : -1;
}

/* The watchdog is ours unless it is meant for another process. */
static int64_t notify_watchdog(void)
{
    const char *limit = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    int64_t number = limit ? notify_number(limit) : -1;

    if (number < 0 || (pid && notify_number(pid) != (int64_t)getpid()))
        return 0;
    return number;
}

static int notify_address(const char *path, struct notify *notify)
{
    size_t size = strlen(path);

    if ((path[0] != '/' && path[0] != '@') || size < 2 || size >= sizeof(notify->address.sun_path))
        return -EINVAL;
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, path, size);
    notify->address_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
    if (path[0] == '@')
        notify->address.sun_path[0] = '\0'; /* the abstract namespace: no file, no final NUL */
    else
        notify->address_size++;
    return 0;
}

static int notify_socket(struct notify *notify)
{
    const char *path = getenv("NOTIFY_SOCKET");
    int r;

    if (!path)
        return 0;
    r = notify_address(path, notify);
    if (r < 0)
        return r;
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return notify->fd < 0 ? -errno : 0;
}

int notify_open(struct notify *ret_notify)
{
    int r;

    *ret_notify = (struct notify){.fd = -1};
    r = notify_socket(ret_notify);
    if (ret_notify->fd >= 0)
        ret_notify->watchdog_us = notify_watchdog();
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return r;
}

void notify_close(struct notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}

bool notify_listened(const struct notify *notify)
{
    return notify->fd >= 0;
}

int notify_send(const struct notify *notify, const char *lines)
{
    if (notify->fd < 0)
        return 0;
    if (sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL,
               (const struct sockaddr *)&notify->address, notify->address_size) < 0)
        return -errno;
    return 0;
}
