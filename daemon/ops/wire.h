/*
 * wire: rows of the store as structs of the protocol, and back. Texts are shared, not copied.
 */
#pragma once

#include "arena.h"
#include "events.h"
#include "fault.h"
#include "historyd/types.h"

struct hd_run run_to_wire(const struct run_row *row);
struct hd_event event_to_wire(const struct event_row *row);

/* An array in the arena; NULL when out of memory. */
const struct hd_event *events_to_wire(const struct event_row *rows, size_t n_rows,
                                      struct arena *arena);
/* What another program or a flipped bit has left in the place of a payload must not get into an
 * answer: see struct event_look. */
int event_look(const struct event_row *row);
/* 0 for a payload that is one JSON object, 1 with `ret_fault` filled, or STORE_NO_MEMORY. However
 * large: what was stored once is told. */
int payload_check(const char *payload, struct fault *ret_fault);
struct event_new event_from_wire(const struct hd_new_event *event);
