#include "connection_private.h"

#include "log.h"

/* The oldest message under way is the first of its list. */
static void network_late_messages(struct network *network, int64_t now)
{
    while (!list_empty(&network->waiting)) {
        struct connection *connection =
            container_of(network->waiting.next, struct connection, waiting);

        if (now - connection->message_since < network->options.message_ms)
            return;
        list_remove(&connection->waiting);
        connection_input_fault(connection, CONNECTION_TOO_SLOW);
        connection_flush(connection);
    }
}

/* Any byte the peer takes starts its time again. */
static void network_stalled_output(struct network *network, int64_t now)
{
    int64_t patience = (int64_t)network->unread > network->options.output_bytes
                           ? PRESSED_MS
                           : network->options.send_ms;

    list_for_each_safe(node, &network->unsent) {
        struct connection *connection = container_of(node, struct connection, unsent);
        size_t bytes = uv_stream_get_write_queue_size((const uv_stream_t *)&connection->pipe);
        struct peer_words words;

        if (bytes != connection->stalled_bytes || connection->patient) {
            connection->stalled_bytes = bytes;
            connection->stalled_since = now;
            connection_count_unread(connection);
        } else if (now - connection->stalled_since >= patience) {
            peer_describe(&connection->peer, &words);
            log_peer(&words.about,
                     "closed the connection of %s: it has not read its answers for %lld ms",
                     words.who, (long long)(now - connection->stalled_since));
            connection_close(connection);
        }
    }
}

static void network_lingering(struct network *network, int64_t now)
{
    list_for_each_safe(node, &network->lingering) {
        struct connection *connection = container_of(node, struct connection, lingering);

        if (now - connection->lingering_since >= LINGER_MS)
            connection_close(connection);
    }
}

void network_tick(void *data)
{
    struct network *network = data;
    int64_t now = loop_now(network->loop);

    network_late_messages(network, now);
    network_stalled_output(network, now);
    network_lingering(network, now);
}
