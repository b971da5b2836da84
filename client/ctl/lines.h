/*
 * lines: a descriptor read line by line, in bounded memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct lines {
    int fd;
    size_t most; /* bytes of the longest line taken */
    struct buffer pending;
    size_t taken;   /* bytes at the front handed out */
    size_t scanned; /* bytes behind them known to hold no line feed */
    int64_t number; /* of the last line, from 1 */
    bool ended;
};

void lines_open(struct lines *lines, int fd, size_t most);
void lines_close(struct lines *lines);

/* Takes the next line, without its end, valid until the next call. Returns 1 with a line, 0 at the
 * end, -EMSGSIZE for a line that was too long and was skipped, -ENOMEM, or another -errno of
 * reading. */
int lines_next(struct lines *lines, const char **ret_line, size_t *ret_size);
