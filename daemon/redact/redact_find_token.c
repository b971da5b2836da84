#include <string.h>

#include "redact_find.h"

/* Which bytes a token goes on with. */
enum token_signs { SIGNS_ALNUM, SIGNS_UNDERLINE, SIGNS_DASH, SIGNS_BASE64URL };

enum { TOKEN_LEAST = 10 }; /* no form has a smaller `least` */

/* A known beginning, told by its last byte, which is a trigger. */
struct token_form {
    const char *prefix;
    size_t size; /* of the prefix */
    enum token_signs signs;
    size_t least; /* bytes behind the prefix */
    bool mixed; /* has a digit, and twelve letters or digits in a row: words joined by '-' don't */
};

#define FORM(prefix, signs, least, mixed)                                                          \
    {                                                                                              \
        prefix, sizeof(prefix) - 1, signs, least, mixed                                            \
    }

static const struct token_form token_forms[] = {
    FORM("ghp_", SIGNS_UNDERLINE, 16, false),   FORM("gho_", SIGNS_UNDERLINE, 16, false),
    FORM("ghu_", SIGNS_UNDERLINE, 16, false),   FORM("ghs_", SIGNS_UNDERLINE, 16, false),
    FORM("ghr_", SIGNS_UNDERLINE, 16, false),   FORM("github_pat_", SIGNS_UNDERLINE, 16, false),
    FORM("npm_", SIGNS_ALNUM, 30, false),       FORM("hf_", SIGNS_ALNUM, 30, false),
    FORM("sk_live_", SIGNS_ALNUM, 10, false),   FORM("rk_live_", SIGNS_ALNUM, 10, false),
    FORM("sk_test_", SIGNS_ALNUM, 10, false),   FORM("rk_test_", SIGNS_ALNUM, 10, false),
    FORM("whsec_", SIGNS_ALNUM, 20, false),     FORM("shpat_", SIGNS_ALNUM, 30, false),
    FORM("lin_api_", SIGNS_ALNUM, 30, false),   FORM("dop_v1_", SIGNS_ALNUM, 40, false),
    FORM("xoxa-", SIGNS_DASH, 10, false),       FORM("xoxb-", SIGNS_DASH, 10, false),
    FORM("xoxe-", SIGNS_DASH, 10, false),       FORM("xoxp-", SIGNS_DASH, 10, false),
    FORM("xoxr-", SIGNS_DASH, 10, false),       FORM("xoxs-", SIGNS_DASH, 10, false),
    FORM("xoxe.", SIGNS_DASH, 10, false),       FORM("xapp-", SIGNS_DASH, 20, false),
    FORM("glpat-", SIGNS_BASE64URL, 16, false), FORM("gldt-", SIGNS_BASE64URL, 20, true),
    FORM("glrt-", SIGNS_BASE64URL, 20, true),   FORM("sk-", SIGNS_BASE64URL, 20, true),
    FORM("pypi-", SIGNS_BASE64URL, 40, true),   FORM("age-secret-key-", SIGNS_ALNUM, 20, false),
    FORM("sg.", SIGNS_BASE64URL, 16, true),     FORM("ya29.", SIGNS_BASE64URL, 20, false),
};

static bool has_sign(char c, enum token_signs signs)
{
    if (redact_is_alnum(c))
        return true;
    switch (signs) {
    case SIGNS_ALNUM:
        return false;
    case SIGNS_UNDERLINE:
        return c == '_';
    case SIGNS_DASH:
        return c == '-';
    case SIGNS_BASE64URL:
        return c == '-' || c == '_';
    }
    return false;
}

/* The end of the bytes from `at` on that a token may have. */
static size_t signs_end(const struct redact_finder *finder, size_t at, enum token_signs signs)
{
    while (at < finder->size && has_sign(finder->text[at], signs))
        at++;
    return at;
}

static bool is_mixed(const char *text, size_t size)
{
    size_t row = 0, longest = 0;
    bool digit = false;

    for (size_t i = 0; i < size; i++) {
        row = redact_is_alnum(text[i]) ? row + 1 : 0;
        longest = row > longest ? row : longest;
        digit = digit || redact_is_digit(text[i]);
    }
    return digit && longest >= 12;
}

/* Whether a token may begin at `start`. A form that reads far before it says no must not be tried
 * again within the bytes it has read: it begins only behind a byte that it can't hold. */
static bool may_begin(const struct redact_finder *finder, size_t start,
                      const struct token_form *form)
{
    if (start < finder->floor)
        return false;
    if (start == 0)
        return true;
    return !has_sign(finder->text[start - 1], form->mixed ? form->signs : SIGNS_ALNUM);
}

static bool form_ends(const struct redact_finder *finder, size_t i, const struct token_form *form,
                      struct redact_span *span)
{
    size_t start, end;

    if (form->prefix[form->size - 1] != finder->text[i] || i + 1 < form->size)
        return false;
    start = i + 1 - form->size;
    if (!redact_word_at(finder->text, finder->size, start, form->prefix) ||
        !may_begin(finder, start, form))
        return false;
    end = signs_end(finder, i + 1, form->signs);
    if (end - i - 1 < form->least)
        return false;
    if (form->mixed && !is_mixed(finder->text + i + 1, end - i - 1))
        return false;
    /* What a dot joins belongs to it: the second half of a SendGrid key, Slack's rotated tokens. */
    while (finder->text[i] == '.' && end + 16 < finder->size && finder->text[end] == '.' &&
           signs_end(finder, end + 1, form->signs) - end > 16)
        end = signs_end(finder, end + 1, form->signs);
    *span = (struct redact_span){start, end, REDACT_TOKEN};
    return true;
}

/* Whether behind the trigger at `i` stands the least that any token needs; most triggers stand in
 * shorter words. Reads no further, for the next trigger may be the next byte. */
static bool has_least(const struct redact_finder *finder, size_t i)
{
    if (finder->size - i <= TOKEN_LEAST)
        return false;
    for (size_t n = 1; n <= TOKEN_LEAST; n++)
        if (!has_sign(finder->text[i + n], SIGNS_BASE64URL))
            return false;
    return true;
}

bool redact_find_prefix(const struct redact_finder *finder, size_t i, struct redact_span *span)
{
    if (i < 2 || !has_least(finder, i))
        return false;
    for (size_t n = 0; n < sizeof(token_forms) / sizeof(token_forms[0]); n++)
        if (form_ends(finder, i, &token_forms[n], span))
            return true;
    return false;
}

/* AKIA… and ASIA… have exactly 16 more, in capitals; AIza… has 35 or more. */
bool redact_find_capital(const struct redact_finder *finder, size_t i, struct redact_span *span)
{
    const char *text = finder->text;
    size_t end = i + 2;

    if (i >= 2 && text[i - 2] == 'A' && (text[i - 1] == 'K' || text[i - 1] == 'S') &&
        i + 1 < finder->size && text[i + 1] == 'A' && (i == 2 || !redact_is_alnum(text[i - 3]))) {
        while (end < finder->size && (redact_is_upper(text[end]) || redact_is_digit(text[end])) &&
               end < i + 19)
            end++;
        if (end == i + 18 && (end == finder->size || !redact_is_alnum(text[end]))) {
            *span = (struct redact_span){i - 2, end, REDACT_TOKEN};
            return true;
        }
    }
    if (i < 1 || text[i - 1] != 'A' || !redact_word_at(text, finder->size, i, "iza") ||
        text[i + 1] != 'z' || (i > 1 && redact_is_alnum(text[i - 2])))
        return false;
    end = signs_end(finder, i + 3, SIGNS_BASE64URL);
    *span = (struct redact_span){i - 1, end, REDACT_TOKEN};
    return end - i - 3 >= 35;
}

/* Three parts; the first two are JSON objects in base64url, which begin with eyJ. */
bool redact_find_jwt(const struct redact_finder *finder, size_t i, struct redact_span *span)
{
    const char *text = finder->text;
    size_t end;

    if (i < 2 || text[i - 1] != 'y' || text[i - 2] != 'e' ||
        (i > 2 && has_sign(text[i - 3], SIGNS_BASE64URL)))
        return false;
    end = signs_end(finder, i, SIGNS_BASE64URL);
    if (end - i < 8 || end + 4 >= finder->size || memcmp(text + end, ".eyJ", 4) != 0)
        return false;
    end = signs_end(finder, end + 1, SIGNS_BASE64URL);
    if (end >= finder->size || text[end] != '.')
        return false;
    while (end < finder->size && text[end] == '.' &&
           signs_end(finder, end + 1, SIGNS_BASE64URL) > end + 1)
        end = signs_end(finder, end + 1, SIGNS_BASE64URL);
    *span = (struct redact_span){i - 2, end, REDACT_JWT};
    return true;
}

/* The first `what` in the text from `at` on; its place, or the text's size. */
static size_t place_of(const struct redact_finder *finder, size_t at, size_t end, const char *what)
{
    const char *place = memmem(finder->text + at, end - at, what, strlen(what));

    return place ? (size_t)(place - finder->text) : finder->size;
}

/* -----BEGIN … PRIVATE KEY…----- to the end of its END line. */
bool redact_find_block(const struct redact_finder *finder, size_t i, struct redact_span *span)
{
    static const char begin[] = "-----begin ";
    size_t label = i + sizeof(begin) - 1, most, end;

    if (!redact_word_at(finder->text, finder->size, i, begin))
        return false;
    most = finder->size - label > 64 ? label + 64 : finder->size;
    end = place_of(finder, label, most, "PRIVATE KEY");
    if (end == finder->size || place_of(finder, label, end, "-----") != finder->size)
        return false;
    end = place_of(finder, end, finder->size, "-----END ");
    if (end < finder->size) {
        end = place_of(finder, end + 9, finder->size, "-----");
        end = end < finder->size ? end + 5 : end;
    }
    *span = (struct redact_span){i, end, REDACT_PRIVATE_KEY};
    return true;
}
