/*
 * plain_json: JSON that is easy to be sure of.
 *
 * Most of what is recorded is short and plain ASCII. Telling that it is well formed takes a
 * fraction of what a whole scan takes, which these functions are for. They are never wrong when
 * they say yes; no means only that somebody else must look. Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* ASCII that stands for itself within quotes: no control, no quote, no backslash. `size` bytes. */
bool plain_json_text(const char *text, size_t size);

/* One JSON object with nothing behind it, of a few levels and keys, without escapes. `size` bytes
 * and a NUL. */
bool plain_json_object(const char *text, size_t size);
