#include "method_input.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tables.h"

struct fault parameters_fault;

static struct arena arena = ARENA_INIT;
static struct json_document *document;

void parameters_drop_document(void)
{
    json_document_free(document);
    document = NULL;
}

void parameters_clear(void)
{
    parameters_drop_document();
    arena_clear(&arena);
    parameters_fault = (struct fault){0};
}

int parameters_read(const char *method, const char *json, enum codec_mode mode,
                    const void **ret_record)
{
    char name[128];
    const struct method_description *description;
    struct fault none;
    void *record;
    int r;

    snprintf(name, sizeof(name), "dev.historyd.history.%s", method);
    description = method_find(name);
    ck_assert_ptr_nonnull(description);
    parameters_clear();
    ck_assert_msg(json_read(json, strlen(json), &limits_default, &document, &none) == 0, "%s",
                  json);
    record = arena_alloc(&arena, description->parameters->size);
    r = codec_read(description->parameters, json_root(document), &limits_default, mode, &arena,
                   record, &parameters_fault);
    if (r == 0 && ret_record)
        *ret_record = record;
    return r;
}

int parameters_read_repeated(const char *method, const char *before, const char *piece,
                             size_t times, const char *after)
{
    struct buffer text = BUFFER_INIT;
    int r;

    buffer_append_text(&text, before);
    for (size_t i = 0; i < times; i++)
        buffer_append_text(&text, piece);
    buffer_append(&text, after, strlen(after) + 1);
    r = parameters_read(method, text.data, CODEC_STRICT, NULL);
    parameters_drop_document();
    buffer_clear(&text);
    return r;
}
