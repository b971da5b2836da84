#include "codec.h"

#include <assert.h>
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

/* Members and elements are each written behind a comma; what opens the object or list takes the
 * place of the first, and `start` is where that is. */
static void write_opening(struct buffer *buffer, size_t start, char opening)
{
    if (buffer->size > start)
        buffer->data[start] = opening;
    else
        buffer_append_char(buffer, opening);
}

static void write_array(const struct field *field, const char *record, struct buffer *buffer)
{
    const char *elements = get_pointer(record, field);
    const char *const *texts = get_pointer(record, field);
    size_t count = get_size(record, field);
    size_t start = buffer->size;

    for (size_t i = 0; i < count; i++) {
        buffer_append_char(buffer, ',');
        if (field->kind == FIELD_STRUCT)
            codec_write(field->table, elements + i * field->table->size, buffer);
        else
            json_write_string(buffer, texts[i]);
    }
    write_opening(buffer, start, '[');
    buffer_append_char(buffer, ']');
}

static void write_map(const struct field *field, const char *record, struct buffer *buffer)
{
    const struct hd_int_entry *entries = get_pointer(record, field);
    size_t count = get_size(record, field);
    size_t start = buffer->size;

    for (size_t i = 0; i < count; i++) {
        buffer_append_char(buffer, ',');
        json_write_string(buffer, entries[i].key);
        buffer_append_char(buffer, ':');
        buffer_append_int(buffer, entries[i].value);
    }
    write_opening(buffer, start, '{');
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

static void write_label(const struct field *field, struct buffer *buffer)
{
    buffer_append(buffer, field->label, field->name_size + FIELD_LABEL_MORE);
}

/* The members from the table's `first` field on. */
static void write_members(const struct table *table, size_t first, const void *record,
                          struct buffer *buffer)
{
    for (size_t i = first; i < table->n_fields; i++) {
        const struct field *field = &table->fields[i];

        if (is_absent(record, field))
            continue;
        write_label(field, buffer);
        write_field(field, record, buffer);
    }
}

void codec_write(const struct table *table, const void *record, struct buffer *buffer)
{
    size_t start = buffer->size;

    write_members(table, 0, record, buffer);
    write_opening(buffer, start, '{');
    buffer_append_char(buffer, '}');
}

void codec_list_begin(struct codec_list *list, const struct table *table, struct buffer *buffer)
{
    size_t start = buffer->size;

    assert(table->fields[0].array && table->fields[0].kind == FIELD_STRUCT);
    write_label(&table->fields[0], buffer);
    write_opening(buffer, start, '{');
    *list = (struct codec_list){.table = table, .buffer = buffer, .start = buffer->size};
}

void codec_list_add(struct codec_list *list, const void *element)
{
    buffer_append_char(list->buffer, ',');
    codec_write(list->table->fields[0].table, element, list->buffer);
}

void codec_list_end(struct codec_list *list, const void *record)
{
    write_opening(list->buffer, list->start, '[');
    buffer_append_char(list->buffer, ']');
    write_members(list->table, 1, record, list->buffer);
    buffer_append_char(list->buffer, '}');
}
