#include <errno.h>
#include <string.h>

#include "escape.h"
#include "redact_find.h"
#include "redact_private.h"
#include "scan.h"

enum { HIDDEN_DEPTH = 4 };

static int out_ends(struct buffer *out)
{
    buffer_append_char(out, '\0');
    if (out->failed)
        return -ENOMEM;
    out->size--;
    return REDACT_CHANGED;
}

/* Returns 1 where the text is JSON that may hold strings, 0 where it isn't, or -ENOMEM. */
static int is_json(const char *text, size_t size)
{
    const struct limits limits = {.message = UINT32_MAX, .depth = 512, .values = 10000000};
    struct fault fault;
    struct scan scan;
    size_t first = 0;
    int r;

    while (first < size && redact_is_space(text[first]))
        first++;
    if (size - first < 2 || !strchr("{[\"", text[first]))
        return 0;
    while (redact_is_space(text[size - 1]))
        size--;
    if (!strchr("}]\"", text[size - 1]))
        return 0;
    r = scan_read(text, size, &limits, &scan, &fault);
    if (r == 0)
        scan_clear(&scan);
    return r < 0 ? r : r == 0;
}

/* Takes escapes of ASCII and of '/' out of a text of no known form, in place. */
static size_t unescape_loosely(char *text, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < size; i++) {
        unsigned int code = 0, digits = 0;

        if (text[i] == '\\' && i + 1 < size && (text[i + 1] == '/' || text[i + 1] == '\\'))
            i++;
        else if (text[i] == '\\' && i + 5 < size && text[i + 1] == 'u')
            for (; digits < 4; digits++) {
                char c = text[i + 2 + digits];
                const char *place = strchr("0123456789abcdef", redact_is_upper(c) ? c | 0x20 : c);

                if (!place || !*place)
                    break;
                code = code << 4 | (unsigned int)(place - "0123456789abcdef");
            }
        if (digits == 4 && code > 0 && code < 0x80) {
            text[used++] = (char)code;
            i += 5;
            continue;
        }
        text[used++] = text[i];
    }
    return used;
}

/* Whether a credential shows once the escapes of a text that is no JSON are taken out. */
static int is_hidden(const struct redact_pass *pass, const char *text, size_t size)
{
    struct buffer copy = BUFFER_INIT;
    struct redact_span span;
    bool found = false;

    if (!memmem(text, size, "\\u00", 4))
        return 0;
    buffer_append(&copy, text, size);
    for (int depth = 0; !copy.failed && !found && depth < HIDDEN_DEPTH; depth++) {
        size_t before = copy.size;
        struct redact_finder finder = {.names = &pass->redaction->names};

        copy.size = unescape_loosely(copy.data, before);
        if (copy.size == before)
            break;
        finder.text = copy.data;
        finder.size = copy.size;
        found = redact_find(&finder, &span);
    }
    if (copy.failed)
        return -ENOMEM;
    buffer_clear(&copy);
    return found;
}

static int text_whole(const struct redact_pass *pass, struct buffer *out)
{
    pass->work->replaced[REDACT_HIDDEN]++;
    out->size = 0;
    buffer_append_text(out, REDACT_MARK);
    return out_ends(out);
}

int redact_text_pass(const struct redact_pass *pass, const char *text, size_t size,
                     struct buffer *out)
{
    struct redact_finder finder = {.names = &pass->redaction->names, .text = text, .size = size};
    struct redact_pass inner = *pass;
    struct redact_span span;
    size_t copied = 0;
    int r = is_json(text, size);

    if (r < 0)
        return r;
    if (r > 0 && pass->level == REDACT_LEVELS)
        return text_whole(pass, out);
    if (r > 0) {
        inner.level++;
        return redact_json_pass(&inner, text, size, out);
    }
    out->size = 0;
    while (redact_find(&finder, &span)) {
        buffer_append(out, text + copied, span.start - copied);
        buffer_append_text(out, REDACT_MARK);
        copied = span.end;
        pass->work->replaced[span.rule]++;
    }
    if (copied > 0) {
        buffer_append(out, text + copied, size - copied);
        return out_ends(out);
    }
    r = is_hidden(pass, text, size);
    if (r <= 0)
        return r;
    return text_whole(pass, out);
}
