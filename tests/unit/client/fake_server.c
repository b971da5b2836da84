#include "fake_server.h"

#include <check.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Only a hung client is ever waited for that long. */
enum { FAKE_PATIENCE_MS = 20000 };

void fake_server_init(struct fake_server *server)
{
    *server = (struct fake_server){.listener = -1};
    strcpy(server->folder, "/tmp/historyd-fake-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(server->folder));
    snprintf(server->path, sizeof(server->path), "%s/socket", server->folder);
}

void fake_server_listen(struct fake_server *server, int backlog)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->path);
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(server->listener, 0);
    ck_assert_int_eq(bind(server->listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(server->listener, backlog), 0);
}

void fake_server_unlisten(struct fake_server *server)
{
    if (server->listener >= 0)
        close(server->listener);
    server->listener = -1;
    unlink(server->path);
}

static void *fake_server_thread(void *data)
{
    struct fake_server *server = data;

    server->script(server, server->data);
    return NULL;
}

void fake_server_start(struct fake_server *server,
                       void (*script)(struct fake_server *server, void *data), void *data)
{
    fake_server_init(server);
    fake_server_run(server, script, data);
}

void fake_server_run(struct fake_server *server,
                     void (*script)(struct fake_server *server, void *data), void *data)
{
    fake_server_listen(server, 16);
    server->script = script;
    server->data = data;
    ck_assert_int_eq(pthread_create(&server->thread, NULL, fake_server_thread, server), 0);
}

void fake_server_clear(struct fake_server *server)
{
    fake_server_unlisten(server);
    rmdir(server->folder);
}

void fake_server_join(struct fake_server *server)
{
    pthread_join(server->thread, NULL);
    fake_server_clear(server);
    ck_assert_msg(!server->problem[0], "the server saw: %s", server->problem);
}

void fake_problem(struct fake_server *server, const char *format, ...)
{
    va_list arguments;

    if (server->problem[0])
        return;
    va_start(arguments, format);
    vsnprintf(server->problem, sizeof(server->problem), format, arguments);
    va_end(arguments);
}

static bool fake_wait(struct fake_server *server, int fd, const char *what)
{
    struct pollfd descriptor = {.fd = fd, .events = POLLIN};

    if (poll(&descriptor, 1, FAKE_PATIENCE_MS) > 0)
        return true;
    fake_problem(server, "waited too long for %s", what);
    return false;
}

bool fake_accept(struct fake_server *server, struct fake_peer *ret_peer)
{
    *ret_peer = (struct fake_peer){.server = server, .fd = -1};
    if (!fake_wait(server, server->listener, "a connection"))
        return false;
    ret_peer->fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    return ret_peer->fd >= 0;
}

bool fake_read(struct fake_peer *peer, const char **ret_text)
{
    struct buffer *input = &peer->input;
    ssize_t received;
    char *room;

    /* The message that was read last goes first. */
    buffer_consume(input, peer->taken);
    peer->taken = 0;
    while (input->size == 0 || !memchr(input->data, 0, input->size)) {
        if (peer->fd < 0 || !fake_wait(peer->server, peer->fd, "a message"))
            return false;
        room = buffer_reserve(input, 65536);
        received = recv(peer->fd, room, 65536, 0);
        if (received <= 0)
            return false;
        input->size += (size_t)received;
    }
    *ret_text = input->data;
    peer->taken = strlen(input->data) + 1;
    return true;
}

bool fake_expect(struct fake_peer *peer, const char *expected)
{
    const char *text;

    if (!fake_read(peer, &text)) {
        fake_problem(peer->server, "no message, expected %s", expected ? expected : "one");
        return false;
    }
    if (expected && strcmp(text, expected) != 0) {
        fake_problem(peer->server, "got %s, expected %s", text, expected);
        return false;
    }
    return true;
}

void fake_send_unread(struct fake_peer *peer, const char *bytes, size_t size)
{
    while (size > 0 && peer->fd >= 0) {
        ssize_t sent = send(peer->fd, bytes, size, MSG_NOSIGNAL);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return; /* the client has closed: its own test says whether it may */
        bytes += sent;
        size -= (size_t)sent;
    }
}

void fake_send_bytes(struct fake_peer *peer, const char *bytes, size_t size)
{
    struct pollfd descriptor = {.fd = peer->fd, .events = 0};
    int unread = 1;

    fake_send_unread(peer, bytes, size);
    while (peer->fd >= 0 && ioctl(peer->fd, SIOCOUTQ, &unread) == 0 && unread > 0) {
        if (poll(&descriptor, 1, 0) > 0 && descriptor.revents & POLLHUP)
            return;
        sched_yield();
    }
}

void fake_send(struct fake_peer *peer, const char *text)
{
    fake_send_unread(peer, text, strlen(text) + 1);
}

void fake_expect_end(struct fake_peer *peer)
{
    const char *text;

    if (fake_read(peer, &text))
        fake_problem(peer->server, "got %s, expected the end", text);
}

void fake_close(struct fake_peer *peer)
{
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    buffer_clear(&peer->input);
}

struct hd_client *fake_client(const struct fake_server *server)
{
    struct hd_client *client;

    ck_assert_int_eq(hd_client_new(server->path, &client), 0);
    return client;
}

void fake_exchanges(struct fake_server *server, void *data)
{
    const struct exchange *exchange = data;
    struct fake_peer peer = {.server = server, .fd = -1};

    for (; exchange->call || exchange->answer || exchange->close; exchange++) {
        if (peer.fd < 0 && !fake_accept(server, &peer))
            return;
        if (!fake_expect(&peer, exchange->call))
            break;
        if (exchange->size)
            fake_send_unread(&peer, exchange->answer, exchange->size);
        else if (exchange->answer)
            fake_send(&peer, exchange->answer);
        if (exchange->close)
            fake_close(&peer);
    }
    if (peer.fd >= 0)
        fake_expect_end(&peer);
    fake_close(&peer);
}
