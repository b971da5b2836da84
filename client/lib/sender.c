/*
 * sender: the thread of a recorder.
 *
 * It keeps a connection, sends the oldest batches that wait, several at once, and drops what is
 * acknowledged. A batch that fails in a way that may pass is sent again, after a pause that grows
 * and with all calls under way answered first, so that batches go out from the oldest again.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client_private.h"
#include "monotonic.h"
#include "recorder_private.h"
#include "refusal.h"
#include "words.h"

enum { SENDER_FIRST_PAUSE = 20, SENDER_LONGEST_BUSY = 10000 };

void sender_wake(struct hd_recorder *recorder)
{
    const uint64_t one = 1;
    ssize_t written;

    do {
        written = write(recorder->wake_fd, &one, sizeof(one));
    } while (written < 0 && errno == EINTR); /* a full counter wakes as well */
}

/* Notes and tells a change of state; `status` 0 leaves the last failure as it is. */
static void sender_tell(struct hd_recorder *recorder, enum hd_recorder_condition condition,
                        int status, const char *message)
{
    bool news;

    pthread_mutex_lock(&recorder->mutex);
    news = recorder->condition != condition;
    if (status) {
        news = news || recorder->error != status;
        recorder->error = status;
        snprintf(recorder->message, sizeof(recorder->message), "%s", message);
    }
    recorder->condition = condition;
    if (condition == HD_RECORDER_FAILED)
        pthread_cond_broadcast(&recorder->changed);
    pthread_mutex_unlock(&recorder->mutex);
    if (news && recorder->options.on_state)
        recorder->options.on_state(recorder, recorder->options.userdata);
}

/* Stops sending until the calls under way are answered, and for a while then; `least` is what the
 * daemon asks for. */
static void sender_pause(struct hd_recorder *recorder, int64_t least)
{
    int64_t longest = recorder->options.reconnect_ms;
    int64_t now = monotonic_ms();

    if (!recorder->retrying) {
        recorder->pause = recorder->pause ? recorder->pause * 2 : SENDER_FIRST_PAUSE;
        if (recorder->pause > longest)
            recorder->pause = longest;
        /* Many clients of one daemon shall not come back all at once. */
        recorder->resume_at = now + recorder->pause / 2 +
                              (int64_t)rand_r(&recorder->seed) % (recorder->pause / 2 + 1);
        recorder->retrying = true;
    }
    if (least > SENDER_LONGEST_BUSY)
        least = SENDER_LONGEST_BUSY;
    if (recorder->resume_at < now + least)
        recorder->resume_at = now + least;
}

/* --- answers ---------------------------------------------------------------------------------- */

static void sender_acknowledge(struct hd_recorder *recorder, struct event_batch *batch)
{
    struct list done;

    list_init(&done);
    pthread_mutex_lock(&recorder->mutex);
    if (event_log_acknowledge(&recorder->log, batch, &done) && recorder->flushing > 0)
        pthread_cond_broadcast(&recorder->changed);
    pthread_mutex_unlock(&recorder->mutex);
    event_batches_free(&done);
    recorder->pause = 0;
}

static void sender_retry(struct hd_recorder *recorder, struct event_batch *batch,
                         const struct hd_error *error)
{
    pthread_mutex_lock(&recorder->mutex);
    event_batch_return(batch);
    pthread_mutex_unlock(&recorder->mutex);
    /* The first failure is the cause; those behind it only follow. */
    if (!recorder->retrying)
        sender_tell(recorder, error->status < 0 ? HD_RECORDER_CONNECTING : HD_RECORDER_SENDING,
                    error->status, error->message);
    sender_pause(recorder, refusal_pause(error));
}

static void sender_split(struct hd_recorder *recorder, struct event_batch *batch)
{
    int r;

    pthread_mutex_lock(&recorder->mutex);
    r = event_log_split(&recorder->log, batch);
    pthread_mutex_unlock(&recorder->mutex);
    if (r < 0)
        sender_pause(recorder, 0);
    else
        recorder->retrying = true; /* from the oldest again, but without a pause */
}

static void sender_fail(struct hd_recorder *recorder, const struct hd_error *error)
{
    recorder->failed = true;
    sender_tell(recorder, HD_RECORDER_FAILED, error->status, error->message);
}

static int sender_on_answer(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    struct event_batch *batch = userdata;
    struct hd_recorder *recorder = batch->owner;

    (void)client;
    recorder->in_flight--;
    if (reply->status == -ECANCELED || recorder->failed)
        return 0;
    if (reply->status == 0) {
        sender_acknowledge(recorder, batch);
        return 0;
    }
    switch (refusal_of(reply->error, batch->n_events)) {
    case REFUSAL_RETRY:
        sender_retry(recorder, batch, reply->error);
        break;
    case REFUSAL_SPLIT:
        sender_split(recorder, batch);
        break;
    case REFUSAL_FINAL:
        sender_fail(recorder, reply->error);
        break;
    }
    return 0;
}

/* --- sending ---------------------------------------------------------------------------------- */

static bool sender_may_send(const struct hd_recorder *recorder)
{
    return recorder->client->channel.state == CHANNEL_OPEN && !recorder->retrying &&
           recorder->in_flight < recorder->options.calls_in_flight && !recorder->held;
}

/* The next batch to send. While a call is under way a batch that is not full gathers more: its
 * answer comes soon. Where there is none, the wish is left under the same lock, so that no event is
 * missed. */
static struct event_batch *sender_take(struct hd_recorder *recorder)
{
    struct event_batch *batch = NULL;

    recorder->held = recorder->resume_at > monotonic_ms();
    pthread_mutex_lock(&recorder->mutex);
    recorder->wish = SENDER_WANTS_NOTHING;
    if (sender_may_send(recorder)) {
        batch = event_log_send(&recorder->log, recorder->in_flight == 0);
        if (!batch)
            recorder->wish =
                recorder->in_flight == 0 ? SENDER_WANTS_ANY_EVENT : SENDER_WANTS_FULL_BATCH;
    }
    pthread_mutex_unlock(&recorder->mutex);
    return batch;
}

static int sender_start_call(struct hd_recorder *recorder, struct event_batch *batch)
{
    static const char name[] = "dev.historyd.history.AppendEvents";
    struct call_request request = {
        .method = method_find(name),
        .callback = sender_on_answer,
        .userdata = batch,
    };
    struct buffer *text = &recorder->call;
    struct call *call;
    int r;

    text->size = 0;
    buffer_append_text(text, "{\"run_id\":");
    json_write_string(text, recorder->run_id);
    buffer_append_text(text, ",\"events\":[");
    buffer_append(text, batch->text.data, batch->text.size - 1); /* without the last comma */
    buffer_append(text, "]}", sizeof("]}"));
    if (text->failed) {
        buffer_clear(text);
        return client_note_failure(recorder->client, -ENOMEM, words_for_errno(-ENOMEM));
    }
    r = call_begin(recorder->client, &request, &call);
    if (r < 0)
        return r;
    message_write_call_text(&recorder->client->channel.output, name, (struct message_flags){0},
                            text->data);
    return call_commit(recorder->client, call);
}

static void sender_send(struct hd_recorder *recorder)
{
    struct event_batch *batch;

    while ((batch = sender_take(recorder))) {
        int r = sender_start_call(recorder, batch);

        if (r < 0) {
            sender_retry(recorder, batch, hd_client_error(recorder->client));
            break;
        }
        recorder->in_flight++;
    }
}

/* --- the connection --------------------------------------------------------------------------- */

static void sender_connect(struct hd_recorder *recorder)
{
    struct hd_client *client = recorder->client;
    int r;

    if (client->channel.state != CHANNEL_CLOSED || recorder->resume_at > monotonic_ms())
        return;
    r = client_open(client);
    if (r < 0) {
        sender_tell(recorder, HD_RECORDER_CONNECTING, r, hd_client_error(client)->message);
        sender_pause(recorder, 0);
    }
}

static void sender_note_connection(struct hd_recorder *recorder)
{
    const struct channel *channel = &recorder->client->channel;

    if (channel->connections > 1) {
        pthread_mutex_lock(&recorder->mutex);
        recorder->reconnects = channel->connections - 1;
        pthread_mutex_unlock(&recorder->mutex);
    }
    if (channel->state == CHANNEL_OPEN && !recorder->connected) {
        recorder->connected = true;
        sender_tell(recorder, HD_RECORDER_SENDING, 0, NULL);
    }
    if (channel->state == CHANNEL_CLOSED && recorder->connected) {
        recorder->connected = false;
        /* Calls that were lost with it have said why; without any nothing has failed. */
        sender_tell(recorder, HD_RECORDER_CONNECTING, 0, NULL);
        sender_pause(recorder, 0);
    }
}

/* --- the thread ------------------------------------------------------------------------------- */

/* True when nothing but time makes the sender go on. It asks what was found when the last batch was
 * looked for, not the clock: the pause may have ended since, and then no event and no answer would
 * wake the sender. */
static bool sender_waits_for_time(const struct hd_recorder *recorder)
{
    if (recorder->client->channel.state == CHANNEL_CLOSED)
        return true;
    return recorder->retrying ? recorder->in_flight == 0 : recorder->held;
}

static int sender_timeout(const struct hd_recorder *recorder)
{
    int timeout = hd_client_get_timeout(recorder->client);
    int64_t left;

    if (!sender_waits_for_time(recorder))
        return timeout;
    left = recorder->resume_at - monotonic_ms();
    if (left < 0)
        left = 0;
    return timeout < 0 || left < timeout ? (int)left : timeout;
}

static void sender_wait(struct hd_recorder *recorder)
{
    struct pollfd descriptors[] = {
        {.fd = recorder->wake_fd, .events = POLLIN},
        {.fd = hd_client_get_fd(recorder->client),
         .events = hd_client_get_events(recorder->client)},
    };
    uint64_t count;

    if (poll(descriptors, 2, sender_timeout(recorder)) > 0 && descriptors[0].revents)
        (void)!read(recorder->wake_fd, &count, sizeof(count));
}

static bool sender_should_end(struct hd_recorder *recorder)
{
    bool ending;

    pthread_mutex_lock(&recorder->mutex);
    ending = recorder->ending;
    pthread_mutex_unlock(&recorder->mutex);
    return ending || recorder->failed;
}

void *sender_run(void *data)
{
    struct hd_recorder *recorder = data;

    pthread_setname_np(pthread_self(), "hd-recorder");
    while (!sender_should_end(recorder)) {
        sender_connect(recorder);
        hd_client_process(recorder->client);
        sender_note_connection(recorder);
        if (recorder->in_flight == 0)
            recorder->retrying = false;
        sender_send(recorder);
        sender_wait(recorder);
    }
    hd_client_free(recorder->client);
    recorder->client = NULL;
    return NULL;
}
