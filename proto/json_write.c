#include "json.h"

#include <string.h>

#include "escape.h"
#include "utf8.h"

/* The character behind the backslash, or 0 where there is no short form. */
static char short_escape(unsigned char c)
{
    switch (c) {
    case '"':
    case '\\':
        return (char)c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void write_escape(struct buffer *buffer, unsigned char c)
{
    static const char digits[] = "0123456789abcdef";
    char escape[6] = {'\\', short_escape(c), '0', '0', digits[c >> 4], digits[c & 15]};

    if (escape[1]) {
        buffer_append(buffer, escape, 2);
        return;
    }
    escape[1] = 'u';
    buffer_append(buffer, escape, sizeof(escape));
}

/* A text that has something to escape, or bytes beyond ASCII, which are looked at. */
static void write_text(struct buffer *buffer, const char *text, size_t size)
{
    size_t written = 0;
    size_t at = 0;

    while ((at = escape_plain_end(text, at, size)) < size) {
        unsigned char c = (unsigned char)text[at];
        int sequence = utf8_sequence(text + at, size - at);

        if (sequence > 1) {
            at += (size_t)sequence;
            continue;
        }
        buffer_append(buffer, text + written, at - written);
        if (sequence > 0)
            write_escape(buffer, c);
        else
            buffer_append_text(buffer, "\xef\xbf\xbd");
        written = ++at;
    }
    buffer_append(buffer, text + written, at - written);
}

void json_write_string(struct buffer *buffer, const char *text)
{
    size_t size = strlen(text);
    char *room = buffer_reserve(buffer, size + 2);

    if (!room)
        return;
    if (escape_plain_end(text, 0, size) < size) {
        buffer_append_char(buffer, '"');
        write_text(buffer, text, size);
        buffer_append_char(buffer, '"');
        return;
    }
    *room++ = '"';
    memcpy(room, text, size);
    room[size] = '"';
    buffer->size += size + 2;
}
