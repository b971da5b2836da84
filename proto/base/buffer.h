/*
 * buffer: bytes that grow.
 *
 * The owner embeds it. Running out of memory sets `failed`, drops later appends and is checked
 * once, when the bytes are used: writers need no check a line. A buffer belongs to one thread at a
 * time.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
};

#define BUFFER_INIT                                                                                \
    {                                                                                              \
        NULL, 0, 0, false                                                                          \
    }

/* Frees the bytes; the buffer may be used again. */
void buffer_clear(struct buffer *buffer);

/* What buffer_reserve() does where there is no room yet. */
char *buffer_grow(struct buffer *buffer, size_t more);

/* Makes room for `more` bytes behind the content and returns where they go, or NULL (and `failed`).
 * The caller adds what it wrote to `size`. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed || more >= buffer->capacity - buffer->size)
        return buffer_grow(buffer, more);
    return buffer->data + buffer->size;
}

static inline void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    char *room = buffer_reserve(buffer, size);

    if (!room || size == 0)
        return;
    memcpy(room, bytes, size);
    buffer->size += size;
}

static inline void buffer_append_char(struct buffer *buffer, char c)
{
    char *room = buffer_reserve(buffer, 1);

    if (!room)
        return;
    *room = c;
    buffer->size++;
}

void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_int(struct buffer *buffer, int64_t value);

/* Drops the first `size` bytes, keeping the rest at the front. */
void buffer_consume(struct buffer *buffer, size_t size);

/* Moves the bytes of `from` behind those of `to`, without copying where `to` is empty; `from` is
 * empty afterwards. */
void buffer_move(struct buffer *to, struct buffer *from);

/* Hands the bytes to the caller, who frees them with free(); the buffer is empty afterwards. */
char *buffer_steal(struct buffer *buffer);
