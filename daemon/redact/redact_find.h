/*
 * redact_find: where credentials stand in a text.
 *
 * Pure functions of an unescaped text. Found are:
 * - private key blocks, to their end line or, where that is cut off, to the end of the text;
 * - tokens of known forms (GitHub, GitLab, AWS, Slack, Google, Stripe, npm, sk-…, …) and JSON Web
 *   Tokens, which are told from words by their length and signs;
 * - the password in a URL's user:password@, or the user where the password says nothing;
 * - what follows Bearer and Basic, where it can't be a word of prose;
 * - the value in name=value, name: value, "name":"value" and --name value, in quotes of any depth
 * of escaping, where the name is that of a secret (redact_names.h). `unexpected token: foo` is
 * prose: behind another word, `name:` needs a value with more than small letters. Time is linear in
 * the text, whatever stands in it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "redact.h"
#include "redact_names.h"

struct redact_span {
    size_t start;
    size_t end;
    enum redact_rule rule;
};

struct redact_finder {
    const struct redact_names *names;
    const char *text;
    size_t size;
    size_t at;           /* where to look next: behind what was found */
    size_t floor;        /* nothing found begins before this */
    size_t at_sign_from; /* from `at_sign_from` to `at_sign_to` there is no '@' */
    size_t at_sign_to;
};

/* The next credential; false when there is none. */
bool redact_find(struct redact_finder *finder, struct redact_span *ret_span);

/* What a byte is for those who look for credentials. */
enum {
    REDACT_PLAIN,
    REDACT_TRIGGER,   /* a credential may be there */
    REDACT_QUOTE,     /* ends a JSON string; so does a NUL */
    REDACT_BACKSLASH, /* begins an escape in a JSON string */
};
extern const unsigned char redact_classes[256];

/* Parts of the finder, one for each kind; each looks at a trigger at `i` and fills the span. */
bool redact_find_prefix(const struct redact_finder *finder, size_t i, struct redact_span *span);
bool redact_find_block(const struct redact_finder *finder, size_t i, struct redact_span *span);
bool redact_find_jwt(const struct redact_finder *finder, size_t i, struct redact_span *span);
bool redact_find_capital(const struct redact_finder *finder, size_t i, struct redact_span *span);
bool redact_find_scheme(const struct redact_finder *finder, size_t i, struct redact_span *span);
bool redact_find_url(struct redact_finder *finder, size_t i, struct redact_span *span);
bool redact_find_pair(const struct redact_finder *finder, size_t i, struct redact_span *span);
bool redact_find_option(const struct redact_finder *finder, size_t i, struct redact_span *span);

/* Characters by kind; no locale. */
static inline bool redact_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool redact_is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static inline bool redact_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool redact_is_letter(char c)
{
    return redact_is_upper(c) || redact_is_lower(c);
}

static inline bool redact_is_alnum(char c)
{
    return redact_is_letter(c) || redact_is_digit(c);
}

static inline bool redact_is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool redact_is_quote(char c)
{
    return c == '"' || c == '\'' || c == '`';
}

/* Whether the text goes on with `word`, which is in lower case, at `at`. */
bool redact_word_at(const char *text, size_t size, size_t at, const char *word);
/* Whether the text at `at` is a replacement already. */
bool redact_mark_at(const char *text, size_t size, size_t at);
