/*
 * event_text: one event in a line, for people.
 */
#pragma once

#include <historyd/types.h>

#include "buffer.h"
#include "style.h"

/* Appends what an event says beside its type and unit: the first telling line of its error, else
 * how long it took, else its payload, cut to `most` columns. Not escaped. */
void event_text_detail(const struct hd_event *event, size_t most, struct buffer *buffer);

/* The style of an event's type: of the status its last word says. */
enum style event_text_style(const char *type);

/* The status a unit has after an event of type unit.…; NULL for other types. */
const char *event_text_status(const char *type);

/* The number a payload has under `key`; false where it has none. */
bool event_text_number(const char *payload, const char *key, int64_t *ret_number);

/* The line of an error that says most: the first with "error" in it, else the first that is not
 * empty. */
const char *event_text_line(const char *error, size_t *ret_size);
