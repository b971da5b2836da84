#include "buffer.h"

#include <stdlib.h>
#include <string.h>

enum { BUFFER_FIRST = 256 };

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer)BUFFER_INIT;
}

char *buffer_reserve(struct buffer *buffer, size_t more)
{
    size_t wanted = buffer->capacity ? buffer->capacity : BUFFER_FIRST;
    char *data;

    if (buffer->failed || more > SIZE_MAX / 2 - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    if (more <= buffer->capacity - buffer->size)
        return buffer->data + buffer->size;
    while (wanted < buffer->size + more)
        wanted *= 2;
    data = realloc(buffer->data, wanted);
    if (!data) {
        buffer->failed = true;
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = wanted;
    return data + buffer->size;
}

void buffer_append(struct buffer *buffer, const void *bytes, size_t size)
{
    char *room = buffer_reserve(buffer, size);

    if (!room || size == 0)
        return;
    memcpy(room, bytes, size);
    buffer->size += size;
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

void buffer_append_char(struct buffer *buffer, char c)
{
    char *room = buffer_reserve(buffer, 1);

    if (!room)
        return;
    *room = c;
    buffer->size++;
}

void buffer_append_int(struct buffer *buffer, int64_t value)
{
    char digits[20];
    char *first = digits + sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do {
        *--first = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        *--first = '-';
    buffer_append(buffer, first, (size_t)(digits + sizeof(digits) - first));
}

void buffer_consume(struct buffer *buffer, size_t size)
{
    buffer->size -= size;
    if (buffer->size)
        memmove(buffer->data, buffer->data + size, buffer->size);
}

void buffer_move(struct buffer *to, struct buffer *from)
{
    bool failed = to->failed || from->failed;

    if (to->size == 0) {
        buffer_clear(to);
        *to = *from;
        *from = (struct buffer)BUFFER_INIT;
    } else {
        buffer_append(to, from->data, from->size);
        buffer_clear(from);
    }
    to->failed = to->failed || failed;
}

char *buffer_steal(struct buffer *buffer)
{
    char *data = buffer->data;

    *buffer = (struct buffer)BUFFER_INIT;
    return data;
}
