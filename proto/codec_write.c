#include "codec.h"

#include <string.h>

#include "historyd/types.h"

static const void *get_pointer(const char *record, const struct field *field)
{
    const void *pointer;

    memcpy(&pointer, record + field->offset, sizeof(pointer));
    return pointer;
}

static size_t get_size(const char *record, const struct field *field)
{
    size_t size;

    memcpy(&size, record + field->companion, sizeof(size));
    return size;
}

static bool is_absent(const char *record, const struct field *field)
{
    bool held = field->kind == FIELD_BOOL || field->kind == FIELD_INT;

    if (field->array || field->kind == FIELD_INT_MAP)
        return field->optional && !get_pointer(record, field);
    if (held)
        return field->optional && !*(const bool *)(record + field->companion);
    if (field->kind == FIELD_STRUCT && !field->optional)
        return false;
    return !get_pointer(record, field);
}

static void write_array(const struct field *field, const char *record, struct buffer *buffer)
{
    const char *elements = get_pointer(record, field);
    const char *const *texts = get_pointer(record, field);
    size_t count = get_size(record, field);

    buffer_append_char(buffer, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(buffer, ',');
        if (field->kind == FIELD_STRUCT)
            codec_write(field->table, elements + i * field->table->size, buffer);
        else
            json_write_string(buffer, texts[i]);
    }
    buffer_append_char(buffer, ']');
}

static void write_map(const struct field *field, const char *record, struct buffer *buffer)
{
    const struct hd_int_entry *entries = get_pointer(record, field);
    size_t count = get_size(record, field);

    buffer_append_char(buffer, '{');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_char(buffer, ',');
        json_write_string(buffer, entries[i].key);
        buffer_append_char(buffer, ':');
        buffer_append_int(buffer, entries[i].value);
    }
    buffer_append_char(buffer, '}');
}

static void write_field(const struct field *field, const char *record, struct buffer *buffer)
{
    int64_t number;

    if (field->array) {
        write_array(field, record, buffer);
        return;
    }
    switch (field->kind) {
    case FIELD_BOOL:
        buffer_append_text(buffer, *(const bool *)(record + field->offset) ? "true" : "false");
        break;
    case FIELD_INT:
        memcpy(&number, record + field->offset, sizeof(number));
        buffer_append_int(buffer, number);
        break;
    case FIELD_STRING:
        json_write_string(buffer, get_pointer(record, field));
        break;
    case FIELD_OBJECT:
        buffer_append_text(buffer, get_pointer(record, field));
        break;
    case FIELD_STRUCT:
        codec_write(field->table,
                    field->optional ? get_pointer(record, field) : record + field->offset, buffer);
        break;
    case FIELD_INT_MAP:
        write_map(field, record, buffer);
        break;
    }
}

void codec_write(const struct table *table, const void *record, struct buffer *buffer)
{
    char before = '{';

    for (size_t i = 0; i < table->n_fields; i++) {
        const struct field *field = &table->fields[i];

        if (is_absent(record, field))
            continue;
        buffer_append_char(buffer, before);
        buffer_append_char(buffer, '"');
        buffer_append_text(buffer, field->name);
        buffer_append(buffer, "\":", 2);
        write_field(field, record, buffer);
        before = ',';
    }
    if (before == '{')
        buffer_append_char(buffer, '{');
    buffer_append_char(buffer, '}');
}
