#include "display.h"

#include <stdio.h>
#include <wchar.h>

size_t display_decode(const char *text, size_t size, uint32_t *ret_character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *bytes = (const unsigned char *)text;
    uint32_t character;
    size_t length;

    if (size == 0)
        return 0;
    if (bytes[0] < 0x80) {
        *ret_character = bytes[0];
        return 1;
    }
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
        return 0;
    length = bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    if (size < length)
        return 0;
    character = bytes[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (bytes[i] & 0x3fu);
    }
    if (character < smallest[length] || character > 0x10ffff ||
        (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *ret_character = character;
    return length;
}

/* Controls, and what changes the direction or the end of a line. */
static bool display_unsafe(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x61c ||
           character == 0x200e || character == 0x200f ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0xfeff ||
           (character >= 0xe0000 && character <= 0xe007f);
}

static void display_escape_character(struct buffer *buffer, uint32_t character)
{
    char escape[16];

    if (character == '\n')
        snprintf(escape, sizeof(escape), "\\n");
    else if (character == '\t')
        snprintf(escape, sizeof(escape), "\\t");
    else if (character == '\r')
        snprintf(escape, sizeof(escape), "\\r");
    else if (character < 0x100)
        snprintf(escape, sizeof(escape), "\\x%02x", character);
    else if (character < 0x10000)
        snprintf(escape, sizeof(escape), "\\u%04x", character);
    else
        snprintf(escape, sizeof(escape), "\\U%08x", character);
    buffer_append_text(buffer, escape);
}

void display_escape(struct buffer *buffer, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint32_t character;
        size_t length = display_decode(text + i, size - i, &character);

        if (length == 0)
            display_escape_character(buffer, (unsigned char)text[i]);
        else if (display_unsafe(character))
            display_escape_character(buffer, character);
        else
            buffer_append(buffer, text + i, length);
        i += length ? length : 1;
    }
}

static void display_escape_unit(struct buffer *buffer, uint32_t unit)
{
    char escape[8];

    snprintf(escape, sizeof(escape), "\\u%04x", unit & 0xffff);
    buffer_append_text(buffer, escape);
}

void display_escape_json(struct buffer *buffer, const char *json, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint32_t character;
        size_t length = display_decode(json + i, size - i, &character);

        /* Line feeds and tabs are JSON's own white space here: in strings they are escaped already.
         */
        if (length == 0) {
            display_escape_unit(buffer, 0xfffd);
        } else if (!display_unsafe(character) || character == '\n' || character == '\t') {
            buffer_append(buffer, json + i, length);
        } else if (character < 0x10000) {
            display_escape_unit(buffer, character);
        } else {
            display_escape_unit(buffer, 0xd800 + ((character - 0x10000) >> 10));
            display_escape_unit(buffer, 0xdc00 + ((character - 0x10000) & 0x3ff));
        }
        i += length ? length : 1;
    }
}

size_t display_width(const char *text, size_t size)
{
    size_t width = 0;

    for (size_t i = 0; i < size;) {
        uint32_t character;
        size_t length = display_decode(text + i, size - i, &character);
        int columns = length ? wcwidth((wchar_t)character) : 1;

        width += columns >= 0 ? (size_t)columns : 1;
        i += length ? length : 1;
    }
    return width;
}

void display_repair(struct buffer *buffer, const char *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        uint32_t character;
        size_t length = display_decode(text + i, size - i, &character);

        if (length == 0 || character == 0)
            buffer_append_text(buffer, "\xef\xbf\xbd");
        else
            buffer_append(buffer, text + i, length);
        i += length ? length : 1;
    }
}
