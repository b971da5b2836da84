#include "loop_memory.h"
#include "loop_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct wake {
    uv_async_t async;
    void (*function)(void *data);
    void *data;
};

struct turn_watch {
    uv_prepare_t prepare;
    void (*function)(void *data);
    void *data;
};

struct haste {
    uv_idle_t idle;
};

struct ticker {
    uv_timer_t timer;
    void (*function)(void *data);
    void *data;
};

struct alarm_clock {
    uv_timer_t timer;
    void (*function)(void *data);
    void *data;
};

struct signal_watch {
    uv_signal_t handle;
    void (*function)(int signal, void *data);
    void *data;
};

struct descriptor_watch {
    uv_poll_t poll;
    void (*function)(void *data);
    void *data;
    int fd;
};

/* The first loop of a process makes a pipe for its signals, and libuv ends the process where it
 * gets none: so it is seen before whether there is one to be had. */
static int loop_look_for_pipe(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

int loop_new(struct loop **ret_loop)
{
    struct loop *loop = calloc(1, sizeof(*loop));
    int r;

    if (!loop)
        return -ENOMEM;
    r = loop_look_for_pipe();
    if (r == 0)
        r = loop_memory_set_up();
    if (r == 0)
        r = uv_loop_init(&loop->uv);
    if (r < 0) {
        free(loop);
        return r;
    }
    *ret_loop = loop;
    return 0;
}

void loop_free(struct loop *loop)
{
    int r;

    if (!loop)
        return;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    r = uv_loop_close(&loop->uv);
    assert(r == 0);
    (void)r;
    free(loop);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

int64_t loop_now(const struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

static void wake_called(uv_async_t *async)
{
    struct wake *wake = async->data;

    wake->function(wake->data);
}

int wake_new(struct loop *loop, void (*function)(void *data), void *data, struct wake **ret_wake)
{
    struct wake *wake = calloc(1, sizeof(*wake));
    int r;

    if (!wake)
        return -ENOMEM;
    r = uv_async_init(&loop->uv, &wake->async, wake_called);
    if (r < 0) {
        free(wake);
        return r;
    }
    wake->async.data = wake;
    wake->function = function;
    wake->data = data;
    *ret_wake = wake;
    return 0;
}

void wake_send(struct wake *wake)
{
    uv_async_send(&wake->async);
}

/* Every handle is the first member of what holds it. */
static void handle_free(uv_handle_t *handle)
{
    free(handle->data);
}

void wake_close(struct wake *wake)
{
    if (wake)
        uv_close((uv_handle_t *)&wake->async, handle_free);
}

static void turn_ended(uv_prepare_t *prepare)
{
    struct turn_watch *watch = prepare->data;

    watch->function(watch->data);
}

int turn_watch_new(struct loop *loop, void (*function)(void *data), void *data,
                   struct turn_watch **ret_watch)
{
    struct turn_watch *watch = calloc(1, sizeof(*watch));

    if (!watch)
        return -ENOMEM;
    uv_prepare_init(&loop->uv, &watch->prepare);
    watch->prepare.data = watch;
    watch->function = function;
    watch->data = data;
    uv_prepare_start(&watch->prepare, turn_ended);
    *ret_watch = watch;
    return 0;
}

void turn_watch_close(struct turn_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->prepare, handle_free);
}

int haste_new(struct loop *loop, struct haste **ret_haste)
{
    struct haste *haste = calloc(1, sizeof(*haste));

    if (!haste)
        return -ENOMEM;
    uv_idle_init(&loop->uv, &haste->idle);
    haste->idle.data = haste;
    *ret_haste = haste;
    return 0;
}

static void haste_called(uv_idle_t *idle)
{
    (void)idle;
}

/* libuv does not wait while an idle handle is started. */
void haste_set(struct haste *haste, bool on)
{
    if (on)
        uv_idle_start(&haste->idle, haste_called);
    else
        uv_idle_stop(&haste->idle);
}

void haste_close(struct haste *haste)
{
    if (haste)
        uv_close((uv_handle_t *)&haste->idle, handle_free);
}

static void ticker_called(uv_timer_t *timer)
{
    struct ticker *ticker = timer->data;

    ticker->function(ticker->data);
}

int ticker_new(struct loop *loop, int64_t milliseconds, void (*function)(void *data), void *data,
               struct ticker **ret_ticker)
{
    struct ticker *ticker = calloc(1, sizeof(*ticker));

    if (!ticker)
        return -ENOMEM;
    uv_timer_init(&loop->uv, &ticker->timer);
    ticker->timer.data = ticker;
    ticker->function = function;
    ticker->data = data;
    uv_timer_start(&ticker->timer, ticker_called, (uint64_t)milliseconds, (uint64_t)milliseconds);
    *ret_ticker = ticker;
    return 0;
}

void ticker_close(struct ticker *ticker)
{
    if (ticker)
        uv_close((uv_handle_t *)&ticker->timer, handle_free);
}

static void alarm_clock_rings(uv_timer_t *timer)
{
    struct alarm_clock *clock = timer->data;

    clock->function(clock->data);
}

int alarm_clock_new(struct loop *loop, void (*function)(void *data), void *data,
                    struct alarm_clock **ret_clock)
{
    struct alarm_clock *clock = calloc(1, sizeof(*clock));

    if (!clock)
        return -ENOMEM;
    uv_timer_init(&loop->uv, &clock->timer);
    clock->timer.data = clock;
    clock->function = function;
    clock->data = data;
    *ret_clock = clock;
    return 0;
}

void alarm_clock_set(struct alarm_clock *clock, int64_t milliseconds)
{
    uv_timer_start(&clock->timer, alarm_clock_rings, (uint64_t)milliseconds, 0);
}

void alarm_clock_close(struct alarm_clock *clock)
{
    if (clock)
        uv_close((uv_handle_t *)&clock->timer, handle_free);
}

static void signal_called(uv_signal_t *handle, int signal)
{
    struct signal_watch *watch = handle->data;

    watch->function(signal, watch->data);
}

int signal_watch_new(struct loop *loop, int signal, void (*function)(int signal, void *data),
                     void *data, struct signal_watch **ret_watch)
{
    struct signal_watch *watch = calloc(1, sizeof(*watch));
    int r;

    if (!watch)
        return -ENOMEM;
    r = uv_signal_init(&loop->uv, &watch->handle);
    if (r < 0) {
        free(watch);
        return r;
    }
    watch->handle.data = watch;
    watch->function = function;
    watch->data = data;
    r = uv_signal_start(&watch->handle, signal_called, signal);
    if (r < 0) {
        signal_watch_close(watch);
        return r;
    }
    *ret_watch = watch;
    return 0;
}

void signal_watch_close(struct signal_watch *watch)
{
    if (watch)
        uv_close((uv_handle_t *)&watch->handle, handle_free);
}

static void descriptor_called(uv_poll_t *poll, int status, int events)
{
    struct descriptor_watch *watch = poll->data;

    (void)status;
    (void)events;
    watch->function(watch->data);
}

int descriptor_watch_new(struct loop *loop, int fd, void (*function)(void *data), void *data,
                         struct descriptor_watch **ret_watch)
{
    struct descriptor_watch *watch = calloc(1, sizeof(*watch));
    int r = -ENOMEM;

    if (watch)
        r = uv_poll_init(&loop->uv, &watch->poll, fd);
    if (r < 0) {
        close(fd);
        free(watch);
        return r;
    }
    watch->poll.data = watch;
    watch->function = function;
    watch->data = data;
    watch->fd = fd;
    r = uv_poll_start(&watch->poll, UV_READABLE, descriptor_called);
    if (r < 0) {
        descriptor_watch_close(watch);
        return r;
    }
    *ret_watch = watch;
    return 0;
}

/* The loop forgets the descriptor at once and only the handle later. */
void descriptor_watch_close(struct descriptor_watch *watch)
{
    if (!watch)
        return;
    uv_close((uv_handle_t *)&watch->poll, handle_free);
    close(watch->fd);
}
