/*
 * display: text of unknown origin, made safe and measured for a terminal.
 *
 * Whatever a stored text holds, nothing of it may steer the terminal or reorder the line. Pure
 * functions, any thread; display_width() wants LC_CTYPE set to a UTF-8 locale.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* Appends `text`, with control characters, broken UTF-8 and characters that reorder or break lines
 * shown as \n, \t, \x1b or \u202e. */
void display_escape(struct buffer *buffer, const char *text, size_t size);

/* Appends JSON text, with the same characters (which JSON allows inside strings only) as \u
 * escapes. */
void display_escape_json(struct buffer *buffer, const char *json, size_t size);

/* How many terminal columns `size` bytes of escaped text take. */
size_t display_width(const char *text, size_t size);

/* Appends `text` with every byte that is no UTF-8, and every NUL, as U+FFFD: the wire carries UTF-8
 * only, file names and compiler messages may hold anything. */
void display_repair(struct buffer *buffer, const char *text, size_t size);

/* Decodes the character at `text`. Returns its bytes, or 0 where there is no valid UTF-8. */
size_t display_decode(const char *text, size_t size, uint32_t *ret_character);
