/*
 * loop: the event loop, and what wakes it.
 *
 * libuv lives in this room and in no other. All functions belong to the loop's thread, but
 * wake_send(). Handles are closed by their owner before loop_free(), which asserts that none is
 * left.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Returns 0 or -errno. */
int loop_new(struct loop **ret_loop);
/* Runs what closing handles still have to do, then frees the loop. NULL is fine. */
void loop_free(struct loop *loop);
/* Serves events until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Monotonic milliseconds, as of the beginning of the present iteration. */
int64_t loop_now(const struct loop *loop);

/* A way for other threads to have `function` run on the loop's thread; sends between two runs count
 * as one. */
struct wake;
int wake_new(struct loop *loop, void (*function)(void *data), void *data, struct wake **ret_wake);
/* Any thread, any time before wake_close(). */
void wake_send(struct wake *wake);
void wake_close(struct wake *wake);

/* Runs `function` at the end of each turn, when all events that came together are handled and
 * before the loop waits for more. */
struct turn_watch;
int turn_watch_new(struct loop *loop, void (*function)(void *data), void *data,
                   struct turn_watch **ret_watch);
void turn_watch_close(struct turn_watch *watch);

/* While it is on the loop does not wait for anything: one turn follows the other. */
struct haste;
int haste_new(struct loop *loop, struct haste **ret_haste);
void haste_set(struct haste *haste, bool on);
void haste_close(struct haste *haste);

/* Runs `function` every `milliseconds`, the first time after as long. */
struct ticker;
int ticker_new(struct loop *loop, int64_t milliseconds, void (*function)(void *data), void *data,
               struct ticker **ret_ticker);
void ticker_close(struct ticker *ticker);

/* Runs `function` once, so many milliseconds after it was set the last time. */
struct alarm_clock;
int alarm_clock_new(struct loop *loop, void (*function)(void *data), void *data,
                    struct alarm_clock **ret_clock);
void alarm_clock_set(struct alarm_clock *clock, int64_t milliseconds);
void alarm_clock_close(struct alarm_clock *clock);

/* Runs `function` whenever the process gets `signal`. */
struct signal_watch;
int signal_watch_new(struct loop *loop, int signal, void (*function)(int signal, void *data),
                     void *data, struct signal_watch **ret_watch);
void signal_watch_close(struct signal_watch *watch);

/* Runs `function` when `fd` can be read, or has failed. It is the watch's from now on, also when
 * this fails. */
struct descriptor_watch;
int descriptor_watch_new(struct loop *loop, int fd, void (*function)(void *data), void *data,
                         struct descriptor_watch **ret_watch);
/* Allowed within `function`. */
void descriptor_watch_close(struct descriptor_watch *watch);
