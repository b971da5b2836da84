#include "connection_private.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int network_new(struct loop *loop, const struct network_options *options,
                struct network **ret_network)
{
    struct network *network = calloc(1, sizeof(*network));
    int r = -ENOMEM;

    if (!network)
        return -ENOMEM;
    network->loop = loop;
    network->options = *options;
    list_init(&network->connections);
    list_init(&network->waiting);
    list_init(&network->unsent);
    list_init(&network->lingering);
    list_init(&network->rested);
    network->scratch = malloc(CONNECTION_READ_BYTES);
    if (network->scratch)
        r = ticker_new(loop, NETWORK_TICK_MS, network_tick, network, &network->ticker);
    if (r == 0)
        r = haste_new(loop, &network->haste);
    if (r < 0) {
        network_free(network);
        return r;
    }
    *ret_network = network;
    return 0;
}

void network_limit(struct network *network, int64_t message_bytes, int64_t message_ms,
                   int64_t send_ms)
{
    network->options.message_bytes = message_bytes;
    network->options.message_ms = message_ms;
    network->options.send_ms = send_ms;
}

void network_free(struct network *network)
{
    if (!network)
        return;
    assert(list_empty(&network->connections));
    ticker_close(network->ticker);
    haste_close(network->haste);
    free(network->scratch);
    free(network);
}

size_t network_connections(const struct network *network)
{
    return network->n_connections - network->n_lingering;
}

void network_for_each(struct network *network, void (*function)(struct connection *, void *data),
                      void *data)
{
    list_for_each_safe(node, &network->connections)
        function(container_of(node, struct connection, node), data);
}

int connection_open(struct network *network, int fd, struct connection **ret_connection)
{
    struct connection *connection = calloc(1, sizeof(*connection));
    int r;

    if (!connection) {
        close(fd);
        return -ENOMEM;
    }
    r = peer_read(fd, &connection->peer);
    if (r < 0) {
        close(fd);
        free(connection);
        return r;
    }
    connection->network = network;
    list_init(&connection->waiting);
    list_init(&connection->unsent);
    list_init(&connection->lingering);
    list_init(&connection->resting);
    list_init(&connection->holding);
    uv_pipe_init(&network->loop->uv, &connection->pipe, 0);
    connection->pipe.data = connection;
    list_push(&network->connections, &connection->node);
    network->n_connections++;
    r = uv_pipe_open(&connection->pipe, fd);
    if (r < 0) {
        close(fd);
        connection_close(connection);
        return r;
    }
    connection_read_start(connection);
    *ret_connection = connection;
    return 0;
}

void connection_set_user(struct connection *connection, void *user)
{
    connection->user = user;
}

void *connection_user(const struct connection *connection)
{
    return connection->user;
}

const struct peer *connection_peer(const struct connection *connection)
{
    return &connection->peer;
}

int connection_find_peer(const struct connection *connection, int *ret_pidfd, int64_t *ret_start)
{
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)&connection->pipe, &fd) < 0)
        return -ESRCH;
    return peer_find(fd, &connection->peer, ret_pidfd, ret_start);
}

struct buffer *connection_output(struct connection *connection)
{
    return &connection->output;
}

void connection_move(struct connection *connection, enum connection_state state)
{
    static const bool allowed[4][4] = {
        [CONNECTION_OPEN] = {[CONNECTION_FINISHING] = true, [CONNECTION_CLOSED] = true},
        [CONNECTION_FINISHING] = {[CONNECTION_LINGERING] = true, [CONNECTION_CLOSED] = true},
        [CONNECTION_LINGERING] = {[CONNECTION_CLOSED] = true},
    };

    assert(allowed[connection->state][state]);
    (void)allowed;
    connection->state = state;
}

void connection_set_patient(struct connection *connection, bool patient)
{
    connection->patient = patient;
    connection_count_unread(connection);
}

size_t network_unread(const struct network *network)
{
    return network->unread;
}

struct network *connection_network(const struct connection *connection)
{
    return connection->network;
}

static void connection_freed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;

    buffer_clear(&connection->input);
    buffer_clear(&connection->output);
    buffer_clear(&connection->sending);
    peer_clear(&connection->peer);
    free(connection);
}

void connection_close(struct connection *connection)
{
    struct network *network = connection->network;

    if (connection->state == CONNECTION_CLOSED)
        return;
    if (connection->state == CONNECTION_LINGERING)
        network->n_lingering--;
    connection_move(connection, CONNECTION_CLOSED);
    connection_count_unread(connection);
    connection->input_over = true;
    connection_input_drop(connection);
    connection_leave_line(connection);
    connection_let_go(connection);
    list_remove(&connection->waiting);
    list_remove(&connection->unsent);
    list_remove(&connection->lingering);
    list_remove(&connection->node);
    network->n_connections--;
    uv_close((uv_handle_t *)&connection->pipe, connection_freed);
    if (connection->user)
        network->options.handlers.closed(connection);
    connection->user = NULL;
}

bool connection_broken(const struct connection *connection)
{
    return connection->broken;
}

bool connection_peer_gone(const struct connection *connection)
{
    struct pollfd poll_fd = {.events = 0};
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)&connection->pipe, &fd) < 0)
        return true;
    poll_fd.fd = fd;
    return poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLHUP | POLLERR));
}

void connection_finish(struct connection *connection)
{
    if (connection->state != CONNECTION_OPEN)
        return;
    connection_move(connection, CONNECTION_FINISHING);
    connection->input_over = true;
    connection->patient = false;
    connection_leave_line(connection);
    connection_read_stop(connection);
    connection_flush(connection);
}
