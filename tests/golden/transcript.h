/*
 * transcript: what goes over the wire and what comes back, as a text for people.
 *
 *   # a comment
 *   > bytes      one message to the daemon; its NUL is added
 *   < bytes      the next message from it, exactly; its NUL is taken off
 *   ! words      something done to the daemon or the connection (test_golden.c)
 *
 * In a < line ${int}, ${time}, ${text} and ${any} stand for values that vary: an integer, a
 * canonical time, what stands in a string, or whatever comes up to the bytes that follow.
 * ${int:pid} also keeps the value, and
 * ${pid} stands for it from then on, in > lines too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Forgets what was kept. */
void transcript_start(void);
/* Keeps a value; the caller owns both. */
void transcript_keep(const char *name, const char *value);
/* The line with the kept values in it. */
const char *transcript_fill(const char *line);
/* Whether `actual` is what the < line says; keeps what it names. */
bool transcript_match(const char *expected, const char *actual);
