/*
 * wait: what a client waits for, and until when.
 */
#include <errno.h>
#include <poll.h>

#include "client_private.h"
#include "monotonic.h"

int64_t call_deadline(const struct hd_client *client, const struct call *call)
{
    if (call->request.flags & HD_CALL_ONEWAY && call->end <= channel_sent(&client->channel))
        return 0;
    return call->deadline;
}

int hd_client_get_fd(const struct hd_client *client)
{
    return client->channel.fd;
}

short hd_client_get_events(const struct hd_client *client)
{
    const struct channel *channel = &client->channel;

    if (channel->state == CHANNEL_OPEN && channel_sent(channel) < channel_queued(channel))
        return POLLIN | POLLOUT;
    return POLLIN;
}

int hd_client_get_timeout(const struct hd_client *client)
{
    int64_t due = client->channel.state == CHANNEL_WAITING ? client->channel.retry_at : INT64_MAX;
    int64_t left;

    list_for_each(node, &client->calls) {
        int64_t deadline = call_deadline(client, container_of(node, struct call, node));

        if (deadline && deadline < due)
            due = deadline;
    }
    if (due == INT64_MAX)
        return -1;
    left = due - monotonic_ms();
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

int hd_client_wait(struct hd_client *client, int timeout)
{
    struct pollfd descriptor = {.fd = client->channel.fd, .events = hd_client_get_events(client)};
    int due = hd_client_get_timeout(client);
    bool ours = due >= 0 && (timeout < 0 || due <= timeout);
    int r;

    if (client->calling || (descriptor.fd < 0 && timeout < 0 && due < 0))
        return 0; /* nothing can ever come */
    r = poll(&descriptor, 1, ours ? due : timeout);
    if (r < 0)
        return errno == EINTR ? -EINTR : -errno;
    return r > 0 || ours;
}

int client_wait_for(struct hd_client *client, struct waiter *waiter)
{
    hd_client_process(client);
    while (!waiter->done) {
        hd_client_wait(client, -1); /* a signal's handler has run by then; the call goes on */
        hd_client_process(client);
    }
    return waiter->status;
}
