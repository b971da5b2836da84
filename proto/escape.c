#include "escape.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define EVERY_BYTE(c) (UINT64_MAX / 255 * (c))

/* The index of the first of eight bytes that is not plain, 8 where all are. A borrow runs upwards
 * only, towards the bytes that come later, so that what is found first is always right. */
static size_t first_special(uint64_t bytes)
{
    uint64_t word = le64toh(bytes);
    uint64_t quotes = word ^ EVERY_BYTE('"');
    uint64_t slashes = word ^ EVERY_BYTE('\\');
    uint64_t found =
        ((word - EVERY_BYTE(0x20)) | (quotes - EVERY_BYTE(1)) | (slashes - EVERY_BYTE(1)) | word) &
        EVERY_BYTE(0x80);

    return found ? (size_t)__builtin_ctzll(found) / 8 : 8;
}

size_t escape_plain_end(const char *text, size_t at, size_t size)
{
    uint64_t word;
    size_t first;

    for (; at + sizeof(word) <= size; at += sizeof(word)) {
        memcpy(&word, text + at, sizeof(word));
        first = first_special(word);
        if (first < sizeof(word))
            return at + first;
    }
    if (at == size)
        return size;
    word = EVERY_BYTE(' ');
    memcpy(&word, text + at, size - at);
    first = first_special(word);
    return first < size - at ? at + first : size;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Reads \uXXXX. Returns 6, -1 where it ends too early, 0 where it is none. */
static int read_unit(const char *bytes, size_t size, uint32_t *ret_unit)
{
    uint32_t unit = 0;

    for (size_t i = 0; i < 6; i++) {
        int digit = 0;

        if (i >= size)
            return -1;
        if (i < 2 ? bytes[i] != "\\u"[i] : (digit = hex_digit(bytes[i])) < 0)
            return 0;
        unit = unit << 4 | (uint32_t)digit;
    }
    *ret_unit = unit;
    return 6;
}

/* The short escapes and what each stands for. */
static const char shorts[] = "\"\\/bfnrt";
static const char plains[] = "\"\\/\b\f\n\r\t";

int escape_check(const char *bytes, size_t size, const char **ret_reason)
{
    uint32_t unit;
    uint32_t low;
    int r;

    if (size < 2)
        return -1;
    if (bytes[1] && strchr(shorts, bytes[1]))
        return 2;
    *ret_reason = "invalid escape in string";
    r = read_unit(bytes, size, &unit);
    if (r <= 0)
        return r;
    if (unit == 0) {
        *ret_reason = "\\u0000 in string";
        return 0;
    }
    if (unit < 0xd800 || unit > 0xdfff)
        return 6;
    *ret_reason = "lone surrogate in string";
    if (unit >= 0xdc00)
        return 0;
    r = read_unit(bytes + 6, size - 6, &low);
    if (r <= 0)
        return r;
    return low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

static char *put_code(char *text, uint32_t code)
{
    if (code < 0x80) {
        *text++ = (char)code;
        return text;
    }
    if (code < 0x800) {
        *text++ = (char)(0xc0 | code >> 6);
    } else {
        if (code < 0x10000) {
            *text++ = (char)(0xe0 | code >> 12);
        } else {
            *text++ = (char)(0xf0 | code >> 18);
            *text++ = (char)(0x80 | (code >> 12 & 0x3f));
        }
        *text++ = (char)(0x80 | (code >> 6 & 0x3f));
    }
    *text++ = (char)(0x80 | (code & 0x3f));
    return text;
}

size_t escape_decode(const char *bytes, size_t size, char *text)
{
    const char *end = bytes + size;
    char *at = text;

    while (bytes < end) {
        uint32_t code = 0;
        uint32_t low = 0;

        if (*bytes != '\\') {
            *at++ = *bytes++;
            continue;
        }
        if (bytes[1] != 'u') {
            *at++ = plains[strchr(shorts, bytes[1]) - shorts];
            bytes += 2;
            continue;
        }
        bytes += read_unit(bytes, (size_t)(end - bytes), &code);
        if (code >= 0xd800 && code <= 0xdbff) {
            bytes += read_unit(bytes, (size_t)(end - bytes), &low);
            code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
        }
        at = put_code(at, code);
    }
    return (size_t)(at - text);
}
