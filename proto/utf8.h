/*
 * utf8: well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Size of the sequence that starts at `bytes`, of which `size` are there (at least 1). 0 where it
 * is not well formed, -1 where it is as far as it goes but ends too early. */
int utf8_sequence(const char *bytes, size_t size);

bool utf8_valid(const char *bytes, size_t size);

/* The largest size up to `most` that cuts no sequence of the valid text in two. */
size_t utf8_cut(const char *text, size_t most);
