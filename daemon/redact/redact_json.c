#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"
#include "json.h"
#include "redact_find.h"
#include "redact_private.h"
#include "scan.h"

enum {
    WALK_COLLIDES = REDACT_CHANGED + 1, /* two keys became the same */
    WALK_DEPTH = 1024,                  /* what is deeper counts as not listed */
};

static const char mark_text[] = "\"" REDACT_MARK "\"";

/* What a pass over a string saw. */
enum { STRING_TRIGGER = 1, STRING_ESCAPED = 2 };

struct string {
    const char *text; /* between its quotes */
    size_t size;
    unsigned int seen;
};

struct walk {
    const struct redact_pass *pass;
    const char *text;
    size_t size;
    size_t at;
    struct buffer *out;
    size_t copied; /* of the text into `out` */
    int64_t keys;  /* replaced */
    int64_t first_key;
    size_t no_text_to;   /* a value that ends here holds no secret that is a text */
    size_t no_number_to; /* one that ends here holds none that is a number either */
    bool kept;           /* allow-list: a value here is under a key that is listed */
    size_t depth;
    unsigned char outer[WALK_DEPTH / 8]; /* `kept` of the containers around, a bit each */
};

/* --- reading -------------------------------------------------------------------------------- */

/* The string whose opening quote is at `walk->at`; steps behind it. The text ends with a NUL, which
 * ends a string as a quote does. */
static struct string walk_string(struct walk *walk)
{
    const unsigned char *text = (const unsigned char *)walk->text;
    size_t at = walk->at + 1;
    struct string string = {.text = walk->text + at};

    for (;; at++) {
        unsigned char class = redact_classes[text[at]];

        if (class == REDACT_PLAIN)
            continue;
        if (class == REDACT_QUOTE)
            break;
        string.seen |= class == REDACT_TRIGGER ? STRING_TRIGGER : STRING_ESCAPED;
        if (class == REDACT_BACKSLASH && text[at + 1] != '\0')
            at++;
    }
    string.size = (size_t)(walk->text + at - string.text);
    walk->at = at < walk->size ? at + 1 : walk->size;
    return string;
}

static size_t walk_blank(const struct walk *walk, size_t at)
{
    while (at < walk->size && redact_is_space(walk->text[at]))
        at++;
    return at;
}

/* Steps behind the value at `walk->at`. True where it holds something that can be a secret. */
static bool walk_value(struct walk *walk, bool numbers_too)
{
    bool secret = false;
    size_t depth = 0;

    for (; walk->at < walk->size; walk->at++) {
        char c = walk->text[walk->at];

        if (c == '"') {
            size_t size = walk_string(walk).size;

            /* A key is no value. */
            secret = secret || (size > 0 && walk->text[walk_blank(walk, walk->at)] != ':');
            if (depth == 0)
                return secret;
            walk->at--;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (depth > 0 && (c == '}' || c == ']')) {
            if (--depth == 0) {
                walk->at++;
                return secret;
            }
        } else if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            return secret;
        } else if (numbers_too && (c == '-' || redact_is_digit(c))) {
            secret = true;
        }
    }
    return secret;
}

/* --- writing -------------------------------------------------------------------------------- */

static void walk_replace(struct walk *walk, size_t start, size_t end, const char *text, size_t size)
{
    buffer_append(walk->out, walk->text + walk->copied, start - walk->copied);
    buffer_append(walk->out, text, size);
    walk->copied = end;
}

static void walk_mark(struct walk *walk, size_t start, size_t end, enum redact_rule rule)
{
    if (end - start == sizeof(mark_text) - 1 &&
        memcmp(walk->text + start, mark_text, end - start) == 0)
        return;
    walk->pass->work->replaced[rule]++;
    walk_replace(walk, start, end, mark_text, sizeof(mark_text) - 1);
}

/* Whether the escapes are those of JSON; anything else is left as it is. */
static bool escapes_valid(const struct string *string)
{
    const char *reason;

    for (size_t i = 0; i < string->size; i++) {
        int size;

        if (string->text[i] != '\\')
            continue;
        size = escape_check(string->text + i, string->size - i, &reason);
        if (size <= 0)
            return false;
        i += (size_t)size - 1;
    }
    return true;
}

/* Unescapes where there is something to unescape. */
static int string_decode(const struct walk *walk, struct string *string)
{
    struct buffer *decoded = &walk->pass->work->decoded[walk->pass->level];

    if (!(string->seen & STRING_ESCAPED) || !escapes_valid(string))
        return 0;
    decoded->size = 0;
    if (!buffer_reserve(decoded, string->size + 1)) {
        buffer_clear(decoded);
        return -ENOMEM;
    }
    string->size = escape_decode(string->text, string->size, decoded->data);
    string->text = decoded->data;
    return 0;
}

/* Looks for credentials; an escaped string is unescaped then. REDACT_CHANGED: the new text,
 * unescaped, is in the level's buffer. */
static int string_pass(struct walk *walk, struct string *string)
{
    struct buffer *inner = &walk->pass->work->inner[walk->pass->level];
    struct redact_pass pass = *walk->pass;
    int r;

    if (!string->seen)
        return REDACT_KEPT;
    if (!(string->seen & STRING_ESCAPED)) {
        struct redact_finder finder = {
            .names = &pass.redaction->names, .text = string->text, .size = string->size};
        struct redact_span span;

        if (!redact_find(&finder, &span))
            return REDACT_KEPT;
    }
    r = string_decode(walk, string);
    if (r < 0)
        return r;
    pass.listed_only = false;
    return redact_text_pass(&pass, string->text, string->size, inner);
}

/* --- walking -------------------------------------------------------------------------------- */

static int walk_text_value(struct walk *walk, size_t start, struct string string)
{
    int r = string_pass(walk, &string);

    if (r != REDACT_CHANGED)
        return r;
    buffer_append(walk->out, walk->text + walk->copied, start - walk->copied);
    json_write_string(walk->out, walk->pass->work->inner[walk->pass->level].data);
    walk->copied = walk->at;
    return 0;
}

static void walk_replace_key(struct walk *walk, size_t start, size_t end)
{
    char key[64];
    int size;

    if (walk->keys + walk->first_key == 0)
        size = snprintf(key, sizeof(key), "%s", mark_text);
    else
        size = snprintf(key, sizeof(key), "\"[REDACTED %" PRId64 "]\"",
                        walk->keys + walk->first_key + 1);
    walk->keys++;
    walk->pass->work->replaced[REDACT_KEY]++;
    walk_replace(walk, start, end, key, (size_t)size);
}

/* A secret's value. What was read in vain isn't read again for keys within: time stays linear. */
static void walk_secret(struct walk *walk, bool numbers_too)
{
    size_t start = walk->at;

    if (start < walk->no_number_to || (start < walk->no_text_to && !numbers_too))
        return;
    if (walk_value(walk, numbers_too)) {
        walk_mark(walk, start, walk->at, REDACT_NAMED);
        return;
    }
    walk->no_number_to = numbers_too ? walk->at : walk->no_number_to;
    walk->no_text_to = walk->at;
    walk->at = start;
}

/* A key, and its value where the key says that it is a secret. The walk is behind the key. */
static int walk_key(struct walk *walk, size_t start, struct string string)
{
    size_t end = walk->at;
    unsigned int flags;
    bool changed;
    int r;

    walk->at = walk_blank(walk, walk_blank(walk, end) + 1);
    r = string_pass(walk, &string);
    if (r < 0)
        return r;
    changed = r == REDACT_CHANGED;
    if (changed)
        walk_replace_key(walk, start, end);
    if (walk->pass->listed_only) {
        walk->kept = !changed && redaction_lists(walk->pass->redaction, string.text, string.size);
        return 0;
    }
    flags = redact_name_flags(&walk->pass->redaction->names, string.text, string.size);
    if (flags && walk->at < walk->size)
        walk_secret(walk, flags & REDACT_NUMBERS_TOO);
    return 0;
}

static void walk_open(struct walk *walk, bool array)
{
    size_t place = walk->depth++;

    if (place < WALK_DEPTH) {
        unsigned char bit = (unsigned char)(1u << (place % 8));

        walk->outer[place / 8] &= (unsigned char)~bit;
        walk->outer[place / 8] |= walk->kept ? bit : 0;
    }
    walk->kept = walk->kept && array && place < WALK_DEPTH;
    walk->at++;
}

static void walk_close(struct walk *walk)
{
    if (walk->depth > 0)
        walk->depth--;
    walk->kept =
        walk->depth < WALK_DEPTH && (walk->outer[walk->depth / 8] >> (walk->depth % 8) & 1);
    walk->at++;
}

/* A number, true, false or null. */
static void walk_literal(struct walk *walk)
{
    size_t start = walk->at;

    while (walk->at < walk->size &&
           (redact_is_alnum(walk->text[walk->at]) || strchr("+-.", walk->text[walk->at])))
        walk->at++;
    if (walk->at == start)
        walk->at++; /* no JSON */
    else if (walk->pass->listed_only && !walk->kept)
        walk_mark(walk, start, walk->at, REDACT_UNLISTED);
}

static int walk_text(struct walk *walk)
{
    size_t start = walk->at;
    struct string string = walk_string(walk);

    if (walk->text[walk_blank(walk, walk->at)] == ':' && walk->depth > 0)
        return walk_key(walk, start, string);
    if (!walk->pass->listed_only || walk->kept)
        return walk_text_value(walk, start, string);
    if (string.size > 0)
        walk_mark(walk, start, walk->at, REDACT_UNLISTED);
    return 0;
}

static int walk_all(struct walk *walk)
{
    int r = 0;

    while (r == 0 && walk->at < walk->size) {
        switch (walk->text[walk->at]) {
        case '"':
            r = walk_text(walk);
            break;
        case '{':
        case '[':
            walk_open(walk, walk->text[walk->at] == '[');
            break;
        case '}':
        case ']':
            walk_close(walk);
            break;
        case ',':
        case ' ':
        case '\t':
        case '\r':
        case '\n':
            walk->at++;
            break;
        default:
            walk_literal(walk);
            break;
        }
    }
    return r;
}

/* Keys that were replaced must not be others' as well; the scan finds a key that comes twice. */
static int keys_check(const struct buffer *out)
{
    const struct limits limits = {.message = UINT32_MAX, .depth = WALK_DEPTH, .values = INT64_MAX};
    struct fault fault;
    struct scan scan;
    int r = scan_read(out->data, out->size, &limits, &scan, &fault);

    if (r == 0)
        scan_clear(&scan);
    return r > 0 ? WALK_COLLIDES : r;
}

static int walk_once(const struct redact_pass *pass, const char *text, size_t size,
                     int64_t first_key, struct buffer *out)
{
    struct walk walk;
    int r;

    walk.pass = pass;
    walk.text = text;
    walk.size = size;
    walk.at = walk.copied = walk.depth = walk.no_text_to = walk.no_number_to = 0;
    walk.out = out;
    walk.keys = 0;
    walk.first_key = first_key;
    walk.kept = false;
    out->size = 0;
    r = walk_all(&walk);
    if (r < 0 || walk.copied == 0)
        return r < 0 ? r : REDACT_KEPT;
    buffer_append(out, text + walk.copied, size - walk.copied);
    buffer_append_char(out, '\0');
    if (out->failed)
        return -ENOMEM;
    out->size--;
    r = walk.keys > 0 ? keys_check(out) : 0;
    return r != 0 ? r : REDACT_CHANGED;
}

int redact_json_pass(const struct redact_pass *pass, const char *text, size_t size,
                     struct buffer *out)
{
    static const int64_t first_keys[] = {0, 1000, 1000000};
    int r = REDACT_KEPT;

    for (size_t i = 0; i < sizeof(first_keys) / sizeof(first_keys[0]); i++) {
        r = walk_once(pass, text, size, first_keys[i], out);
        if (r != WALK_COLLIDES)
            return r;
    }
    /* Somebody has thought of everything. */
    out->size = 0;
    buffer_append_text(out, "{\"" REDACT_MARK "\":\"" REDACT_MARK "\"}");
    buffer_append_char(out, '\0');
    if (out->failed)
        return -ENOMEM;
    out->size--;
    return REDACT_CHANGED;
}
