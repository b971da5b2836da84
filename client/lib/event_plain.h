/*
 * event_plain: the JSON of one event without its number, made and checked before it gets one.
 *
 * An event that is short and plain, as most are, is checked and written in one pass into a place on
 * the caller's stack; all others go by the field table through event_check() and the codec. Both
 * ways give the same bytes. Belongs to the thread that adds the event.
 */
#pragma once

#include <historyd/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "codec.h"
#include "event_check.h"

enum { EVENT_TEXT_PLAIN = 1536 };

struct event_text {
    const char *bytes; /* in one of the two below; no NUL behind them */
    size_t size;
    char plain[EVENT_TEXT_PLAIN];
    struct buffer other;
};

/* `table` is that of NewEvent. An event without a time gets the present one. Returns 0, -EINVAL
 * with words, or -ENOMEM. Cleared by the caller after success. */
int event_text_make(struct event_text *text, const struct table *table,
                    const struct hd_new_event *event, char ret_words[static EVENT_CHECK_WORDS]);
void event_text_clear(struct event_text *text);

/* The quick way only. False where it is not sure. `now` is the time of an event without one. */
bool event_text_make_plain(struct event_text *text, const struct hd_new_event *event,
                           const char *now);
