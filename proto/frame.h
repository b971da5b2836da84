/*
 * frame: messages out of a stream of bytes.
 *
 * A message ends with one NUL byte. Frames are found in place, without copying.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Finds the first whole message in `size` bytes. True with the message's size (without its NUL). */
bool frame_find(const char *bytes, size_t size, size_t *ret_size);
