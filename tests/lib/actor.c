#include "actor.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bare_wire.h"
#include "harness.h"

struct actor {
    pid_t pid;
    int fd;
};

enum { ORDER_CALL = 'c', ORDER_SEND = 's', ORDER_CLOSE = 'x', ORDER_OPEN = 'o' };

struct order {
    char kind;
    size_t size;
};

/* --- in the actor: no harness, no Check ------------------------------------------------------ */

static void must(bool done)
{
    if (!done)
        _exit(1);
}

static void put(int fd, const void *bytes, size_t size)
{
    const char *from = bytes;

    while (size > 0) {
        ssize_t put_now = write(fd, from, size);

        must(put_now > 0 || errno == EINTR);
        if (put_now > 0) {
            from += put_now;
            size -= (size_t)put_now;
        }
    }
}

static bool get(int fd, void *bytes, size_t size)
{
    char *to = bytes;

    while (size > 0) {
        ssize_t got = read(fd, to, size);

        if (got == 0)
            return false;
        must(got > 0 || errno == EINTR);
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        }
    }
    return true;
}

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(fd >= 0 && strlen(path) < sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    must(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

static void hand_over(int from, int to)
{
    char one;

    do {
        must(get(from, &one, 1));
        put(to, &one, 1);
    } while (one);
}

static void act(int orders, const char *path)
{
    int fd = dial(path);
    struct order order;

    put(orders, "", 1);
    while (get(orders, &order, sizeof(order))) {
        char *bytes = malloc(order.size + 1);

        must(bytes && get(orders, bytes, order.size));
        if (order.kind == ORDER_CALL || order.kind == ORDER_SEND)
            put(fd, bytes, order.size);
        else if (order.kind == ORDER_CLOSE)
            close(fd);
        else
            fd = dial(path);
        if (order.kind == ORDER_CALL)
            hand_over(fd, orders);
        else
            put(orders, "", 1);
        free(bytes);
    }
    _exit(0);
}

/* --- in the test ----------------------------------------------------------------------------- */

void actor_kill(struct actor *actor)
{
    if (actor->pid == 0)
        return;
    kill(actor->pid, SIGKILL);
    waitpid(actor->pid, NULL, 0);
    close(actor->fd);
    actor->pid = 0;
}

static void release(void *object)
{
    actor_kill(object);
}

/* The actor's answer up to its NUL. */
static char *answer(const struct actor *actor)
{
    size_t size = 0, room = 256;
    char *text = malloc(room);

    ck_assert_ptr_nonnull(text);
    for (;;) {
        ck_assert_int_eq(read(actor->fd, text + size, 1), 1);
        if (!text[size])
            return harness_keep(text, free);
        if (++size == room) {
            room *= 2;
            text = realloc(text, room);
            ck_assert_ptr_nonnull(text);
        }
    }
}

struct actor *actor_start(const struct subject *subject)
{
    struct actor *actor = harness_alloc(sizeof(*actor));
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    actor->fd = pair[0];
    actor->pid = fork();
    ck_assert_int_ge(actor->pid, 0);
    if (actor->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pair[0]);
        act(pair[1], subject->socket);
    }
    close(pair[1]);
    harness_keep(actor, release);
    answer(actor);
    return actor;
}

pid_t actor_pid(const struct actor *actor)
{
    return actor->pid;
}

static void give(const struct actor *actor, char kind, const void *bytes, size_t size)
{
    struct order order = {.kind = kind, .size = size};

    ck_assert_int_eq(write(actor->fd, &order, sizeof(order)), sizeof(order));
    put(actor->fd, bytes, size);
}

cJSON *actor_call(struct actor *actor, const char *method, const char *format, ...)
{
    const char *parameters, *call;
    const cJSON *error;
    va_list arguments;
    cJSON *reply;

    va_start(arguments, format);
    parameters = harness_vtext(format, arguments);
    va_end(arguments);
    call = harness_text("{'method':'%s','parameters':%s}", wire_name(method), parameters);
    give(actor, ORDER_CALL, call, strlen(call) + 1);
    reply = cJSON_Parse(answer(actor));
    ck_assert_ptr_nonnull(reply);
    harness_keep(reply, (void (*)(void *))cJSON_Delete);
    error = cJSON_GetObjectItemCaseSensitive(reply, "error");
    ck_assert_msg(!error, "%s %s: %s", method, parameters, error ? error->valuestring : "");
    return cJSON_GetObjectItemCaseSensitive(reply, "parameters");
}

void actor_send(struct actor *actor, const void *bytes, size_t size)
{
    give(actor, ORDER_SEND, bytes, size);
    answer(actor);
}

void actor_close(struct actor *actor)
{
    give(actor, ORDER_CLOSE, NULL, 0);
    answer(actor);
}

void actor_open(struct actor *actor)
{
    give(actor, ORDER_OPEN, NULL, 0);
    answer(actor);
}
