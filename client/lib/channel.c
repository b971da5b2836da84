#include "channel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "frame.h"

enum {
    CHANNEL_KEPT = 1024 * 1024, /* a larger buffer is given back once it is empty */
    CHANNEL_FIRST_PAUSE = 1,    /* ms between attempts while the listener's queue is full */
    CHANNEL_LONGEST_PAUSE = 50,
};

static void channel_move(struct channel *channel, enum channel_state to)
{
    static const unsigned int moves[] = {
        [CHANNEL_CLOSED] = 1U << CHANNEL_CLOSED | 1U << CHANNEL_WAITING | 1U << CHANNEL_OPEN,
        [CHANNEL_WAITING] = 1U << CHANNEL_CLOSED | 1U << CHANNEL_WAITING | 1U << CHANNEL_OPEN,
        [CHANNEL_OPEN] = 1U << CHANNEL_CLOSED | 1U << CHANNEL_ENDING,
        [CHANNEL_ENDING] = 1U << CHANNEL_CLOSED,
    };

    assert(moves[channel->state] & 1U << to);
    (void)moves;
    channel->state = to;
}

static int socket_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    while (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        int error = errno;

        if (error == EINTR)
            continue;
        close(fd);
        return -error;
    }
    return fd;
}

int channel_connect(struct channel *channel, const char *path, int64_t now)
{
    int fd = socket_connect(path);

    if (fd >= 0) {
        channel_move(channel, CHANNEL_OPEN);
        channel->fd = fd;
        channel->connections++;
        channel->retry_pause = 0;
        return 0;
    }
    if (fd != -EAGAIN) {
        channel_close(channel);
        return fd;
    }
    channel_move(channel, CHANNEL_WAITING);
    if (channel->retry_pause == 0)
        channel->retry_pause = CHANNEL_FIRST_PAUSE;
    channel->retry_at = now + channel->retry_pause;
    channel->retry_pause *= 2;
    if (channel->retry_pause > CHANNEL_LONGEST_PAUSE)
        channel->retry_pause = CHANNEL_LONGEST_PAUSE;
    return 0;
}

void channel_close(struct channel *channel)
{
    channel_close_keeping(channel, channel_queued(channel));
}

void channel_close_keeping(struct channel *channel, uint64_t from)
{
    if (channel->fd >= 0)
        close(channel->fd);
    channel->fd = -1;
    channel->retry_pause = 0;
    buffer_clear(&channel->input);
    channel->input_taken = channel->input_scanned = 0;
    if (from == channel_queued(channel))
        buffer_clear(&channel->output);
    else
        buffer_consume(&channel->output, (size_t)(from - channel->output_base));
    channel->output_base = from;
    channel->output_sent = 0;
    channel_move(channel, CHANNEL_CLOSED);
}

uint64_t channel_queued(const struct channel *channel)
{
    return channel->output_base + channel->output.size;
}

uint64_t channel_sent(const struct channel *channel)
{
    return channel->output_base + channel->output_sent;
}

/* Drops the bytes that were sent: all at once when none is left, else seldom, because the rest has
 * to be moved. */
static void channel_trim_output(struct channel *channel)
{
    struct buffer *output = &channel->output;

    if (channel->output_sent < output->size &&
        (channel->output_sent < CHANNEL_PIECE || channel->output_sent < output->size / 2))
        return;
    channel->output_base += channel->output_sent;
    buffer_consume(output, channel->output_sent);
    channel->output_sent = 0;
    if (output->size == 0 && output->capacity > CHANNEL_KEPT)
        buffer_clear(output);
}

void channel_send(struct channel *channel)
{
    struct buffer *output = &channel->output;

    while (channel->state == CHANNEL_OPEN && channel->output_sent < output->size) {
        ssize_t sent = send(channel->fd, output->data + channel->output_sent,
                            output->size - channel->output_sent, MSG_NOSIGNAL);

        if (sent >= 0)
            channel->output_sent += (size_t)sent;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            channel_move(channel, CHANNEL_ENDING);
    }
    channel_trim_output(channel);
}

/* Puts the unfinished message to the front, or gives the memory back. */
static void channel_trim_input(struct channel *channel)
{
    struct buffer *input = &channel->input;

    if (channel->input_taken == 0)
        return;
    buffer_consume(input, channel->input_taken);
    channel->input_scanned -= channel->input_taken;
    channel->input_taken = 0;
    if (input->size == 0 && input->capacity > CHANNEL_KEPT)
        buffer_clear(input);
}

int channel_receive(struct channel *channel, size_t limit)
{
    ssize_t received;
    char *room;

    channel_trim_input(channel);
    if (channel->input.size > limit)
        return -EMSGSIZE;
    room = buffer_reserve(&channel->input, CHANNEL_PIECE);
    if (!room)
        return -ENOMEM;
    do {
        received = recv(channel->fd, room, CHANNEL_PIECE, 0);
    } while (received < 0 && errno == EINTR);
    if (received > 0) {
        channel->input.size += (size_t)received;
        return (int)received;
    }
    if (received < 0 && errno == EAGAIN)
        return 0;
    return -ECONNRESET;
}

bool channel_next(struct channel *channel, const char **ret_text, size_t *ret_size)
{
    const struct buffer *input = &channel->input;
    size_t size;

    if (channel->input_scanned == input->size)
        return false;
    if (!frame_find(input->data + channel->input_scanned, input->size - channel->input_scanned,
                    &size)) {
        channel->input_scanned = input->size;
        return false;
    }
    *ret_text = input->data + channel->input_taken;
    *ret_size = channel->input_scanned + size - channel->input_taken;
    channel->input_taken = channel->input_scanned = channel->input_scanned + size + 1;
    return true;
}

bool channel_is_stale(const struct channel *channel)
{
    ssize_t received;
    char byte;

    do {
        received = recv(channel->fd, &byte, 1, MSG_PEEK);
    } while (received < 0 && errno == EINTR);
    return received >= 0 || errno != EAGAIN;
}
