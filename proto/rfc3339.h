/*
 * rfc3339: times as the wire and the database hold them (RFC 3339, section 5.6).
 *
 * The canonical form is UTC with six fractional digits and `Z`, 27 bytes, so that text order is
 * time order. Times are microseconds since 1970-01-01T00:00:00Z. Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RFC3339_SIZE = 28 }; /* the canonical form with its NUL */

/* Reads any RFC 3339 time: any offset and precision, small `t` and `z` too; digits past
 * microseconds are cut. False for everything else: a space for T, a second 60, a day the month
 * lacks, or a year outside 0000-9999 once in UTC. */
bool rfc3339_read(const char *text, int64_t *ret_microseconds);

/* Writes the canonical form. `microseconds` lies within the years 0000-9999. */
void rfc3339_write(int64_t microseconds, char text[static RFC3339_SIZE]);

/* The time of day now, in microseconds (CLOCK_REALTIME). */
int64_t rfc3339_now(void);
