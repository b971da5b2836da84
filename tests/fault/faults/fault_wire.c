#include "fault_wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PIECE = 65536 };

int fault_wire_open(struct fault_wire *wire, const char *socket_path, int patience_ms)
{
    const struct timeval wait = {.tv_sec = patience_ms / 1000,
                                 .tv_usec = patience_ms % 1000 * 1000};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    fault_wire_close(wire);
    if (strlen(socket_path) >= sizeof(address.sun_path))
        abort();
    strcpy(address.sun_path, socket_path);
    wire->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (wire->fd < 0 || setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0)
        abort();
    setsockopt(wire->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (connect(wire->fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return 0;
    fault_wire_close(wire);
    return -1;
}

void fault_wire_close(struct fault_wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
    wire->size = 0;
}

void fault_wire_clear(struct fault_wire *wire)
{
    fault_wire_close(wire);
    free(wire->answer);
    *wire = (struct fault_wire){.fd = -1};
}

static enum fault_heard heard_of(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK ? FAULT_SILENT : FAULT_ENDED;
}

static enum fault_heard send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);

        if (sent < 0)
            return heard_of(errno);
        bytes += sent;
        size -= (size_t)sent;
    }
    return FAULT_ANSWERED;
}

/* One byte at a time would do; more is never there but with `more`, where all of it is taken. */
static enum fault_heard receive(struct fault_wire *wire, const char *until)
{
    wire->size = 0;
    for (;;) {
        ssize_t size;

        if (wire->capacity - wire->size < PIECE) {
            wire->capacity = 2 * wire->capacity + PIECE;
            wire->answer = realloc(wire->answer, wire->capacity);
            if (!wire->answer)
                abort();
        }
        size = recv(wire->fd, wire->answer + wire->size, wire->capacity - wire->size, 0);
        if (size <= 0)
            return size < 0 ? heard_of(errno) : FAULT_ENDED;
        wire->size += (size_t)size;
        if (wire->answer[wire->size - 1] != '\0')
            continue;
        if (!until || strncmp(wire->answer, "{\"error\"", 8) == 0 ||
            memmem(wire->answer, wire->size, until, strlen(until)))
            return FAULT_ANSWERED;
    }
}

enum fault_heard fault_wire_call(struct fault_wire *wire, const char *method,
                                 const char *parameters, const char *until)
{
    enum fault_heard heard;
    char *text;
    int size = asprintf(&text, "{\"method\":\"dev.historyd.%s\",\"parameters\":%s%s}", method,
                        parameters, until ? ",\"more\":true" : "");

    if (size < 0)
        abort();
    heard = wire->fd < 0 ? FAULT_ENDED : send_all(wire->fd, text, (size_t)size + 1);
    free(text);
    return heard == FAULT_ANSWERED ? receive(wire, until) : heard;
}

const char *fault_wire_error(const struct fault_wire *wire, char *name, size_t size)
{
    static const char begin[] = "{\"error\":\"";
    const char *error = wire->answer + sizeof(begin) - 1;
    const char *dot;
    size_t length;

    if (strncmp(wire->answer, begin, sizeof(begin) - 1) != 0)
        return NULL;
    length = strcspn(error, "\"");
    dot = memrchr(error, '.', length);
    snprintf(name, size, "%.*s", (int)(dot ? length - (size_t)(dot + 1 - error) : length),
             dot ? dot + 1 : error);
    return name;
}
