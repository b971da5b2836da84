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

size_t connection_backlog(const struct connection *connection)
{
    size_t sending = connection->writing
                         ? uv_stream_get_write_queue_size((const uv_stream_t *)&connection->pipe)
                         : 0;

    return connection->output.size + sending;
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

void connection_count_unread(struct connection *connection)
{
    bool counts = connection->state != CONNECTION_CLOSED && !connection->patient;
    size_t backlog = counts ? connection_backlog(connection) : 0;

    connection->network->unread += backlog - connection->unread;
    connection->unread = backlog;
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

static void connection_written(uv_write_t *write, int status)
{
    struct connection *connection = write->handle->data;

    connection->writing = false;
    list_remove(&connection->unsent);
    buffer_clear(&connection->sending);
    if (connection->state == CONNECTION_CLOSED)
        return;
    if (status < 0)
        connection->broken = true;
    connection_flush(connection);
    if (connection->state == CONNECTION_OPEN && connection->user)
        connection->network->options.handlers.drained(connection);
}

/* libuv counts the bytes of a buffer in 32 bits. */
static unsigned int connection_chunk(size_t size)
{
    return size < CONNECTION_CHUNK ? (unsigned int)size : CONNECTION_CHUNK;
}

/* What the kernel takes at once needs no copy and no call-back. Returns how much that was. */
static size_t connection_try(struct connection *connection, const char *bytes, size_t size)
{
    uv_buf_t chunk = uv_buf_init((char *)bytes, connection_chunk(size));
    int r = uv_try_write((uv_stream_t *)&connection->pipe, &chunk, 1);

    if (r < 0 && r != UV_EAGAIN)
        connection->broken = true;
    return r > 0 ? (size_t)r : 0;
}

static void connection_try_output(struct connection *connection)
{
    struct buffer *output = &connection->output;
    size_t sent = connection_try(connection, output->data, output->size);

    if (sent == output->size)
        output->size = 0;
    else if (sent > 0)
        buffer_consume(output, sent);
}

/* Hands the output to libuv, which sends it as the peer reads. */
static void connection_send(struct connection *connection)
{
    struct network *network = connection->network;
    uv_buf_t bytes;

    connection->sending = connection->output;
    connection->output = (struct buffer)BUFFER_INIT;
    if (connection->sending.size > CONNECTION_CHUNK) {
        buffer_append(&connection->output, connection->sending.data + CONNECTION_CHUNK,
                      connection->sending.size - CONNECTION_CHUNK);
        connection->sending.size = CONNECTION_CHUNK;
    }
    bytes = uv_buf_init(connection->sending.data, (unsigned int)connection->sending.size);
    if (uv_write(&connection->write, (uv_stream_t *)&connection->pipe, &bytes, 1,
                 connection_written) < 0) {
        connection->broken = true;
        buffer_clear(&connection->sending);
        return;
    }
    connection->writing = true;
    connection->stalled_since = loop_now(network->loop);
    connection->stalled_bytes = connection->sending.size;
    list_push(&network->unsent, &connection->unsent);
}

/* Everything is sent. The peer sees the end after the last answer; what it still sends is dropped.
 */
static void connection_linger(struct connection *connection)
{
    struct network *network = connection->network;
    uv_os_fd_t fd;

    if (connection->broken || connection->ended || network->n_lingering == LINGER_CONNECTIONS ||
        uv_fileno((const uv_handle_t *)&connection->pipe, &fd) < 0 || shutdown(fd, SHUT_WR) < 0) {
        connection_close(connection);
        return;
    }
    connection_move(connection, CONNECTION_LINGERING);
    connection->lingering_since = loop_now(network->loop);
    network->n_lingering++;
    list_push(&network->lingering, &connection->lingering);
    connection_read_start(connection);
}

void connection_flush(struct connection *connection)
{
    /* Answers to messages that came together leave together. */
    if (connection->state == CONNECTION_CLOSED || connection->handing)
        return;
    if (connection->output.failed) {
        connection_close(connection);
        return;
    }
    if (!connection->writing && !connection->broken && connection->output.size > 0)
        connection_try_output(connection);
    if (!connection->writing && !connection->broken && connection->output.size > 0)
        connection_send(connection);
    /* Memory that a burst of answers took is given back when the burst is over. */
    if (connection->broken || connection->output.size == 0)
        buffer_clear(&connection->output);
    connection_count_unread(connection);
    if (connection->state == CONNECTION_FINISHING && !connection->writing)
        connection_linger(connection);
}

void connection_write(struct connection *connection, const char *bytes, size_t size)
{
    size_t sent = 0;

    if (connection->state == CONNECTION_CLOSED)
        return;
    /* What is there already goes first. */
    if (!connection->writing && !connection->broken && !connection->handing &&
        connection->output.size == 0)
        sent = connection_try(connection, bytes, size);
    if (!connection->broken)
        buffer_append(&connection->output, bytes + sent, size - sent);
    connection_flush(connection);
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
