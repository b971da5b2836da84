#include "bare_wire.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness.h"

enum { CHUNK = 65536 };

struct wire {
    int fd;
    char *bytes; /* what has arrived; messages before `start` were handed out */
    size_t start;
    size_t scanned;
    size_t size;
    size_t capacity;
    bool ended;
};

static void wire_release(void *object)
{
    struct wire *wire = object;

    wire_close(wire);
    free(wire->bytes);
    free(wire);
}

struct wire *wire_try(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct wire *wire;
    int fd;

    ck_assert_msg(strlen(socket_path) < sizeof(address.sun_path), "%s: too long", socket_path);
    strcpy(address.sun_path, socket_path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_msg(fd >= 0, "socket: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return NULL;
    }
    wire = calloc(1, sizeof(*wire));
    ck_assert_msg(wire != NULL, "out of memory");
    wire->fd = fd;
    return harness_keep(wire, wire_release);
}

struct wire *wire_open(const struct subject *subject)
{
    struct wire *wire = wire_try(subject->socket);

    ck_assert_msg(wire != NULL, "can't connect to %s: %s", subject->socket, strerror(errno));
    return wire;
}

void wire_close(struct wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

void wire_half_close(struct wire *wire)
{
    ck_assert_int_eq(shutdown(wire->fd, SHUT_WR), 0);
}

int wire_fd(const struct wire *wire)
{
    return wire->fd;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Takes in what has arrived. */
static void wire_take(struct wire *wire)
{
    ssize_t n;

    while (!wire->ended) {
        if (wire->capacity - wire->size < CHUNK) {
            wire->capacity = wire->capacity * 2 + CHUNK;
            wire->bytes = realloc(wire->bytes, wire->capacity);
            ck_assert_msg(wire->bytes != NULL, "out of memory");
        }
        n = recv(wire->fd, wire->bytes + wire->size, wire->capacity - wire->size, MSG_DONTWAIT);
        if (n > 0) {
            wire->size += (size_t)n;
            continue;
        }
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        ck_assert_msg(n == 0 || errno == ECONNRESET, "recv: %s", strerror(errno));
        wire->ended = true;
    }
}

/* A whole message that has arrived already. */
static const char *wire_cut(struct wire *wire, size_t *ret_size)
{
    const char *message;
    char *end;

    if (wire->size == wire->scanned)
        return NULL;
    end = memchr(wire->bytes + wire->scanned, '\0', wire->size - wire->scanned);
    if (!end) {
        wire->scanned = wire->size;
        return NULL;
    }
    message = wire->bytes + wire->start;
    *ret_size = (size_t)(end - message);
    wire->start = wire->scanned = (size_t)(end + 1 - wire->bytes);
    return message;
}

/* Drops what was handed out. */
static void wire_compact(struct wire *wire)
{
    if (wire->start == 0)
        return;
    memmove(wire->bytes, wire->bytes + wire->start, wire->size - wire->start);
    wire->size -= wire->start;
    wire->scanned -= wire->start;
    wire->start = 0;
}

const char *wire_receive(struct wire *wire, size_t *ret_size)
{
    int64_t deadline = harness_deadline();
    struct pollfd wait = {.fd = wire->fd, .events = POLLIN};
    const char *message;
    size_t size;

    while (!(message = wire_cut(wire, &size))) {
        if (wire->ended) {
            ck_assert_msg(wire->start == wire->size, "the daemon closed within a message: %.*s",
                          (int)(wire->size - wire->start), wire->bytes + wire->start);
            return NULL;
        }
        wire_compact(wire);
        poll(&wait, 1, harness_left(deadline, "a message from historyd"));
        wire_take(wire);
    }
    if (ret_size)
        *ret_size = size;
    return message;
}

const char *wire_receive_now(struct wire *wire, bool *ret_ended)
{
    const char *message;
    size_t size;

    message = wire_cut(wire, &size);
    if (!message) {
        wire_compact(wire);
        wire_take(wire);
        message = wire_cut(wire, &size);
    }
    if (ret_ended)
        *ret_ended = !message && wire->ended;
    return message;
}

void wire_expect_end(struct wire *wire)
{
    const char *message = wire_receive(wire, NULL);

    ck_assert_msg(message == NULL, "the connection goes on: %.500s", message);
}

/* --- writing ---------------------------------------------------------------------------------- */

ssize_t wire_send_some(struct wire *wire, const void *bytes, size_t size)
{
    ssize_t n = send(wire->fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (n >= 0)
        return n;
    if (errno == EAGAIN || errno == EINTR)
        return 0;
    ck_assert_msg(errno == EPIPE || errno == ECONNRESET, "send: %s", strerror(errno));
    return -1;
}

static bool wire_send_chunks(struct wire *wire, const char *bytes, size_t size, size_t chunk)
{
    int64_t deadline = harness_deadline();
    struct pollfd wait = {.fd = wire->fd, .events = POLLIN | POLLOUT};
    ssize_t n;

    while (size > 0) {
        n = wire_send_some(wire, bytes, size < chunk ? size : chunk);
        if (n < 0)
            return false;
        if (n == 0) {
            wait.events = (short)(wire->ended ? POLLOUT : POLLIN | POLLOUT);
            poll(&wait, 1, harness_left(deadline, "historyd to read"));
            wire_take(wire);
        }
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

bool wire_send(struct wire *wire, const void *bytes, size_t size)
{
    return wire_send_chunks(wire, bytes, size, size);
}

bool wire_send_slowly(struct wire *wire, const void *bytes, size_t size)
{
    return wire_send_chunks(wire, bytes, size, 1);
}

bool wire_send_text(struct wire *wire, const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    text = harness_vtext(format, arguments);
    va_end(arguments);
    return wire_send(wire, text, strlen(text) + 1);
}
