/*
 * moment: times and durations for people.
 *
 * On the wire a time is RFC 3339 in UTC; a person reads and types local time, unless told
 * otherwise. Times are microseconds since 1970-01-01T00:00:00Z.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MOMENT_SIZE = 64 };

/* Writes `microseconds` as 2026-01-20 15:30:52, with `digits` (0, 3 or 6) of the second's fraction
 * and, where `zone` is set, the zone behind. */
void moment_write(int64_t microseconds, bool utc, int digits, bool zone, char text[MOMENT_SIZE]);

/* The same for a time as it came over the wire; a text that is no time is copied as it is. */
void moment_write_text(const char *rfc3339, bool utc, int digits, bool zone,
                       char text[MOMENT_SIZE]);

/* Writes a duration: 118 ms, 2.35 s, 1m 05s, 3h 07m, 2d 04h. */
void moment_write_duration(int64_t microseconds, char text[MOMENT_SIZE]);

/* Reads what a person types: RFC 3339; 2026-01-20, optionally with 15:30 or 15:30:52 behind a blank
 * or T; today, yesterday, now; or a span back from `now`: 90s, 30m, 2h, 7d, 1w. */
bool moment_read(const char *text, bool utc, int64_t now, int64_t *ret_microseconds);
