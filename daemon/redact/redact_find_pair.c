#include <string.h>

#include "redact_find.h"

enum {
    PROSE_MOST = 64, /* bytes of a value that are looked at to tell it from prose */
    BEARER_LEAST = 16,
};

/* --- values --------------------------------------------------------------------------------- */

/* Steps over a scheme of authorization and the blanks behind it. */
static size_t skip_scheme(const struct redact_finder *finder, size_t at)
{
    static const char *const schemes[] = {"bearer", "basic", "digest", "token", "negotiate"};

    for (size_t n = 0; n < sizeof(schemes) / sizeof(schemes[0]); n++) {
        size_t end = at + strlen(schemes[n]);

        if (!redact_word_at(finder->text, finder->size, at, schemes[n]) || end >= finder->size ||
            finder->text[end] != ' ')
            continue;
        while (end < finder->size && finder->text[end] == ' ')
            end++;
        return end;
    }
    return at;
}

/* Whether a separator within a value ends it: nothing, or another name=, follows. */
static bool pair_follows(const struct redact_finder *finder, size_t at)
{
    size_t name;

    while (at < finder->size && finder->text[at] == ' ')
        at++;
    name = at;
    while (at < finder->size &&
           (redact_is_alnum(finder->text[at]) || strchr("_-.", finder->text[at])) &&
           finder->text[at] != '\0')
        at++;
    return at == finder->size || redact_is_space(finder->text[at]) ||
           (at > name && (finder->text[at] == '=' || finder->text[at] == ':'));
}

/* The end of a value without quotes. */
static size_t bare_end(const struct redact_finder *finder, size_t at)
{
    const char *text = finder->text;
    size_t start = at;

    for (; at < finder->size; at++) {
        if (redact_is_space(text[at]) || redact_is_quote(text[at]) || text[at] == '<')
            break;
        if (text[at] == '\\' && at + 1 < finder->size && strchr("\"'`nrt", text[at + 1]))
            break;
        if ((text[at] == '&' || text[at] == ';' || text[at] == ',') && pair_follows(finder, at + 1))
            break;
    }
    while (at > start && strchr(")]},;", text[at - 1]) && text[at - 1] != '\0')
        at--;
    return at;
}

static size_t line_end(const struct redact_finder *finder, size_t at)
{
    const char *text = finder->text;

    while (at < finder->size && text[at] != '\n' && text[at] != '\r' &&
           !redact_is_quote(text[at]) &&
           !(text[at] == '\\' && at + 1 < finder->size && strchr("\"nr", text[at + 1])))
        at++;
    return at;
}

/* The end of a value in quotes that are escaped by `depth` backslashes each. A quote with more of
 * them stands within the value. */
static size_t quoted_end(const struct redact_finder *finder, size_t at, char quote, size_t depth)
{
    size_t slashes = 0;

    for (; at < finder->size; at++) {
        if (finder->text[at] == quote && slashes <= depth)
            return at - slashes;
        slashes = finder->text[at] == '\\' ? slashes + 1 : 0;
    }
    return at;
}

/* A value at `at` that may be quoted; `line`: it goes to the end of the line. */
static bool find_value(const struct redact_finder *finder, size_t at, bool line,
                       struct redact_span *span)
{
    const char *text = finder->text;
    size_t open = at, end;

    while (open < finder->size && text[open] == '\\')
        open++;
    if (open < finder->size && redact_is_quote(text[open])) {
        size_t depth = open - at;

        at = skip_scheme(finder, open + 1);
        if (redact_mark_at(text, finder->size, at))
            return false;
        end = quoted_end(finder, at, text[open], depth);
    } else {
        at = skip_scheme(finder, at);
        if (redact_mark_at(text, finder->size, at))
            return false;
        end = line ? line_end(finder, at) : bare_end(finder, at);
    }
    *span = (struct redact_span){at, end, REDACT_PAIR};
    return end > at;
}

/* --- name=value, name: value ------------------------------------------------------------------ */

/* Where the name before a '=' or ':' ends, blanks and closing quotes left out. */
static size_t name_end(const struct redact_finder *finder, size_t i)
{
    const char *text = finder->text;

    while (i > finder->floor && (text[i - 1] == ' ' || text[i - 1] == '\t'))
        i--;
    while (i > finder->floor &&
           (redact_is_quote(text[i - 1]) || text[i - 1] == '\\' || text[i - 1] == ']'))
        i--;
    return i;
}

/* Whether the name that ends at `end` is one plain word behind another, as in "invalid token: …".
 */
static bool is_prose(const struct redact_finder *finder, size_t end)
{
    const char *text = finder->text;
    size_t start = end;

    while (start > 0 && end - start < PROSE_MOST && redact_is_letter(text[start - 1]))
        start--;
    return start >= 2 && text[start - 1] == ' ' && redact_is_alnum(text[start - 2]);
}

/* Small letters, or no letter or digit at all: a word or a sign. */
static bool looks_like_prose(const struct redact_finder *finder, size_t at)
{
    size_t end = finder->size - at > PROSE_MOST ? at + PROSE_MOST : finder->size;
    bool any = false;

    for (; at < end && !redact_is_space(finder->text[at]); at++) {
        if (redact_is_digit(finder->text[at]) || redact_is_upper(finder->text[at]))
            return false;
        any = any || finder->text[at] == '_' || finder->text[at] == '@' ||
              finder->text[at] == '#' || finder->text[at] == '$' || finder->text[at] == '%';
    }
    return !any;
}

bool redact_find_pair(const struct redact_finder *finder, size_t i, struct redact_span *span)
{
    const char *text = finder->text;
    size_t end = name_end(finder, i), at = i + 1;
    bool colon = text[i] == ':';
    unsigned int flags;

    flags = redact_name_flags(finder->names, text, end);
    if (!flags || end <= finder->floor)
        return false;
    /* Other signs that begin like these: ==, =~, =>, :=, :: */
    if (at < finder->size && (text[at] == '=' || text[at] == '~') && !colon)
        return false;
    if (at < finder->size && ((text[at] == '>' && !colon) || (text[at] == '=' && colon)))
        at++;
    else if (colon && at < finder->size && text[at] == ':')
        return false;
    while (at < finder->size && (text[at] == ' ' || text[at] == '\t'))
        at++;
    if (at == finder->size || text[at] == '\n' || text[at] == '\r')
        return false;
    if (colon && end == i && is_prose(finder, end) && looks_like_prose(finder, at))
        return false;
    return find_value(finder, at, colon && (flags & REDACT_WHOLE_LINE), span);
}

/* --name value on a command line. */
bool redact_find_option(const struct redact_finder *finder, size_t i, struct redact_span *span)
{
    const char *text = finder->text;
    size_t at = i + 2;

    if (at >= finder->size || text[i + 1] != '-' || !redact_is_letter(text[at]) ||
        (i > 0 && !redact_is_space(text[i - 1]) && !redact_is_quote(text[i - 1]) &&
         text[i - 1] != ','))
        return false;
    while (at < finder->size && (redact_is_alnum(text[at]) || text[at] == '-' || text[at] == '_'))
        at++;
    if (!redact_name_flags(finder->names, text + i + 2, at - i - 2))
        return false;
    /* As a list of arguments has it: "--token", "x". */
    while (at < finder->size && (text[at] == '\\' || redact_is_quote(text[at]) || text[at] == ','))
        at++;
    if (at >= finder->size || text[at] != ' ')
        return false;
    while (at < finder->size && text[at] == ' ')
        at++;
    if (at == finder->size || text[at] == '-')
        return false;
    return find_value(finder, at, false, span);
}

/* --- Bearer and Basic ------------------------------------------------------------------------- */

static int base64_digit(char c)
{
    if (redact_is_upper(c))
        return c - 'A';
    if (redact_is_lower(c))
        return c - 'a' + 26;
    if (redact_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Whether base64 holds user:password, which no word of prose does. */
static bool holds_colon(const char *text, size_t size)
{
    unsigned int bits = 0;
    bool colon = false;

    for (size_t i = 0; i < size && text[i] != '='; i++) {
        int digit = base64_digit(text[i]);
        char byte;

        if (digit < 0)
            return false;
        bits = bits << 6 | (unsigned int)digit;
        if (i % 4 == 0)
            continue;
        byte = (char)(bits >> (6 - i % 4 * 2) & 0xff);
        if (byte >= 0 && byte < ' ')
            return false;
        colon = colon || byte == ':';
    }
    return colon;
}

static bool is_bearer_token(const char *text, size_t size)
{
    bool digit = false, upper = false, lower = false;

    for (size_t i = 0; i < size; i++) {
        digit = digit || redact_is_digit(text[i]);
        upper = upper || (i > 0 && redact_is_upper(text[i]));
        lower = lower || redact_is_lower(text[i]);
    }
    return size >= BEARER_LEAST && (digit || (upper && lower && size >= BEARER_LEAST + 4));
}

/* The blank at `i` ends the scheme. */
bool redact_find_scheme(const struct redact_finder *finder, size_t i, struct redact_span *span)
{
    const char *text = finder->text;
    size_t at = i, end;
    bool basic = i >= 5 && redact_word_at(text, finder->size, i - 5, "basic");
    bool bearer = i >= 6 && redact_word_at(text, finder->size, i - 6, "bearer");
    size_t start = basic ? i - 5 : i - 6;

    if ((!basic && !bearer) || (start > 0 && redact_is_alnum(text[start - 1])))
        return false;
    while (at < finder->size && text[at] == ' ')
        at++;
    end = at;
    while (end < finder->size && (redact_is_alnum(text[end]) || strchr("-._~+/=", text[end])) &&
           text[end] != '\0')
        end++;
    while (end > at && text[end - 1] == '.')
        end--;
    *span = (struct redact_span){at, end, REDACT_SCHEME};
    return basic ? end - at >= 6 && holds_colon(text + at, end - at)
                 : is_bearer_token(text + at, end - at);
}
