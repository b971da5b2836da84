#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "event_plain.h"
#include "recorder_private.h"
#include "rfc3339.h"
#include "rules.h"

enum {
    RECORDER_BUFFER = 8 * 1024 * 1024,
    RECORDER_BATCH = 500,
    RECORDER_CALLS = 4,
    RECORDER_RECONNECT = 1000,
    RECORDER_TIMEOUT = 30000,
};

static _Thread_local char add_error[EVENT_CHECK_WORDS];

const char *hd_recorder_add_error(void)
{
    return add_error;
}

static void recorder_free(struct hd_recorder *recorder)
{
    if (!recorder)
        return;
    hd_client_free(recorder->client);
    buffer_clear(&recorder->call);
    event_log_clear(&recorder->log);
    if (recorder->wake_fd >= 0)
        close(recorder->wake_fd);
    pthread_cond_destroy(&recorder->changed);
    pthread_mutex_destroy(&recorder->mutex);
    free(recorder->run_id);
    free(recorder);
}

/* Whoever holds it does so for less than it takes to sleep and be woken: those who wait for it spin
 * for a moment first. */
static int recorder_init_mutex(struct hd_recorder *recorder)
{
    pthread_mutexattr_t attributes;
    int r;

    r = pthread_mutexattr_init(&attributes);
    if (r != 0)
        return -r;
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ADAPTIVE_NP);
    r = pthread_mutex_init(&recorder->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return -r;
}

static int recorder_init_locks(struct hd_recorder *recorder)
{
    pthread_condattr_t attributes;
    int r;

    r = pthread_condattr_init(&attributes);
    if (r != 0)
        return -r;
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    r = -pthread_cond_init(&recorder->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (r < 0)
        return r;
    r = recorder_init_mutex(recorder);
    if (r < 0)
        pthread_cond_destroy(&recorder->changed);
    return r;
}

static void recorder_set_options(struct hd_recorder *recorder,
                                 const struct hd_recorder_options *options)
{
    struct hd_recorder_options *own = &recorder->options;

    *own = *options;
    own->socket_path = own->run_id = NULL; /* the copies are elsewhere */
    if (own->buffer_bytes == 0)
        own->buffer_bytes = RECORDER_BUFFER;
    if (own->batch_events == 0)
        own->batch_events = RECORDER_BATCH;
    if (own->calls_in_flight == 0)
        own->calls_in_flight = RECORDER_CALLS;
    if (own->reconnect_ms == 0)
        own->reconnect_ms = RECORDER_RECONNECT;
    if (own->timeout_ms == 0)
        own->timeout_ms = RECORDER_TIMEOUT;
    recorder->event_table = event_table();
    event_log_init(&recorder->log, own->last_seq);
    recorder->log.owner = recorder;
    recorder->log.bytes_limit = own->buffer_bytes;
    recorder->log.batch_events = own->batch_events;
}

static int recorder_new(const struct hd_recorder_options *options,
                        struct hd_recorder **ret_recorder)
{
    struct hd_recorder *recorder = calloc(1, sizeof(*recorder));
    int r;

    if (!recorder)
        return -ENOMEM;
    r = recorder_init_locks(recorder);
    if (r < 0) {
        free(recorder);
        return r;
    }
    recorder_set_options(recorder, options);
    recorder->seed = (unsigned int)(rfc3339_now() ^ getpid());
    recorder->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (recorder->wake_fd < 0)
        r = -errno;
    recorder->run_id = strdup(options->run_id);
    if (r == 0 && !recorder->run_id)
        r = -ENOMEM;
    if (r == 0)
        r = hd_client_new(options->socket_path, &recorder->client);
    if (r < 0) {
        recorder_free(recorder);
        return r;
    }
    hd_client_set_timeout(recorder->client, recorder->options.timeout_ms);
    *ret_recorder = recorder;
    return 0;
}

/* Signals are the program's: its other threads take them. */
static int recorder_start(struct hd_recorder *recorder)
{
    sigset_t all, before;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&recorder->thread, NULL, sender_run, recorder);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -r;
}

int hd_recorder_open(const struct hd_recorder_options *options, struct hd_recorder **ret_recorder)
{
    struct hd_recorder *recorder;
    int r;

    if (!options->run_id || !rule_is_run_id(options->run_id) || options->last_seq < 0 ||
        options->last_seq == INT64_MAX)
        return -EINVAL;
    r = recorder_new(options, &recorder);
    if (r < 0)
        return r;
    r = recorder_start(recorder);
    if (r < 0) {
        recorder_free(recorder);
        return r;
    }
    *ret_recorder = recorder;
    return 0;
}

static int recorder_add_locked(struct hd_recorder *recorder, const struct event_text *text,
                               int64_t *ret_seq, bool *ret_wake)
{
    int r;

    if (recorder->condition == HD_RECORDER_FAILED)
        return -EPIPE;
    r = event_log_add(&recorder->log, text->bytes, text->size);
    if (r < 0)
        return r;
    *ret_wake = recorder->wish == SENDER_WANTS_ANY_EVENT ||
                (recorder->wish == SENDER_WANTS_FULL_BATCH && r > 0);
    if (*ret_wake)
        recorder->wish = SENDER_WANTS_NOTHING;
    if (ret_seq)
        *ret_seq = recorder->log.added_seq;
    return 0;
}

/* All that takes time is done before the mutex is held: under it the event only gets its number. */
int hd_recorder_add(struct hd_recorder *recorder, const struct hd_new_event *event,
                    int64_t *ret_seq)
{
    struct event_text text;
    bool wake = false;
    int r;

    r = event_text_make(&text, recorder->event_table, event, add_error);
    if (r < 0)
        return r;
    pthread_mutex_lock(&recorder->mutex);
    r = recorder_add_locked(recorder, &text, ret_seq, &wake);
    pthread_mutex_unlock(&recorder->mutex);
    event_text_clear(&text);
    if (wake)
        sender_wake(recorder);
    if (r == -ERANGE)
        snprintf(add_error, sizeof(add_error), "seq: no number is left");
    else if (r == -EMSGSIZE)
        snprintf(add_error, sizeof(add_error), "event: larger than the whole buffer_bytes");
    return r == -ERANGE || r == -EMSGSIZE ? -EINVAL : r;
}

/* `milliseconds` from now, on the clock of `changed`. */
static struct timespec time_after(int milliseconds)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += milliseconds / 1000;
    time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_sec++;
        time.tv_nsec -= 1000000000;
    }
    return time;
}

int hd_recorder_flush(struct hd_recorder *recorder, int timeout_ms)
{
    struct timespec until = time_after(timeout_ms < 0 ? 0 : timeout_ms);
    bool timed_out = false;
    int64_t wanted;
    int r = 0;

    pthread_mutex_lock(&recorder->mutex);
    wanted = recorder->log.added_seq;
    recorder->flushing++;
    while (r == 0 && recorder->log.acknowledged_seq < wanted) {
        if (recorder->condition == HD_RECORDER_FAILED)
            r = -EPIPE;
        else if (timed_out)
            r = -ETIMEDOUT;
        else if (timeout_ms < 0)
            pthread_cond_wait(&recorder->changed, &recorder->mutex);
        else
            timed_out = pthread_cond_timedwait(&recorder->changed, &recorder->mutex, &until) != 0;
    }
    recorder->flushing--;
    pthread_mutex_unlock(&recorder->mutex);
    return r;
}

void hd_recorder_get_state(struct hd_recorder *recorder, struct hd_recorder_state *ret_state)
{
    pthread_mutex_lock(&recorder->mutex);
    *ret_state = (struct hd_recorder_state){
        .condition = recorder->condition,
        .added_seq = recorder->log.added_seq,
        .acknowledged_seq = recorder->log.acknowledged_seq,
        .buffered_bytes = recorder->log.bytes,
        .reconnects = recorder->reconnects,
        .error = recorder->error,
    };
    memcpy(ret_state->message, recorder->message, sizeof(ret_state->message));
    pthread_mutex_unlock(&recorder->mutex);
}

int hd_recorder_close(struct hd_recorder *recorder, int timeout_ms, int64_t *ret_acknowledged_seq)
{
    int r;

    if (!recorder)
        return 0;
    r = hd_recorder_flush(recorder, timeout_ms);
    pthread_mutex_lock(&recorder->mutex);
    recorder->ending = true;
    pthread_mutex_unlock(&recorder->mutex);
    sender_wake(recorder);
    pthread_join(recorder->thread, NULL);
    /* The sender may have had one more answer after the flush gave up. */
    if (r == -ETIMEDOUT && recorder->log.acknowledged_seq == recorder->log.added_seq)
        r = 0;
    if (ret_acknowledged_seq)
        *ret_acknowledged_seq = recorder->log.acknowledged_seq;
    recorder_free(recorder);
    return r;
}
