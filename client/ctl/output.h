/*
 * output: bytes on their way to a file descriptor, with the first error kept.
 *
 * Commands append as they go and look at the error once a page; a reader that went away (EPIPE) is
 * told from a disk that is full. Text that came from outside goes through output_escaped(). An
 * output belongs to one thread and does not own its descriptor.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct output {
    int fd;
    int error;     /* 0, or the -errno of the first write that failed; later bytes are dropped */
    bool terminal; /* a person may be looking: nothing may reach the terminal unescaped */
    struct buffer pending;
};

void output_open(struct output *output, int fd);
void output_close(struct output *output);

void output_bytes(struct output *output, const void *bytes, size_t size);
void output_text(struct output *output, const char *text);
void output_format(struct output *output, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Appends text of unknown origin, made visible (display.h). */
void output_escaped(struct output *output, const char *text);
void output_escaped_bytes(struct output *output, const char *text, size_t size);
/* Of a text that was made in a buffer of its own: where memory gave out for it, what is printed is
 * not whole, and the output has failed. */
void output_needs(struct output *output, const struct buffer *text);
/* Appends JSON text; on a terminal what could steer it is written as \u escapes, which say the
 * same. */
void output_json(struct output *output, const char *json, size_t size);

/* Writes what is pending. Returns 0 or the kept error. */
int output_flush(struct output *output);
