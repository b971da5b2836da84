#include "buffer.h"

#include <stdlib.h>

enum { BUFFER_FIRST = 256 };

void buffer_clear(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer)BUFFER_INIT;
}

char *buffer_grow(struct buffer *buffer, size_t more)
{
    size_t wanted = buffer->capacity ? buffer->capacity : BUFFER_FIRST;
    char *data;

    if (buffer->failed || more > SIZE_MAX / 2 - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    if (buffer->data && more <= buffer->capacity - buffer->size)
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

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

/* Two digits at a time: half the divisions. */
void buffer_append_int(struct buffer *buffer, int64_t value)
{
    static const char pairs[] = "0001020304050607080910111213141516171819"
                                "2021222324252627282930313233343536373839"
                                "4041424344454647484950515253545556575859"
                                "6061626364656667686970717273747576777879"
                                "8081828384858687888990919293949596979899";
    char digits[20];
    char *first = digits + sizeof(digits);
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

    for (; rest >= 10; rest /= 100) {
        first -= 2;
        memcpy(first, pairs + 2 * (rest % 100), 2);
    }
    if (rest > 0 || first == digits + sizeof(digits))
        *--first = (char)('0' + rest);
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
