#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "client_private.h"
#include "monotonic.h"
#include "words.h"

enum { CLIENT_TIMEOUT = 30000, CLIENT_ANSWER_LIMIT = 256 << 20 };

int hd_client_new(const char *path, struct hd_client **ret_client)
{
    struct hd_client *client = calloc(1, sizeof(*client));
    int r;

    if (!client)
        return -ENOMEM;
    r = socket_path_fill(&client->path, path);
    if (r < 0) {
        free(client);
        return r;
    }
    client->channel = (struct channel)CHANNEL_INIT;
    list_init(&client->calls);
    client->timeout = CLIENT_TIMEOUT;
    client->answer_limit = CLIENT_ANSWER_LIMIT;
    client->owner = getpid();
    *ret_client = client;
    return 0;
}

void hd_client_free(struct hd_client *client)
{
    if (!client)
        return;
    assert(!client->calling);
    client_check_owner(client);
    client->freeing = true;
    client_abort(client, -ECANCELED, "the client was freed before the answer came");
    arena_clear(&client->error_arena);
    free(client);
}

void client_check_owner(struct hd_client *client)
{
    struct list *node;
    pid_t self = getpid();

    if (client->owner == self)
        return;
    client->owner = self;
    channel_close(&client->channel);
    client->n_calls = 0;
    while ((node = list_pop(&client->calls)))
        free(container_of(node, struct call, node));
}

const char *hd_client_path(const struct hd_client *client)
{
    return socket_path_now(&client->path);
}

void hd_client_set_timeout(struct hd_client *client, unsigned int milliseconds)
{
    client->timeout = milliseconds;
}

void hd_client_set_answer_limit(struct hd_client *client, size_t bytes)
{
    client->answer_limit = bytes ? bytes : CLIENT_ANSWER_LIMIT;
}

const struct hd_error *hd_client_error(const struct hd_client *client)
{
    return client->failed ? &client->error : NULL;
}

unsigned int hd_client_pending(const struct hd_client *client)
{
    return client->n_calls;
}

const char *hd_version(void)
{
    return HISTORYD_VERSION;
}

int client_note(struct hd_client *client, const struct hd_error *error)
{
    struct arena arena = ARENA_INIT;
    struct hd_error copy = {
        .status = error->status,
        .name = arena_strdup(&arena, error->name),
        .message = arena_strdup(&arena, error->message),
        .parameters = arena_strdup(&arena, error->parameters),
    };

    /* Out of memory the status is still right, and the words say the least. */
    if (!copy.message)
        copy.message = words_for_errno(-ENOMEM);
    if (!copy.parameters)
        copy.parameters = "{}";
    arena_clear(&client->error_arena);
    client->error_arena = arena;
    client->error = copy;
    client->failed = true;
    return copy.status;
}

int client_note_failure(struct hd_client *client, int status, const char *message)
{
    struct hd_error error = {.status = status, .message = message, .parameters = "{}"};

    return client_note(client, &error);
}

int client_open(struct hd_client *client)
{
    struct channel *channel = &client->channel;
    const char *path;
    char words[WORDS_CONNECT];
    int r;

    if (channel->fd >= 0) {
        /* An idle connection may have died long ago; within a callback it is being read. */
        if (client->calling || client->n_calls > 0 || !channel_is_stale(channel))
            return 0;
        channel_close(channel);
    }
    if (channel->state == CHANNEL_WAITING)
        return 0;
    path = socket_path_now(&client->path);
    r = channel_connect(channel, path, monotonic_ms());
    if (r < 0) {
        words_for_connect(words, path, r);
        return client_note_failure(client, r, words);
    }
    return 0;
}

int call_begin(struct hd_client *client, const struct call_request *request, struct call **ret_call)
{
    struct call *call;
    int r;

    if (client->freeing)
        return client_note_failure(client, -ECANCELED, "the client is being freed");
    if (client->calling && request->waiter)
        return client_note_failure(client, -EBUSY,
                                   "a blocking call inside a callback would wait "
                                   "for itself: start an asynchronous one");
    if ((request->flags & ~(unsigned int)(HD_CALL_MORE | HD_CALL_ONEWAY)) ||
        (request->flags & HD_CALL_MORE && request->flags & HD_CALL_ONEWAY))
        return client_note_failure(client, -EINVAL,
                                   "flags: HD_CALL_MORE or HD_CALL_ONEWAY, not both");
    client_check_owner(client);
    r = client_open(client);
    if (r < 0)
        return r;
    call = malloc(sizeof(*call));
    if (!call)
        return client_note_failure(client, -ENOMEM, words_for_errno(-ENOMEM));
    *call = (struct call){
        .request = *request,
        .timeout = client->timeout,
        .deadline = client->timeout ? monotonic_ms() + client->timeout : 0,
        .begin = channel_queued(&client->channel),
    };
    *ret_call = call;
    return 0;
}

int call_commit(struct hd_client *client, struct call *call)
{
    struct channel *channel = &client->channel;

    if (channel->output.failed) {
        channel->output.failed = false;
        channel->output.size = (size_t)(call->begin - channel->output_base);
        free(call);
        return client_note_failure(client, -ENOMEM, words_for_errno(-ENOMEM));
    }
    call->end = channel_queued(channel);
    list_push(&client->calls, &call->node);
    client->n_calls++;
    return 0;
}
