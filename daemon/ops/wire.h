/*
 * wire: rows of the store as structs of the protocol, and back. Texts are shared, not copied.
 */
#pragma once

#include "arena.h"
#include "events.h"
#include "historyd/types.h"

struct hd_run run_to_wire(const struct run_row *row);
struct hd_event event_to_wire(const struct event_row *row);

/* An array in the arena; NULL when out of memory. */
const struct hd_event *events_to_wire(const struct event_row *rows, size_t n_rows,
                                      struct arena *arena);
struct event_new event_from_wire(const struct hd_new_event *event);
