#include "redact_find.h"

#include <string.h>

/* Lower-case letters and digits are no triggers: most bytes are such. */
const unsigned char redact_classes[256] = {
    ['\0'] = REDACT_QUOTE,  ['"'] = REDACT_QUOTE,   ['\\'] = REDACT_BACKSLASH,
    [' '] = REDACT_TRIGGER, ['-'] = REDACT_TRIGGER, [':'] = REDACT_TRIGGER,
    ['='] = REDACT_TRIGGER, ['_'] = REDACT_TRIGGER, ['I'] = REDACT_TRIGGER,
    ['J'] = REDACT_TRIGGER, ['.'] = REDACT_TRIGGER,
};

bool redact_word_at(const char *text, size_t size, size_t at, const char *word)
{
    for (; *word; word++, at++) {
        if (at >= size)
            return false;
        if ((redact_is_upper(text[at]) ? text[at] | 0x20 : text[at]) != *word)
            return false;
    }
    return true;
}

bool redact_mark_at(const char *text, size_t size, size_t at)
{
    return at <= size && size - at >= sizeof(REDACT_MARK) - 1 &&
           memcmp(text + at, REDACT_MARK, sizeof(REDACT_MARK) - 1) == 0;
}

/* What the trigger at `i` tells of. */
static bool find_at(struct redact_finder *finder, size_t i, struct redact_span *span)
{
    switch (finder->text[i]) {
    case ':':
        return redact_find_url(finder, i, span) || redact_find_pair(finder, i, span);
    case '=':
        return redact_find_pair(finder, i, span);
    case '-':
        return redact_find_block(finder, i, span) || redact_find_option(finder, i, span) ||
               redact_find_prefix(finder, i, span);
    case '_':
    case '.':
        return redact_find_prefix(finder, i, span);
    case ' ':
        return redact_find_scheme(finder, i, span);
    case 'I':
        return redact_find_capital(finder, i, span);
    case 'J':
        return redact_find_jwt(finder, i, span);
    default:
        return false;
    }
}

bool redact_find(struct redact_finder *finder, struct redact_span *ret_span)
{
    struct redact_span span;

    for (size_t i = finder->at; i < finder->size; i++) {
        if (redact_classes[(unsigned char)finder->text[i]] != REDACT_TRIGGER)
            continue;
        if (!find_at(finder, i, &span) || span.start < finder->floor || span.end <= span.start)
            continue;
        finder->at = finder->floor = span.end;
        *ret_span = span;
        return true;
    }
    finder->at = finder->size;
    return false;
}
