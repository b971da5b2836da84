/*
 * log: one line each to stderr.
 *
 * Lines are written whole, with control characters and broken UTF-8 escaped, because names and
 * paths in them come from peers. Under systemd they carry the journal's priority prefix
 * (sd-daemon(3)), elsewhere a time. There a line about a run or a peer goes to the journal itself,
 * with these as fields. Any thread; the set-up happens before threads start.
 */
#pragma once

#include "journal.h"

enum log_priority { LOG_PRIORITY_ERROR = 3, LOG_PRIORITY_WARNING = 4, LOG_PRIORITY_INFO = 6 };

/* Looks whether stderr is the journal ($JOURNAL_STREAM). */
void log_open(void);

void log_write(enum log_priority priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same about a run, a peer, or both. */
void log_write_about(enum log_priority priority, const struct log_about *about, const char *format,
                     ...) __attribute__((format(printf, 3, 4)));

#define log_error(...)   log_write(LOG_PRIORITY_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_PRIORITY_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_PRIORITY_INFO, __VA_ARGS__)

/* As a warning, for what peers can cause at will: at most ten lines a second, and one that counts
 * the rest. `about` may be NULL. Loop thread only. */
void log_peer(const struct log_about *about, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
