/*
 * process: the asynchronous core: what comes from the daemon and whom it is told.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "client_private.h"
#include "monotonic.h"
#include "words.h"

enum {
    PROCESS_WORDS = 512,
    PROCESS_TURN = 1024 * 1024, /* bytes read by one hd_client_process() */
};

/* --- the end of a call ------------------------------------------------------------------------ */

static int call_tell(struct hd_client *client, const struct call *call,
                     const struct hd_reply *reply)
{
    int stop;

    if (!call->request.callback || call->request.flags & HD_CALL_ONEWAY)
        return 0;
    client->calling = true;
    stop = call->request.callback(client, reply, call->request.userdata);
    client->calling = false;
    client->callbacks++;
    return stop;
}

/* Frees a call that is in no queue any more. `answer` (may be NULL) goes to the waiter, if there is
 * one. */
static void call_finish(struct call *call, int status, struct answer *answer)
{
    struct waiter *waiter = call->request.waiter;

    free(call);
    if (!waiter) {
        answer_free(answer);
        return;
    }
    waiter->done = true;
    waiter->status = status;
    waiter->answer = answer;
}

static void call_take(struct hd_client *client, struct call *call)
{
    list_remove(&call->node);
    client->n_calls--;
}

static void call_fail(struct hd_client *client, struct call *call, int status, const char *message)
{
    struct hd_error error = {.status = status, .message = message, .parameters = "{}"};
    struct hd_reply reply = {.status = status, .error = &error};

    client_note(client, &error);
    call_tell(client, call, &reply);
    call_finish(call, status, NULL);
}

static void calls_fail(struct hd_client *client, struct list *calls, int status,
                       const char *message)
{
    struct list *node;

    while ((node = list_pop(calls)))
        call_fail(client, container_of(node, struct call, node), status, message);
}

void client_abort(struct hd_client *client, int status, const char *format, ...)
{
    char words[PROCESS_WORDS];
    struct list calls;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(words, sizeof(words), format, arguments);
    va_end(arguments);
    /* Callbacks may start calls: the old ones leave the queue first, and the old connection closes.
     */
    list_init(&calls);
    list_splice(&calls, &client->calls);
    client->n_calls = 0;
    channel_close(&client->channel);
    calls_fail(client, &calls, status, words);
}

/* A callback has ended its stream. What was sent behind it is lost with the connection; what was
 * not, goes out on the next one. */
static void client_leave_stream(struct hd_client *client)
{
    struct channel *channel = &client->channel;
    uint64_t sent = channel_sent(channel);
    uint64_t from = channel_queued(channel);
    struct list lost;

    list_init(&lost);
    while (!list_empty(&client->calls)) {
        struct call *call = container_of(client->calls.next, struct call, node);

        if (call->begin >= sent) {
            from = call->begin;
            break;
        }
        call_take(client, call);
        list_push(&lost, &call->node);
    }
    channel_close_keeping(channel, from);
    calls_fail(client, &lost, -ECANCELED, "the connection was closed to end a stream before it");
    if (client->n_calls == 0)
        return;
    /* Callbacks of lost calls may have connected already. */
    if (channel->state == CHANNEL_CLOSED) {
        const char *path = socket_path_now(&client->path);
        int r = channel_connect(channel, path, monotonic_ms());

        if (r < 0) {
            char words[WORDS_CONNECT];

            words_for_connect(words, path, r);
            client_abort(client, r, "%s", words);
        }
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

/* Calls without an answer are done once they are sent. */
static void client_finish_oneways(struct hd_client *client)
{
    uint64_t sent = channel_sent(&client->channel);

    while (!list_empty(&client->calls)) {
        struct call *call = container_of(client->calls.next, struct call, node);

        if (!(call->request.flags & HD_CALL_ONEWAY) || call->end > sent)
            return;
        call_take(client, call);
        call_finish(call, 0, NULL);
    }
}

/* Returns true while the connection is the same. */
static bool client_tell_answer(struct hd_client *client, struct call *call, struct answer *answer)
{
    struct hd_reply reply = {
        .status = answer->status,
        .continues = answer->continues,
        .result = answer->result,
        .parameters = answer->parameters,
        .error = answer->status ? &answer->error : NULL,
    };
    int status = answer->status;
    int stop;

    if (answer->status)
        client_note(client, &answer->error);
    call->deadline = 0;
    if (reply.continues) {
        stop = call_tell(client, call, &reply);
        answer_free(answer);
        if (!stop)
            return true;
        call_take(client, call);
        call_finish(call, 0, NULL);
        client_leave_stream(client);
        return false;
    }
    call_take(client, call);
    call_tell(client, call, &reply);
    call_finish(call, status, answer);
    return true;
}

static bool client_take_answer(struct hd_client *client, const char *text, size_t size)
{
    const char *path = socket_path_now(&client->path);
    char words[WORDS_FAULT];
    struct answer *answer;
    struct fault fault;
    struct call *call;
    int r;

    client_finish_oneways(client);
    if (list_empty(&client->calls)) {
        channel_close(&client->channel); /* not asked: an error before the close, or no historyd */
        return false;
    }
    call = container_of(client->calls.next, struct call, node);
    r = answer_read(text, size, call->request.method, call->request.callback != NULL, &answer,
                    &fault);
    if (r > 0) {
        words_for_fault(words, &fault);
        client_abort(client, -EPROTO, "%s answered with something that is not Varlink: %s", path,
                     words);
        return false;
    }
    if (r < 0) {
        client_abort(client, r, "no answer could be read: %s", words_for_errno(r));
        return false;
    }
    if (answer->continues && !(call->request.flags & HD_CALL_MORE)) {
        answer_free(answer);
        client_abort(client, -EPROTO, "%s answered one call with a stream", path);
        return false;
    }
    return client_tell_answer(client, call, answer);
}

static bool client_take_answers(struct hd_client *client)
{
    const char *text;
    size_t size;

    while (channel_next(&client->channel, &text, &size)) {
        if (!client_take_answer(client, text, size))
            return false;
    }
    return true;
}

static void client_lose(struct hd_client *client, int status)
{
    const char *path = socket_path_now(&client->path);

    if (status == -EMSGSIZE)
        client_abort(client, status,
                     "an answer from %s is larger than %zu bytes: ask for less at once", path,
                     client->answer_limit);
    else if (status == -ECONNRESET)
        client_abort(client, status, "%s closed the connection before the answer", path);
    else
        client_abort(client, status, "cannot read from %s: %s", path, words_for_errno(status));
}

static void client_serve(struct hd_client *client)
{
    struct channel *channel = &client->channel;
    size_t turn = 0;
    int r;

    channel_send(channel);
    do {
        r = channel_receive(channel, client->answer_limit);
        if (!client_take_answers(client))
            return;
        turn += r > 0 ? (size_t)r : 0;
    } while (r == CHANNEL_PIECE && turn < PROCESS_TURN);
    if (r < 0) {
        client_lose(client, r);
        return;
    }
    channel_send(channel); /* what callbacks have started */
    client_finish_oneways(client);
}

/* --- deadlines -------------------------------------------------------------------------------- */

/* Answers come in order, so a late one would be taken for the next call's: the connection closes.
 */
static void client_expire(struct hd_client *client, int64_t now)
{
    const char *path = socket_path_now(&client->path);
    char words[PROCESS_WORDS];
    struct list late, others;

    list_init(&late);
    list_init(&others);
    list_for_each_safe(node, &client->calls) {
        struct call *call = container_of(node, struct call, node);
        int64_t deadline = call_deadline(client, call);

        if (deadline && deadline <= now) {
            list_remove(node);
            list_push(&late, node);
        }
    }
    if (list_empty(&late))
        return;
    list_splice(&others, &client->calls);
    client->n_calls = 0;
    snprintf(words, sizeof(words),
             client->channel.state == CHANNEL_WAITING
                 ? "cannot connect to %s in %u ms: the daemon takes no connections"
                 : "no answer from %s in %u ms",
             path, container_of(late.next, struct call, node)->timeout);
    channel_close(&client->channel);
    calls_fail(client, &late, -ETIMEDOUT, words);
    calls_fail(client, &others, -ECONNRESET,
               "the connection was closed: another call had no answer in time");
}

int hd_client_process(struct hd_client *client)
{
    struct channel *channel = &client->channel;
    int64_t now = monotonic_ms();

    if (client->calling)
        return 0;
    client_check_owner(client);
    client->callbacks = 0;
    if (channel->state == CHANNEL_WAITING && channel->retry_at <= now) {
        const char *path = socket_path_now(&client->path);
        int r = channel_connect(channel, path, now);

        if (r < 0) {
            char words[WORDS_CONNECT];

            words_for_connect(words, path, r);
            client_abort(client, r, "%s", words);
        }
    }
    if (channel->fd >= 0)
        client_serve(client);
    client_expire(client, now);
    return client->callbacks;
}
