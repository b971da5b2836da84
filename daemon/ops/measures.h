/*
 * measures: what the daemon counts of itself, all in one table.
 *
 * A row of the table in measures.c has a metric's name, type, unit and help, and where its number
 * is: in the figures that are gathered when the text is asked for, in a counter or histogram of
 * struct measures, or in one of the store's. To add a number is to add a field and a row. Numbers
 * that another room counts for itself by reason are hung in as a struct measure_list. Loop thread
 * only, but for counters that say otherwise.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "historyd/types.h"
#include "metrics.h"

struct call;
struct service;

enum { MEASURES_ERRORS = 64 };

struct measures {
    struct histogram acknowledgements;       /* of writes, from the whole message to the answer */
    struct counter refused[MEASURES_ERRORS]; /* calls, by the place of their error's description */

    struct counter quota_waits;          /* times a user's connection was not read on for a while */
    struct counter quota_event_waits;    /* AppendEvents that waited for events_per_s */
    struct counter quota_event_refusals; /* answered Busy for the same */
    struct counter quota_connections_refused;
    struct counter input_refused; /* messages there was no memory for */
    struct counter runs_lost;     /* stopped because their orchestrator died */
};

/* What a count was at each of the last seconds, so that it is known how much came in a minute. */
enum { PACE_SECONDS = 60 };

struct pace {
    int64_t counts[PACE_SECONDS];
    int64_t second; /* of the newest; 0: none yet */
    int64_t first;  /* of the oldest */
};

/* The count at this second of the monotonic clock; at least once a second. */
void pace_note(struct pace *pace, int64_t second, int64_t count);
/* What the count was a minute ago, or at the start if that is later. */
int64_t pace_before(const struct pace *pace, int64_t second);

/* A call, or a connection, was answered with an error. */
void measures_refuse(struct measures *measures, enum hd_error_code code);

/* A call is answered, and its peer is there to hear it: what nobody waits for any more is neither
 * refused nor acknowledged. */
void measures_answer(struct measures *measures, const struct call *call);

/* Refused calls of all reasons. */
int64_t measures_refused(const struct measures *measures);

/* All of it as OpenMetrics text. Out of memory sets `failed` of the buffer. */
void measures_write(struct service *service, struct buffer *text);
