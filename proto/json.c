#include "json.h"

#include <cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "scan.h"

struct json_document {
    const char *text;
    struct scan scan;
    struct arena arena; /* unescaped keys and strings that were asked for */
};

static const struct scan_slot *slot_of(struct json_value value)
{
    return value.node;
}

static struct json_value value_at(const struct json_document *document, uint32_t slot)
{
    return (struct json_value){document, &document->scan.slots[slot], slot};
}

/* The arena of a document that is being read; the one thing in it that grows. */
static struct arena *arena_of(struct json_value value)
{
    return (struct arena *)&value.document->arena;
}

int json_read(const char *text, size_t size, const struct limits *limits,
              struct json_document **ret_document, struct fault *ret_fault)
{
    struct json_document *document = malloc(sizeof(*document));
    int r;

    if (!document)
        return -ENOMEM;
    *document = (struct json_document){.text = text, .arena = ARENA_INIT};
    r = scan_read(text, size, limits, &document->scan, ret_fault);
    if (r != 0) {
        json_document_free(document);
        return r;
    }
    *ret_document = document;
    return 0;
}

void json_document_free(struct json_document *document)
{
    if (!document)
        return;
    scan_clear(&document->scan);
    arena_clear(&document->arena);
    free(document);
}

struct json_value json_root(const struct json_document *document)
{
    return value_at(document, 0);
}

static enum json_type type_from(char first)
{
    switch (first) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    case 'n':
        return JSON_NULL;
    default:
        return JSON_NUMBER;
    }
}

enum json_type json_type_of(struct json_value value)
{
    return type_from(value.document->text[slot_of(value)->start]);
}

struct json_value json_first(struct json_value container)
{
    if (slot_of(container)->next == container.slot + 1)
        return (struct json_value){container.document, NULL, 0};
    return value_at(container.document, container.slot + 1);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Another one follows where the text goes on with a comma; behind the root it ends. */
struct json_value json_after(struct json_value value)
{
    const char *text = value.document->text;
    size_t at = slot_of(value)->end;

    if (value.slot > 0) {
        while (is_space(text[at]))
            at++;
        if (text[at] == ',')
            return value_at(value.document, slot_of(value)->next);
    }
    return (struct json_value){value.document, NULL, 0};
}

size_t json_count(struct json_value container)
{
    const struct scan_slot *slots = value_at(container.document, 0).node;
    size_t count = 0;

    for (uint32_t at = container.slot + 1; at < slot_of(container)->next; at = slots[at].next)
        count++;
    return count;
}

/* --- strings ---------------------------------------------------------------------------------- */

/* Unescapes a string of `size` bytes, its quotes included. */
static char *string_copy(const char *quoted, size_t size, struct arena *arena)
{
    cJSON *string;
    char *copy;

    if (!memchr(quoted, '\\', size))
        return arena_copy(arena, quoted + 1, size - 2);
    string = cJSON_ParseWithLengthOpts(quoted, size, NULL, 0);
    if (!string)
        return NULL;
    copy = arena_strdup(arena, cJSON_GetStringValue(string));
    cJSON_Delete(string);
    return copy;
}

const char *json_key(struct json_value member)
{
    size_t at = slot_of(member)->key;
    bool escaped;
    size_t end = scan_string_end(member.document->text, at, &escaped);

    return string_copy(member.document->text + at, end - at, arena_of(member));
}

const char *json_key_bytes(struct json_value member, size_t *ret_size)
{
    const char *text = member.document->text;
    size_t at = slot_of(member)->key;
    bool escaped;
    size_t end = scan_string_end(text, at, &escaped);
    const char *key;

    if (!escaped) {
        *ret_size = end - at - 2;
        return text + at + 1;
    }
    key = json_key(member);
    if (key)
        *ret_size = strlen(key);
    return key;
}

bool json_key_is(struct json_value member, const char *name, size_t size)
{
    const char *text = member.document->text;
    size_t at = slot_of(member)->key;
    const char *reason;
    bool escaped;
    size_t end = scan_string_end(text, at, &escaped) - 1;

    while (++at < end) {
        char plain[12];
        size_t step = text[at] == '\\' ? (size_t)escape_check(text + at, end - at, &reason) : 1;
        size_t n = escape_decode(text + at, step, plain);

        if (n > size || memcmp(plain, name, n) != 0)
            return false;
        name += n;
        size -= n;
        at += step - 1;
    }
    return size == 0;
}

size_t json_key_offset(struct json_value member)
{
    return slot_of(member)->key;
}

size_t json_offset(struct json_value value)
{
    return slot_of(value)->start;
}

const char *json_text(struct json_value value, size_t *ret_size)
{
    *ret_size = slot_of(value)->end - slot_of(value)->start;
    return value.document->text + slot_of(value)->start;
}

const char *json_string(struct json_value value)
{
    return json_string_copy(value, arena_of(value));
}

char *json_string_copy(struct json_value value, struct arena *arena)
{
    size_t size;
    const char *quoted = json_text(value, &size);

    return string_copy(quoted, size, arena);
}

/* --- numbers and objects ---------------------------------------------------------------------- */

bool json_integer(struct json_value value, int64_t *ret_integer)
{
    size_t size;
    const char *text = json_text(value, &size);
    bool negative = text[0] == '-';
    const uint64_t most = (uint64_t)INT64_MAX + negative;
    uint64_t number = 0;

    for (size_t i = negative; i < size; i++) {
        unsigned int digit = (unsigned int)(text[i] - '0');

        if (digit > 9 || number > (most - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret_integer = negative ? (int64_t)-number : (int64_t)number;
    return true;
}

/* Copies `size` bytes without the white space between strings. Returns how many it became. */
static size_t copy_compact(char *to, const char *text, size_t size)
{
    char *first = to;
    size_t at = 0;

    while (at < size) {
        bool escaped;

        if (text[at] == '"') {
            size_t end = scan_string_end(text, at, &escaped);

            memcpy(to, text + at, end - at);
            to += end - at;
            at = end;
        } else {
            if (!is_space(text[at]))
                *to++ = text[at];
            at++;
        }
    }
    return (size_t)(to - first);
}

char *json_compact(struct json_value value, struct arena *arena, size_t *ret_size)
{
    size_t size;
    const char *text = json_text(value, &size);
    char *copy = arena_copy(arena, text, size);

    if (!copy)
        return NULL;
    if (value.document->scan.spaces > 0) {
        size = copy_compact(copy, text, size);
        copy[size] = '\0';
    }
    if (ret_size)
        *ret_size = size;
    return copy;
}

int json_check_object(const char *text, size_t size, const struct limits *limits, size_t *ret_size,
                      struct fault *ret_fault)
{
    struct scan scan;
    size_t start;
    int r = scan_read(text, size, limits, &scan, ret_fault);

    if (r != 0)
        return r;
    start = scan.slots[0].start;
    if (ret_size && text[start] == '{')
        *ret_size = size - scan.spaces;
    scan_clear(&scan);
    if (text[start] != '{')
        return fault_set(ret_fault, FAULT_MALFORMED, (int64_t)start, "not an object");
    return 0;
}
