/*
 * escape: the escapes of JSON strings.
 *
 * Pure functions, any thread.
 */
#pragma once

#include <stddef.h>

/* Steps over the bytes of a JSON string that stand for themselves and need no look: no control
 * byte, quote, backslash, or part of a character beyond ASCII. Returns the place of the first other
 * one from `at` on, or `size`. */
size_t escape_plain_end(const char *text, size_t at, size_t size);

/* Checks the escape at `bytes`, which begins with a backslash, of which `size` bytes are there.
 * Returns its size (a surrogate pair is one escape of 12), -1 where it is well formed as far as it
 * goes but ends too early, or 0 with `ret_reason` for anything that no text may hold. */
int escape_check(const char *bytes, size_t size, const char **ret_reason);

/* Unescapes `size` bytes that are known to be well formed into `text`, which has room for as many.
 * Returns how many it became. */
size_t escape_decode(const char *bytes, size_t size, char *text);
