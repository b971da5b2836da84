/*
 * Frames, the scan, the reader and the header, against a second reader of JSON: both must say the
 * same of every text, to the offset of the first byte that can't be right.
 *
 * The first two bytes of the input choose the limits; the rest is a stream of frames.
 */
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "fuzz.h"
#include "message.h"
#include "scan.h"
#include "strict_json.h"

struct tally {
    size_t values;
    size_t integers;
    uint64_t sum;
};

static void text_add(struct tally *tally, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;

    strict_add(&tally->sum, STRICT_TEXT);
    while (at < end) {
        int more = *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : *at >= 0xc0 ? 1 : 0;
        uint32_t code = more ? *at & (0x3fu >> more) : *at;

        for (at++; more > 0; more--, at++)
            code = code << 6 | (*at & 0x3f);
        strict_add(&tally->sum, code);
    }
}

static void key_add(struct tally *tally, struct json_value member)
{
    const char *key = json_key(member);
    const char *bytes;
    size_t size;

    fuzz_demand(key, "out of memory");
    bytes = json_key_bytes(member, &size);
    fuzz_demand(bytes && size == strlen(key) && memcmp(bytes, key, size) == 0, "two keys");
    text_add(tally, key, size);
}

static void number_add(struct tally *tally, struct json_value value)
{
    int64_t integer = 0;
    bool whole = json_integer(value, &integer);

    tally->integers += whole;
    strict_add(&tally->sum, whole ? STRICT_INTEGER : STRICT_NUMBER);
    strict_add(&tally->sum, (uint64_t)integer);
}

/* In the order of the text. The depth is bounded by the limits. */
static void value_add(struct tally *tally, struct json_value value)
{
    const char *text;
    bool object;

    tally->values++;
    switch (json_type_of(value)) {
    case JSON_NULL:
    case JSON_FALSE:
    case JSON_TRUE:
        strict_add(&tally->sum, (uint64_t)json_text(value, &(size_t){0})[0]);
        return;
    case JSON_NUMBER:
        number_add(tally, value);
        return;
    case JSON_STRING:
        text = json_string(value);
        fuzz_demand(text, "out of memory");
        text_add(tally, text, strlen(text));
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        object = json_type_of(value) == JSON_OBJECT;
        strict_add(&tally->sum, object ? '{' : '[');
        for (value = json_first(value); value.node; value = json_after(value)) {
            if (object)
                key_add(tally, value);
            value_add(tally, value);
        }
        strict_add(&tally->sum, object ? '}' : ']');
    }
}

static void compare(const char *text, size_t size, const struct limits *limits)
{
    struct strict_result strict = strict_read(text, size, limits->depth, limits->values);
    struct json_document *document;
    struct tally tally = {0};
    struct fault fault;
    int r = json_read(text, size, limits, &document, &fault);

    fuzz_demand(r >= 0, "out of memory");
    if (r == 0)
        value_add(&tally, json_root(document));
    if (r == 0)
        json_document_free(document);
    switch (strict.verdict) {
    case STRICT_BUDGET:
        return;
    case STRICT_FINE:
        fuzz_demand(r == 0, "refused: %s at %lld", fault.text, (long long)fault.number);
        fuzz_demand(tally.values == strict.values, "%zu values, not %zu", tally.values,
                    strict.values);
        fuzz_demand(tally.integers == strict.integers, "%zu integers, not %zu", tally.integers,
                    strict.integers);
        fuzz_demand(tally.sum == strict.sum, "other values");
        return;
    case STRICT_MALFORMED:
        fuzz_demand(r > 0 && fault.kind == FAULT_MALFORMED, "taken, or refused for another reason");
        fuzz_demand((size_t)fault.number == strict.offset, "%s at %lld, not at %zu", fault.text,
                    (long long)fault.number, strict.offset);
        return;
    case STRICT_DEEP:
    case STRICT_MANY:
        fuzz_demand(r > 0 && fault.kind == FAULT_TOO_LARGE_MESSAGE, "not told to be too large");
        fuzz_demand(strcmp(fault.text, strict.verdict == STRICT_DEEP ? "depth" : "values") == 0,
                    "too large in %s", fault.text);
    }
}

/* A header that is taken is one that can be written again and is the same then. */
static void read_headers(const char *text, size_t size, const struct limits *limits)
{
    struct message message;
    struct fault fault;

    if (message_read_call(text, size, limits, &message, &fault) == 0) {
        fuzz_demand(message.method && !(message.more && message.oneway), "a header without sense");
        message_clear(&message);
    }
    if (message_read_reply(text, size, limits, &message, &fault) == 0)
        message_clear(&message);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct limits limits = limits_default;
    size_t at = 0, n, rest;
    char *bytes;

    limits.depth = 1 + fuzz_byte(&input) % 64;
    limits.values = 1 + fuzz_byte(&input) * 4;
    bytes = fuzz_rest(&input, &rest);
    while (frame_find(bytes + at, rest - at, &n)) {
        char *frame = malloc(n + 1);

        fuzz_demand(frame && !memchr(bytes + at, '\0', n) && bytes[at + n] == '\0', "no frame");
        memcpy(frame, bytes + at, n);
        compare(frame, n, &limits);
        read_headers(frame, n, &limits);
        free(frame);
        at += n + 1;
    }
    /* What has no end is tried too: a scan does not rely on the NUL. */
    memmove(bytes, bytes + at, rest - at);
    bytes = realloc(bytes, rest - at > 0 ? rest - at : 1);
    fuzz_demand(bytes, "out of memory");
    compare(bytes, rest - at, &limits);
    free(bytes);
}
