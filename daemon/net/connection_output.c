/*
 * Output: first what the kernel takes at once, the rest by libuv, as the peer reads.
 *
 * Sending takes time as reading does, and a budget has some for either: a crowd that asks for much
 * must not make a turn of the loop long for everybody. When that is spent, output waits in its line
 * for a later turn.
 */
#include "connection_private.h"

#include <sys/socket.h>

enum {
    CHUNK_MOST = 1 << 30,   /* bytes: libuv counts those of a buffer in 32 bits */
    PIECE_BYTES = 4 * 1024, /* handed to libuv, which sends it whatever has been spent */
};

size_t connection_backlog(const struct connection *connection)
{
    size_t taken = connection->sent;

    if (connection->writing)
        taken += connection->piece -
                 uv_stream_get_write_queue_size((const uv_stream_t *)&connection->pipe);
    return connection->output.size + connection->sending.size - taken;
}

void connection_count_unread(struct connection *connection)
{
    bool counts = connection->state != CONNECTION_CLOSED && !connection->patient;
    size_t backlog = counts ? connection_backlog(connection) : 0;

    connection->network->unread += backlog - connection->unread;
    connection->unread = backlog;
}

static void sending_clear(struct connection *connection)
{
    buffer_clear(&connection->sending);
    connection->sent = 0;
}

/* What the kernel takes at once needs no call-back. Returns how much that was. */
static size_t connection_try(struct connection *connection, const char *bytes, size_t size)
{
    uv_buf_t chunk =
        uv_buf_init((char *)bytes, size < CHUNK_MOST ? (unsigned int)size : CHUNK_MOST);
    int r = uv_try_write((uv_stream_t *)&connection->pipe, &chunk, 1);

    if (r < 0 && r != UV_EAGAIN)
        connection->broken = true;
    return r > 0 ? (size_t)r : 0;
}

static void connection_written(uv_write_t *write, int status)
{
    struct connection *connection = write->handle->data;

    connection->writing = false;
    connection->sent += connection->piece;
    list_remove(&connection->unsent);
    if (connection->state == CONNECTION_CLOSED)
        return;
    if (status < 0)
        connection->broken = true;
    connection_send_on(connection);
}

/* Hands the next piece to libuv, which says when the kernel has taken it. */
static void connection_send_piece(struct connection *connection)
{
    struct network *network = connection->network;
    size_t left = connection->sending.size - connection->sent;
    uv_buf_t bytes;

    connection->piece = left < PIECE_BYTES ? left : PIECE_BYTES;
    bytes =
        uv_buf_init(connection->sending.data + connection->sent, (unsigned int)connection->piece);
    if (uv_write(&connection->write, (uv_stream_t *)&connection->pipe, &bytes, 1,
                 connection_written) < 0) {
        connection->broken = true;
        return;
    }
    connection->writing = true;
    connection->stalled_since = loop_now(network->loop);
    connection->stalled_bytes = connection->piece;
    list_push(&network->unsent, &connection->unsent);
}

/* Sends until all is sent, libuv has a piece, or the time is over. */
static void connection_send(struct connection *connection)
{
    struct buffer *sending = &connection->sending;

    while (!connection->writing && !connection->broken && !connection_holds(connection)) {
        if (sending->size == 0) {
            if (connection->output.size == 0)
                return;
            *sending = connection->output;
            connection->output = (struct buffer)BUFFER_INIT;
        }
        if (network_is_spent(connection->network, connection_output_share(connection))) {
            connection_hold(connection);
            return;
        }
        connection->sent += connection_try(connection, sending->data + connection->sent,
                                           sending->size - connection->sent);
        if (connection->sent < sending->size && !connection->broken)
            connection_send_piece(connection);
        if (connection->sent == sending->size)
            sending_clear(connection);
    }
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
    struct time_share *before;

    /* Answers to messages that came together leave together. */
    if (connection->state == CONNECTION_CLOSED || connection->handing)
        return;
    if (connection->output.failed) {
        connection_close(connection);
        return;
    }
    before = network_serve(connection->network, connection_output_share(connection));
    connection_send(connection);
    network_serve(connection->network, before);
    /* Memory that a burst of answers took is given back when the burst is over. */
    if (connection->broken || connection->output.size == 0)
        buffer_clear(&connection->output);
    if (connection->broken && !connection->writing)
        sending_clear(connection);
    connection_count_unread(connection);
    if (connection->state == CONNECTION_FINISHING && !connection->writing &&
        !connection_holds(connection))
        connection_linger(connection);
}

void connection_send_on(struct connection *connection)
{
    connection_flush(connection);
    if (connection->state == CONNECTION_OPEN && connection->user)
        connection->network->options.handlers.drained(connection);
}

void connection_write(struct connection *connection, const char *bytes, size_t size)
{
    struct time_share *before;
    size_t sent = 0;

    if (connection->state == CONNECTION_CLOSED)
        return;
    before = network_serve(connection->network, connection_output_share(connection));
    /* What is there already goes first. */
    if (!connection->broken && !connection->handing && connection_backlog(connection) == 0 &&
        !network_is_spent(connection->network, connection_output_share(connection)))
        sent = connection_try(connection, bytes, size);
    if (!connection->broken)
        buffer_append(&connection->output, bytes + sent, size - sent);
    connection_flush(connection);
    network_serve(connection->network, before);
}
