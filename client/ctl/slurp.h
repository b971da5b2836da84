/*
 * slurp: whole files, of bounded size.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* Reads the file `path` ("-": standard input) up to `most` bytes; a larger one is -EFBIG.
 * `ret_mtime` (may be NULL) gets when it was written, in microseconds since 1970. The caller clears
 * the buffer, whatever is returned. Returns 0 or -errno. */
int slurp_file(const char *path, size_t most, struct buffer *buffer, int64_t *ret_mtime);

/* Reads descriptor `fd` to its end. Returns as above. */
int slurp_descriptor(int fd, size_t most, struct buffer *buffer);
