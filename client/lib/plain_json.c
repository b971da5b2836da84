#include "plain_json.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

enum { PLAIN_DEPTH = 8, PLAIN_KEYS = 32 };

struct plain_key {
    const char *bytes;
    size_t size;
};

/* `end` is the NUL, so that looking at *at needs no test. */
struct plain {
    const char *at;
    const char *end;
    unsigned int n_keys;
    struct plain_key keys[PLAIN_KEYS]; /* of the objects that are open, the innermost last */
};

static bool plain_value(struct plain *plain, unsigned int depth);

#define EVERY_BYTE(c) (UINT64_MAX / 255 * (c))

/* A bit for each of eight bytes that is a control, a quote, a backslash, or no ASCII. The lowest is
 * right; a borrow runs upwards, so that those above it may be of bytes that are none of these. */
static uint64_t special_bytes(const char *bytes)
{
    uint64_t word, quotes, slashes;

    memcpy(&word, bytes, sizeof(word));
    word = le64toh(word);
    quotes = word ^ EVERY_BYTE('"');
    slashes = word ^ EVERY_BYTE('\\');
    return ((word - EVERY_BYTE(' ')) | (quotes - EVERY_BYTE(1)) | (slashes - EVERY_BYTE(1)) |
            word) &
           EVERY_BYTE(0x80);
}

/* The first byte that is special, or `end`. */
static const char *plain_text_end(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t special = special_bytes(at);

        if (special)
            return at + __builtin_ctzll(special) / 8;
    }
    while (at < end && (unsigned char)*at >= ' ' && (unsigned char)*at < 0x80 && *at != '"' &&
           *at != '\\')
        at++;
    return at;
}

bool plain_json_text(const char *text, size_t size)
{
    return plain_text_end(text, text + size) == text + size;
}

static void plain_skip_spaces(struct plain *plain)
{
    if ((unsigned char)*plain->at > ' ')
        return;
    while (*plain->at == ' ' || *plain->at == '\n' || *plain->at == '\t' || *plain->at == '\r')
        plain->at++;
}

static bool plain_take(struct plain *plain, char c)
{
    if (*plain->at != c)
        return false;
    plain->at++;
    return true;
}

static bool plain_string(struct plain *plain, struct plain_key *ret_text)
{
    const char *first;

    if (!plain_take(plain, '"'))
        return false;
    first = plain->at;
    plain->at = plain_text_end(first, plain->end);
    *ret_text = (struct plain_key){first, (size_t)(plain->at - first)};
    return plain_take(plain, '"');
}

static bool plain_digits(struct plain *plain)
{
    const char *first = plain->at;

    while (*plain->at >= '0' && *plain->at <= '9')
        plain->at++;
    return plain->at > first;
}

static bool plain_number(struct plain *plain)
{
    plain_take(plain, '-');
    if (!plain_take(plain, '0') && !plain_digits(plain))
        return false;
    if (plain_take(plain, '.') && !plain_digits(plain))
        return false;
    if (!plain_take(plain, 'e') && !plain_take(plain, 'E'))
        return true;
    if (!plain_take(plain, '+'))
        plain_take(plain, '-');
    return plain_digits(plain);
}

static bool plain_word(struct plain *plain, const char *word)
{
    size_t size = strlen(word);

    if ((size_t)(plain->end - plain->at) < size || memcmp(plain->at, word, size) != 0)
        return false;
    plain->at += size;
    return true;
}

/* A key that its object, whose keys begin at `first`, does not have yet, and the colon. */
static bool plain_member_key(struct plain *plain, unsigned int first)
{
    struct plain_key key;

    if (plain->n_keys == PLAIN_KEYS || !plain_string(plain, &key))
        return false;
    for (unsigned int i = first; i < plain->n_keys; i++)
        if (plain->keys[i].size == key.size &&
            memcmp(plain->keys[i].bytes, key.bytes, key.size) == 0)
            return false;
    plain->keys[plain->n_keys++] = key;
    plain_skip_spaces(plain);
    return plain_take(plain, ':');
}

/* At a brace or bracket. */
static bool plain_container(struct plain *plain, unsigned int depth)
{
    unsigned int first = plain->n_keys;
    bool object = *plain->at++ == '{';
    char end = object ? '}' : ']';

    if (depth > PLAIN_DEPTH)
        return false;
    plain_skip_spaces(plain);
    if (plain_take(plain, end))
        return true;
    for (;;) {
        plain_skip_spaces(plain);
        if (object && !plain_member_key(plain, first))
            return false;
        plain_skip_spaces(plain);
        if (!plain_value(plain, depth))
            return false;
        plain_skip_spaces(plain);
        if (plain_take(plain, end)) {
            plain->n_keys = first;
            return true;
        }
        if (!plain_take(plain, ','))
            return false;
    }
}

static bool plain_value(struct plain *plain, unsigned int depth)
{
    struct plain_key text;

    switch (*plain->at) {
    case '{':
    case '[':
        return plain_container(plain, depth + 1);
    case '"':
        return plain_string(plain, &text);
    case 't':
        return plain_word(plain, "true");
    case 'f':
        return plain_word(plain, "false");
    case 'n':
        return plain_word(plain, "null");
    default:
        return plain_number(plain);
    }
}

bool plain_json_object(const char *text, size_t size)
{
    struct plain plain = {.at = text, .end = text + size, .n_keys = 0};

    plain_skip_spaces(&plain);
    if (*plain.at != '{' || !plain_container(&plain, 1))
        return false;
    plain_skip_spaces(&plain);
    return plain.at == plain.end;
}
