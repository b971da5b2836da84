#include "power_wire.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cut_image.h"

enum { WAIT_SECONDS = 60 };

/* The pid keeps tests that run at the same time apart. */
void power_wire_name(uint32_t number, char *ret_name, size_t size)
{
    snprintf(ret_name, size, CUT_PEER_PREFIX "%d-%u", (int)getpid(), number);
}

static socklen_t address_fill(struct sockaddr_un *address, size_t shift, const char *text)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path + shift, sizeof(address->sun_path) - shift, "%s", text);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + shift + strlen(text) + !shift);
}

int power_wire_connect(struct power_wire *wire, const char *socket_path, uint32_t number)
{
    const struct timeval wait = {.tv_sec = WAIT_SECONDS};
    struct sockaddr_un address;
    char name[64];
    socklen_t size;

    power_wire_close(wire);
    wire->number = number;
    wire->received = 0;
    wire->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wire->fd < 0)
        return -errno;
    power_wire_name(number, name, sizeof(name));
    size = address_fill(&address, 1, name);
    if (setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0 ||
        bind(wire->fd, (struct sockaddr *)&address, size) < 0)
        return -errno;
    size = address_fill(&address, 0, socket_path);
    return connect(wire->fd, (struct sockaddr *)&address, size) < 0 ? -errno : 0;
}

void power_wire_close(struct power_wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

static int send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

        if (sent < 0)
            return -errno;
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

static int receive_answer(struct power_wire *wire)
{
    wire->size = 0;
    for (;;) {
        ssize_t size;

        wire->answer = cut_grow(wire->answer, &wire->capacity, wire->size + 4096, 1);
        size = recv(wire->fd, wire->answer + wire->size, wire->capacity - wire->size, 0);
        if (size <= 0)
            return size < 0 ? -errno : -ECONNRESET;
        wire->size += (size_t)size;
        wire->received += (uint64_t)size;
        /* One call at a time: what ends with NUL is all. */
        if (wire->answer[wire->size - 1] == '\0')
            return 0;
    }
}

int power_wire_call(struct power_wire *wire, const char *method, const char *parameters)
{
    char *text;
    int size =
        asprintf(&text, "{\"method\":\"dev.historyd.%s\",\"parameters\":%s}", method, parameters);
    int r;

    if (size < 0)
        abort();
    r = send_all(wire->fd, text, (size_t)size + 1);
    free(text);
    return r < 0 ? r : receive_answer(wire);
}

bool power_wire_is_error(const struct power_wire *wire, const char *name)
{
    const char *error = strncmp(wire->answer, "{\"error\":\"", 10) == 0 ? wire->answer : NULL;

    return error && strstr(error, name);
}
