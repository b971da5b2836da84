/*
 * event_check: what the daemon would refuse in an event, said before it is kept.
 *
 * Pure functions over constant tables, any thread.
 */
#pragma once

#include <historyd/types.h>

#include "arena.h"
#include "codec.h"

enum { EVENT_CHECK_WORDS = 320 };

/* The field table of NewEvent; NULL only where the interface lacks it. */
const struct table *event_table(void);

/* Returns 0 with the event as it may be sent; -EINVAL with words; -ENOMEM. A payload that is large
 * by its white space only is put into `arena` without it. */
int event_check(struct hd_new_event *event, struct arena *arena,
                char ret_words[static EVENT_CHECK_WORDS]);
