/*
 * The decoder of every method, result and error: what is taken can be written, and what was written
 * is taken and written the same once more.
 *
 * The first byte chooses the table, the second strict or lenient; the rest is JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "interface.h"
#include "message.h"

static const struct table *table_at(size_t index)
{
    index %= 2 * n_method_descriptions + n_error_descriptions;
    if (index < n_method_descriptions)
        return method_descriptions[index]->parameters;
    index -= n_method_descriptions;
    if (index < n_method_descriptions)
        return method_descriptions[index]->result;
    return error_descriptions[index - n_method_descriptions].parameters;
}

/* Appends what was read, written. False where it is refused. */
static bool convert(const struct table *table, const char *text, size_t size, enum codec_mode mode,
                    struct buffer *out)
{
    struct arena arena = ARENA_INIT;
    struct json_document *document;
    struct fault fault = {0};
    int r = json_read(text, size, &limits_default, &document, &fault);
    void *record;

    if (r == 0) {
        record = arena_alloc(&arena, table->size);
        fuzz_demand(record, "out of memory");
        r = codec_read(table, json_root(document), &limits_default, mode, &arena, record, &fault);
        json_document_free(document);
        if (r == 0) {
            codec_write(table, record, out);
            if (mode == CODEC_STRICT)
                r = codec_check(table, record, &limits_default, &fault);
            fuzz_demand(r == 0, "read, but not fit to be sent: %s", fault.text);
        }
    }
    fuzz_demand(r == 0 || fault.kind != FAULT_NONE, "refused without a reason");
    fuzz_demand(strnlen(fault.text, sizeof(fault.text)) < sizeof(fault.text), "no end of words");
    arena_clear(&arena);
    return r == 0;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const struct table *table = table_at(fuzz_byte(&input));
    enum codec_mode mode = fuzz_byte(&input) % 2 ? CODEC_STRICT : CODEC_LENIENT;
    struct buffer first = BUFFER_INIT, second = BUFFER_INIT;
    size_t rest;
    char *text = fuzz_rest(&input, &rest);

    if (table && convert(table, text, rest, mode, &first)) {
        fuzz_demand(convert(table, first.data, first.size, mode, &second), "not taken back: %.*s",
                    (int)first.size, first.data);
        fuzz_demand(first.size == second.size && memcmp(first.data, second.data, first.size) == 0,
                    "%.*s became %.*s", (int)first.size, first.data, (int)second.size, second.data);
    }
    buffer_clear(&first);
    buffer_clear(&second);
    free(text);
}
