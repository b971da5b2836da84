#include <string.h>

#include "redact_find.h"

/* Backslashes and the '/' they may escape, twice: "://", ":\/\/". */
static bool skip_slashes(const struct redact_finder *finder, size_t *at)
{
    for (int slashes = 0; slashes < 2; slashes++) {
        while (*at < finder->size && finder->text[*at] == '\\')
            ++*at;
        if (*at >= finder->size || finder->text[*at] != '/')
            return false;
        ++*at;
    }
    return true;
}

static bool ends_word(char c)
{
    return redact_is_space(c) || redact_is_quote(c) || c == '<' || c == '>' || c == '\\';
}

/* The last '@' of the word that begins at `start`, or `finder->size`. Long words without one are
 * read once only. */
static size_t last_at_sign(struct redact_finder *finder, size_t start)
{
    size_t last = finder->size, i = start;

    if (start >= finder->at_sign_from && start < finder->at_sign_to)
        return last;
    for (; i < finder->size && !ends_word(finder->text[i]); i++)
        if (finder->text[i] == '@')
            last = i;
    if (last == finder->size) {
        finder->at_sign_from = start;
        finder->at_sign_to = i;
    }
    return last;
}

/* Where user:password ends: at the last '@' before the path. Where what stands behind the colon is
 * no port, the password holds a '/' that should have been encoded. */
static size_t user_end(struct redact_finder *finder, size_t start, size_t *ret_colon)
{
    const char *text = finder->text;
    size_t at_sign = finder->size, colon = finder->size, i = start;
    bool port = true;

    for (; i < finder->size && !ends_word(text[i]) && !strchr("/?#", text[i]); i++) {
        if (text[i] == '@')
            at_sign = i;
        else if (text[i] == ':' && colon == finder->size)
            colon = i;
        else if (colon < finder->size)
            port = port && redact_is_digit(text[i]);
    }
    *ret_colon = colon;
    if (at_sign < finder->size || colon == finder->size || port || text[start] == '[' ||
        i >= finder->size || ends_word(text[i]))
        return at_sign;
    return last_at_sign(finder, i);
}

bool redact_find_url(struct redact_finder *finder, size_t i, struct redact_span *span)
{
    static const char nothing[] = "x-oauth-basic";
    size_t start = i + 1, colon, end, size;

    if (i == 0 || !redact_is_alnum(finder->text[i - 1]) || !skip_slashes(finder, &start))
        return false;
    end = user_end(finder, start, &colon);
    if (end == finder->size || colon >= end)
        return false;
    *span = (struct redact_span){colon + 1, end, REDACT_URL};
    size = end - colon - 1;
    /* A password that says nothing: the user is the token. */
    if (size == 0 ||
        (size == sizeof(nothing) - 1 && memcmp(finder->text + colon + 1, nothing, size) == 0)) {
        span->start = start;
        span->end = colon;
    }
    size = span->end - span->start;
    return size > 0 && !(size == sizeof(REDACT_MARK) - 1 &&
                         redact_mark_at(finder->text, finder->size, span->start));
}
