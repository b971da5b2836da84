#include <string.h>

#include "redact.h"
#include "redact_find.h"

/* A replacement in a stored text: "[REDACTED]", or a key's "[REDACTED 2]". */
struct mark {
    size_t start;
    size_t size;
    bool whole; /* a JSON string that is nothing else; its quotes are part of it */
};

static const char mark_head[] = "[REDACTED";

static size_t mark_size(const char *text)
{
    size_t size = sizeof(mark_head) - 1;

    if (text[size] == ' ')
        for (size++; redact_is_digit(text[size]);)
            size++;
    return text[size] == ']' ? size + 1 : 0;
}

/* Quotes around it, escaped alike, are part of it: what was there may have been no string. */
static void mark_quotes(const char *stored, bool json, struct mark *mark)
{
    const char *end = stored + mark->start + mark->size;
    size_t escapes = strspn(end, "\\"), before = 0;

    if (mark->start < escapes + 1 || end[escapes] != '"' || stored[mark->start - 1] != '"')
        return;
    while (before < mark->start - 1 && stored[mark->start - 2 - before] == '\\')
        before++;
    if (before != escapes)
        return;
    mark->start -= escapes + 1;
    mark->size += 2 * (escapes + 1);
    mark->whole = json && escapes == 0;
}

static bool mark_find(const char *stored, bool json, struct mark *ret_mark)
{
    const char *found = stored;
    size_t size = 0;

    while (size == 0 && (found = strstr(found, mark_head))) {
        size = mark_size(found);
        found += size == 0;
    }
    if (!found)
        return false;
    *ret_mark = (struct mark){.start = (size_t)(found - stored), .size = size};
    mark_quotes(stored, json, ret_mark);
    return true;
}

static size_t skip_string(const char *text, size_t at)
{
    for (at++; text[at] && text[at] != '"'; at++)
        if (text[at] == '\\' && text[at + 1])
            at++;
    return text[at] ? at + 1 : at;
}

/* Behind the JSON value at `at`. */
static size_t skip_value(const char *text, size_t at)
{
    size_t depth = 0;

    do {
        if (text[at] == '"') {
            at = skip_string(text, at);
            continue;
        }
        if (depth == 0 && text[at] && strchr(",:}]", text[at]))
            break;
        depth += text[at] == '{' || text[at] == '[';
        if (text[at] == '}' || text[at] == ']')
            depth--;
        else if (depth == 0) {
            at += strcspn(text + at, " ,:}]\"");
            break;
        }
        at += text[at] != '\0';
    } while (depth > 0 && text[at]);
    return at;
}

/* What a replacement within a string stands for ends before the string does. */
static bool stays_inside(const char *text, size_t size, bool json)
{
    for (size_t i = 0; json && i < size; i++) {
        if (text[i] == '"')
            return false;
        i += text[i] == '\\';
    }
    return true;
}

struct pieces {
    const char *text;
    size_t size;
    bool json;
    bool behind_mark;
};

/* Finds the next piece of `stored` that was not replaced. Behind a replacement the first place is
 * as good as any later one. */
static bool piece_find(const struct pieces *in, const char *piece, size_t size, size_t *at)
{
    const char *text = in->text, *found;

    if (!in->behind_mark) {
        if (in->size - *at < size || memcmp(text + *at, piece, size) != 0)
            return false;
        *at += size;
        return true;
    }
    found = memmem(text + *at, in->size - *at, piece, size);
    if (!found || !stays_inside(text + *at, (size_t)(found - text) - *at, in->json))
        return false;
    *at = (size_t)(found - text) + size;
    return true;
}

bool redact_stands_for(const char *stored, const char *text, bool json)
{
    struct pieces in = {.text = text, .size = strlen(text), .json = json};
    struct mark mark;
    size_t at = 0, left, last;

    while (mark_find(stored, json, &mark)) {
        if (!piece_find(&in, stored, mark.start, &at))
            return false;
        if (mark.whole)
            at = skip_value(text, at);
        in.behind_mark = !mark.whole;
        stored += mark.start + mark.size;
    }
    left = in.size - at;
    last = strlen(stored);
    if (last > left || (last < left && !in.behind_mark))
        return false;
    return memcmp(text + at + left - last, stored, last) == 0 &&
           stays_inside(text + at, left - last, json);
}
