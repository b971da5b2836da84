#include "connection_private.h"

#include <string.h>

#include "frame.h"

/* Inputs beyond the shared read buffer's size are charged to the network's budget. Who sends small
 * messages without a pause may have the rest of one and a whole read; beyond that, which only a
 * large message needs, the connection's own budget is charged too. */
enum { CONNECTION_OWN_BYTES = 2 * CONNECTION_READ_BYTES };

static int64_t input_above(const struct connection *connection, size_t free)
{
    size_t capacity = connection->input.capacity;

    return capacity > free ? (int64_t)capacity : 0;
}

static bool connection_may_grow(const struct connection *connection, size_t more)
{
    const struct network *network = connection->network;
    const struct connection_budget *budget = connection->budget;
    size_t size = connection->input.size + more;

    if (size > CONNECTION_READ_BYTES &&
        network->input_bytes + (int64_t)more > network->options.input_bytes)
        return false;
    return size <= CONNECTION_OWN_BYTES || !budget ||
           budget->bytes + (int64_t)more <= budget->limit ||
           budget->bytes == input_above(connection, CONNECTION_OWN_BYTES);
}

/* The input takes another size, and the budgets with it. */
static void connection_charge_less(struct connection *connection)
{
    connection->network->input_bytes -= input_above(connection, CONNECTION_READ_BYTES);
    if (connection->budget)
        connection->budget->bytes -= input_above(connection, CONNECTION_OWN_BYTES);
}

static void connection_charge_more(struct connection *connection)
{
    connection->network->input_bytes += input_above(connection, CONNECTION_READ_BYTES);
    if (connection->budget)
        connection->budget->bytes += input_above(connection, CONNECTION_OWN_BYTES);
}

static bool connection_charge(struct connection *connection, size_t more)
{
    bool grown;

    if (!connection_may_grow(connection, more))
        return false;
    connection_charge_less(connection);
    grown = buffer_reserve(&connection->input, more);
    connection_charge_more(connection);
    return grown;
}

void connection_set_budget(struct connection *connection, struct connection_budget *budget)
{
    connection_charge_less(connection);
    connection->budget = budget;
    connection_charge_more(connection);
}

void connection_input_drop(struct connection *connection)
{
    connection_charge_less(connection);
    buffer_clear(&connection->input);
    connection->searched = 0;
}

void connection_input_fault(struct connection *connection, enum connection_fault fault)
{
    int64_t bytes = (int64_t)connection->input.size;

    connection->input_over = true;
    connection_leave_line(connection);
    connection_read_stop(connection);
    connection_input_drop(connection);
    if (connection->user)
        connection->network->options.handlers.fault(connection, fault, bytes);
}

/* A message under way is timed from its first byte, but not while the user has paused the input or
 * the connection rests. */
static void connection_wait(struct connection *connection)
{
    list_remove(&connection->waiting);
    if (connection->input_over || connection->paused || connection_rests(connection) ||
        connection->input.size == 0)
        return;
    connection->message_since = loop_now(connection->network->loop);
    list_push(&connection->network->waiting, &connection->waiting);
}

/* Hands over what is whole in `bytes`; returns how much that was. */
static size_t connection_messages(struct connection *connection, const char *bytes, size_t size)
{
    const struct network_options *options = &connection->network->options;
    size_t used = 0, message;

    while (!connection->input_over && !connection->paused) {
        size_t skip = connection->searched;

        if (used < size &&
            network_is_spent(connection->network, connection_input_share(connection))) {
            connection_rest(connection);
            break;
        }
        if (!frame_find(bytes + used + skip, size - used - skip, &message)) {
            connection->searched = size - used;
            break;
        }
        message += skip;
        connection->searched = 0;
        if ((int64_t)message > options->message_bytes)
            break;
        if (!options->handlers.message(connection, bytes + used, message))
            break;
        used += message + 1;
    }
    return used;
}

static void connection_too_large(struct connection *connection)
{
    if (!connection->input_over && !connection->paused && !connection_rests(connection) &&
        (int64_t)connection->input.size > connection->network->options.message_bytes)
        connection_input_fault(connection, CONNECTION_TOO_LARGE);
}

static void connection_end(struct connection *connection)
{
    if (connection->input.size > 0)
        connection_input_fault(connection, CONNECTION_CUT);
    connection->input_over = true;
    list_remove(&connection->waiting);
    if (connection->state == CONNECTION_OPEN && connection->user)
        connection->network->options.handlers.ended(connection);
}

/* The first `used` bytes of the input are handed over. */
static void connection_advance(struct connection *connection, size_t used)
{
    if (used > 0 && used < connection->input.size)
        buffer_consume(&connection->input, used);
    else if (used > 0)
        connection_input_drop(connection);
    connection_too_large(connection);
    if (used > 0 || list_empty(&connection->waiting))
        connection_wait(connection);
    if (connection->ended && !connection->paused && !connection_rests(connection) &&
        !connection->input_over)
        connection_end(connection);
}

/* Messages in the connection's own input. The clock of a message that goes on is left running. */
void connection_hand_over(struct connection *connection)
{
    struct network *network = connection->network;
    struct time_share *before;
    size_t used;

    if (connection->handing || connection->state != CONNECTION_OPEN)
        return;
    if (connection_must_rest(connection)) {
        connection_rest(connection);
        return;
    }
    before = network_serve(network, connection_input_share(connection));
    connection->handing = true;
    used = connection_messages(connection, connection->input.data, connection->input.size);
    connection->handing = false;
    if (used > 0)
        connection->called = false;
    if (connection->state == CONNECTION_OPEN)
        connection_advance(connection, used);
    connection_send_on(connection);
    network_serve(network, before);
}

static void connection_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct connection *connection = handle->data;

    (void)suggested;
    if (connection_must_rest(connection)) {
        *buffer = uv_buf_init(NULL, 0); /* libuv says UV_ENOBUFS and reads nothing */
        return;
    }
    network_serve(connection->network, connection_input_share(connection));
    *buffer = uv_buf_init(connection->network->scratch, CONNECTION_READ_BYTES);
}

/* What is left of a read waits in the connection's own input. */
static bool connection_keep(struct connection *connection, const char *bytes, size_t size)
{
    if (size == 0 || connection->input_over)
        return true;
    if (!connection_charge(connection, size)) {
        connection_input_fault(connection, CONNECTION_NO_MEMORY);
        return false;
    }
    buffer_append(&connection->input, bytes, size);
    return true;
}

static void connection_take(struct connection *connection, const char *bytes, size_t size)
{
    size_t used;

    if (connection->state == CONNECTION_LINGERING)
        return;
    if (connection->input.size > 0) {
        if (connection_keep(connection, bytes, size))
            connection_hand_over(connection);
        return;
    }
    /* The common case, whole messages and an empty input, needs no copy. */
    connection->searched = 0;
    connection->handing = true;
    used = connection_messages(connection, bytes, size);
    connection->handing = false;
    if (connection->state == CONNECTION_OPEN &&
        connection_keep(connection, bytes + used, size - used)) {
        connection_too_large(connection);
        connection_wait(connection);
    }
    connection_send_on(connection);
}

/* A peer that died sends no more and reads no more; what it sent whole is carried out. */
static void connection_read_end(struct connection *connection, ssize_t error)
{
    connection->broken = connection->broken || error != UV_EOF;
    connection->ended = true;
    connection_read_stop(connection);
    if (!connection->input_over && !connection->paused && !connection_rests(connection))
        connection_end(connection);
}

static void connection_readable(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    struct network *network = connection->network;

    if (size == UV_ENOBUFS) {
        connection_pass_over(connection);
        return;
    }
    if (size > 0)
        connection_take(connection, buffer->base, (size_t)size);
    else if (size < 0 && connection->state == CONNECTION_LINGERING)
        connection_close(connection);
    else if (size < 0)
        connection_read_end(connection, size);
    connection->called = false;
    if (connection->state != CONNECTION_CLOSED)
        connection_flush(connection);
    network_serve(network, NULL);
}

void connection_read_start(struct connection *connection)
{
    if (connection->reading || connection->ended)
        return;
    connection->reading = uv_read_start((uv_stream_t *)&connection->pipe, connection_allocate,
                                        connection_readable) == 0;
}

void connection_read_stop(struct connection *connection)
{
    if (!connection->reading)
        return;
    uv_read_stop((uv_stream_t *)&connection->pipe);
    connection->reading = false;
}

void connection_pause(struct connection *connection)
{
    connection->paused = true;
    connection_leave_line(connection);
    list_remove(&connection->waiting);
    connection_read_stop(connection);
}

void connection_resume(struct connection *connection)
{
    if (!connection->paused)
        return;
    connection->paused = false;
    if (connection->state != CONNECTION_OPEN)
        return;
    if (!connection->input_over)
        connection_read_start(connection);
    connection_hand_over(connection);
}
