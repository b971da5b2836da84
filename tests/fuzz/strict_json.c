#include "strict_json.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { STRICT_KEYS = 256, STRICT_LENGTH = 4096, STRICT_OPEN = 64 };

struct strict {
    const unsigned char *text;
    size_t size;
    size_t at;
    int64_t depth;
    int64_t values;
    struct strict_result result;
    jmp_buf out;
};

/* Code points of one string. */
struct points {
    uint32_t *all;
    size_t n;
};

/* The keys of one object. */
struct keys {
    struct points all[STRICT_KEYS];
    size_t n;
};

/* Of the objects that are open, the innermost last. */
static struct keys open_keys[STRICT_OPEN];
static size_t n_open_keys;

/* Of the string read last. */
static uint32_t points[STRICT_LENGTH];

static void keys_drop(void)
{
    struct keys *keys = &open_keys[--n_open_keys];

    for (size_t i = 0; i < keys->n; i++)
        free(keys->all[i].all);
    keys->n = 0;
}

static void stop(struct strict *strict, enum strict_verdict verdict, size_t offset)
{
    strict->result.verdict = verdict;
    strict->result.offset = offset;
    longjmp(strict->out, 1);
}

static void wrong(struct strict *strict, size_t offset)
{
    stop(strict, STRICT_MALFORMED, offset);
}

/* The byte at `at`; a text that ends before it is wrong at its end. */
static unsigned char need(struct strict *strict, size_t at)
{
    if (at >= strict->size)
        wrong(strict, strict->size);
    return strict->text[at];
}

static void blanks(struct strict *strict)
{
    while (strict->at < strict->size && memchr(" \t\r\n", strict->text[strict->at], 4))
        strict->at++;
}

/* The code point of four hexadecimal digits behind \u at `escape`. */
static uint32_t unit(struct strict *strict, size_t escape, size_t blame)
{
    static const char digits[] = "0123456789abcdef";
    uint32_t code = 0;

    if (need(strict, escape) != '\\' || need(strict, escape + 1) != 'u')
        wrong(strict, blame);
    for (size_t i = escape + 2; i < escape + 6; i++) {
        unsigned char c = need(strict, i);
        const char *place = c ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;

        if (!place)
            wrong(strict, blame);
        code = code * 16 + (uint32_t)(place - digits);
    }
    return code;
}

static uint32_t escaped(struct strict *strict)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    size_t start = strict->at;
    unsigned char name = need(strict, start + 1);
    uint32_t code, low;

    if (name && strchr(names, name)) {
        strict->at += 2;
        return (uint32_t)meant[strchr(names, name) - names];
    }
    code = unit(strict, start, start);
    strict->at += 6;
    if (code == 0 || (code >= 0xdc00 && code < 0xe000))
        wrong(strict, start);
    if (code < 0xd800 || code >= 0xe000)
        return code;
    low = unit(strict, start + 6, start);
    if (low < 0xdc00 || low >= 0xe000)
        wrong(strict, start);
    strict->at += 6;
    return 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
}

/* A character of several bytes. What can't become one is wrong as soon as that is certain, the
 * text's end only where it could have. */
static uint32_t wide(struct strict *strict)
{
    size_t start = strict->at;
    unsigned char lead = strict->text[start];
    size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    uint32_t code = lead & (0x3fu >> more);
    uint32_t least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;

    if (lead < 0xc2 || lead > 0xf4)
        wrong(strict, start);
    for (size_t i = 1; i <= more; i++) {
        unsigned char c = need(strict, start + i);
        uint32_t first, last;

        if (c < 0x80 || c > 0xbf)
            wrong(strict, start);
        code = code << 6 | (c & 0x3f);
        /* All that may still come of it. */
        first = code << 6 * (more - i);
        last = first | ((1u << 6 * (more - i)) - 1);
        if (last < least || first > 0x10ffff || (first >= 0xd800 && last <= 0xdfff))
            wrong(strict, start);
    }
    strict->at += more + 1;
    return code;
}

/* Leaves the code points in `points`. */
static void string(struct strict *strict, size_t *ret_n)
{
    size_t n = 0;

    strict->at++;
    while (need(strict, strict->at) != '"') {
        unsigned char c = strict->text[strict->at];

        if (n == STRICT_LENGTH)
            stop(strict, STRICT_BUDGET, 0);
        if (c < 0x20)
            wrong(strict, strict->at);
        if (c == '\\')
            points[n++] = escaped(strict);
        else if (c >= 0x80)
            points[n++] = wide(strict);
        else {
            points[n++] = c;
            strict->at++;
        }
    }
    strict->at++;
    *ret_n = n;
}

static void points_add(struct strict *strict, size_t n)
{
    strict_add(&strict->result.sum, STRICT_TEXT);
    for (size_t i = 0; i < n; i++)
        strict_add(&strict->result.sum, points[i]);
}

static bool is_digit(struct strict *strict, size_t at)
{
    return at < strict->size && strict->text[at] >= '0' && strict->text[at] <= '9';
}

static void digits(struct strict *strict)
{
    need(strict, strict->at);
    if (!is_digit(strict, strict->at))
        wrong(strict, strict->at);
    while (is_digit(strict, strict->at))
        strict->at++;
}

/* Whether the digits from `start` to `end`, with their sign, fit 64 bits. */
static bool fits(struct strict *strict, size_t start, size_t end)
{
    bool negative = strict->text[start] == '-';
    char text[32];
    size_t n = end - start - negative;

    if (n > 19)
        return false;
    memset(text, '0', sizeof(text));
    memcpy(text + 19 - n, strict->text + start + negative, n);
    return memcmp(text, negative ? "9223372036854775808" : "9223372036854775807", 19) <= 0;
}

/* A number from `start` to here, which are digits only where it is whole. */
static void number_add(struct strict *strict, size_t start, bool whole)
{
    uint64_t integer = 0;

    whole = whole && fits(strict, start, strict->at);
    if (whole) {
        bool negative = strict->text[start] == '-';

        for (size_t i = start + negative; i < strict->at; i++)
            integer = integer * 10 + (uint64_t)(strict->text[i] - '0');
        integer = negative ? -integer : integer;
        strict->result.integers++;
    }
    strict_add(&strict->result.sum, whole ? STRICT_INTEGER : STRICT_NUMBER);
    strict_add(&strict->result.sum, integer);
}

static void number(struct strict *strict)
{
    size_t start = strict->at;
    bool whole = true;

    if (strict->text[strict->at] == '-')
        strict->at++;
    if (need(strict, strict->at) == '0') {
        strict->at++;
        if (is_digit(strict, strict->at))
            wrong(strict, strict->at);
    } else {
        digits(strict);
    }
    if (strict->at < strict->size && strict->text[strict->at] == '.') {
        whole = false;
        strict->at++;
        digits(strict);
    }
    if (strict->at < strict->size && (strict->text[strict->at] | 0x20) == 'e') {
        whole = false;
        strict->at++;
        if (strict->at < strict->size && memchr("+-", strict->text[strict->at], 2))
            strict->at++;
        digits(strict);
    }
    number_add(strict, start, whole);
}

static void word(struct strict *strict, const char *letters)
{
    for (; *letters; letters++, strict->at++)
        if (need(strict, strict->at) != (unsigned char)*letters)
            wrong(strict, strict->at);
}

static void value(struct strict *strict, int64_t depth);

static void key(struct strict *strict)
{
    struct keys *keys = &open_keys[n_open_keys - 1];
    size_t start = strict->at;
    struct points *mine;

    if (need(strict, strict->at) != '"')
        wrong(strict, strict->at);
    if (keys->n == STRICT_KEYS)
        stop(strict, STRICT_BUDGET, 0);
    mine = &keys->all[keys->n];
    string(strict, &mine->n);
    mine->all = malloc(mine->n * sizeof(*points) + 1);
    if (!mine->all)
        abort();
    memcpy(mine->all, points, mine->n * sizeof(*points));
    keys->n++;
    points_add(strict, mine->n);
    for (size_t i = 0; i + 1 < keys->n; i++)
        if (keys->all[i].n == mine->n &&
            memcmp(keys->all[i].all, mine->all, mine->n * sizeof(*points)) == 0)
            wrong(strict, start);
    blanks(strict);
    if (need(strict, strict->at) != ':')
        wrong(strict, strict->at);
    strict->at++;
    blanks(strict);
}

static void container(struct strict *strict, int64_t depth, bool object)
{
    unsigned char end = object ? '}' : ']';

    if (depth > strict->depth)
        stop(strict, STRICT_DEEP, 0);
    if (object && n_open_keys++ == STRICT_OPEN) {
        n_open_keys--;
        stop(strict, STRICT_BUDGET, 0);
    }
    strict->at++;
    strict_add(&strict->result.sum, object ? '{' : '[');
    blanks(strict);
    for (bool first = true; need(strict, strict->at) != end; first = false) {
        if (!first) {
            if (strict->text[strict->at] != ',')
                wrong(strict, strict->at);
            strict->at++;
            blanks(strict);
        }
        if (object)
            key(strict);
        value(strict, depth);
        blanks(strict);
    }
    strict->at++;
    strict_add(&strict->result.sum, end);
    if (object)
        keys_drop();
}

static void value(struct strict *strict, int64_t depth)
{
    unsigned char c = need(strict, strict->at);
    size_t n;

    if (!strchr("{[\"-0123456789tfn", c) || c == '\0')
        wrong(strict, strict->at);
    if ((int64_t)strict->result.values >= strict->values)
        stop(strict, STRICT_MANY, 0);
    strict->result.values++;
    if (c == '{' || c == '[') {
        container(strict, depth + 1, c == '{');
    } else if (c == '"') {
        string(strict, &n);
        points_add(strict, n);
    } else if (strchr("tfn", c)) {
        strict_add(&strict->result.sum, c);
        word(strict, c == 't' ? "true" : c == 'f' ? "false" : "null");
    } else {
        number(strict);
    }
}

struct strict_result strict_read(const char *text, size_t size, int64_t depth, int64_t values)
{
    struct strict strict = {
        .text = (const unsigned char *)text, .size = size, .depth = depth, .values = values};

    if (setjmp(strict.out) == 0) {
        blanks(&strict);
        value(&strict, 0);
        blanks(&strict);
        if (strict.at < size)
            wrong(&strict, strict.at);
    }
    while (n_open_keys > 0)
        keys_drop();
    return strict.result;
}
