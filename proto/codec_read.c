#include "codec.h"

#include <errno.h>
#include <string.h>

#include "codec_path.h"
#include "historyd/types.h"
#include "rfc3339.h"

struct reader {
    const struct limits *limits;
    enum codec_mode mode;
    struct arena *arena;
    struct fault *fault;
};

/* Where a struct stands in its array, for rules that span elements. */
struct siblings {
    const char *first; /* the array's first struct, or NULL */
};

static int read_struct(struct reader *reader, const struct table *table, struct json_value value,
                       const struct codec_path *path, struct siblings siblings, char *record);

static int judged(struct reader *reader, const struct codec_path *path, struct verdict verdict)
{
    if (reader->mode == CODEC_LENIENT || verdict.kind == FAULT_NONE)
        return 0;
    return codec_fault(reader->fault, path, verdict);
}

static void put_pointer(char *record, const struct field *field, const void *pointer)
{
    memcpy(record + field->offset, &pointer, sizeof(pointer));
}

static void put_size(char *record, const struct field *field, size_t size)
{
    memcpy(record + field->companion, &size, sizeof(size));
}

static void put_has(char *record, const struct field *field)
{
    if (field->optional)
        *(bool *)(record + field->companion) = true;
}

static int read_bool(struct reader *reader, const struct field *field, struct json_value value,
                     const struct codec_path *path, char *record)
{
    enum json_type type = json_type_of(value);

    if (type != JSON_TRUE && type != JSON_FALSE)
        return codec_invalid(reader->fault, path);
    *(bool *)(record + field->offset) = type == JSON_TRUE;
    put_has(record, field);
    return 0;
}

static int read_int(struct reader *reader, const struct field *field, struct json_value value,
                    const struct codec_path *path, char *record)
{
    int64_t number;
    int r;

    if (json_type_of(value) != JSON_NUMBER || !json_integer(value, &number))
        return codec_invalid(reader->fault, path);
    r = judged(reader, path, rule_judge_int(field->rule, number));
    if (r != 0)
        return r;
    memcpy(record + field->offset, &number, sizeof(number));
    put_has(record, field);
    return 0;
}

/* A time in the canonical form; written over the copy it was read from where that is long enough.
 */
static int read_time(struct reader *reader, char *text, size_t size, const struct codec_path *path,
                     const char **ret_text)
{
    int64_t time;

    if (!rfc3339_read(text, &time))
        return codec_invalid(reader->fault, path);
    if (size + 1 < RFC3339_SIZE)
        text = arena_alloc(reader->arena, RFC3339_SIZE);
    if (!text)
        return -ENOMEM;
    rfc3339_write(time, text);
    *ret_text = text;
    return 0;
}

static int read_text(struct reader *reader, enum rule rule, struct json_value value,
                     const struct codec_path *path, const char **ret_text)
{
    char *text;
    size_t size;
    int r;

    if (json_type_of(value) != JSON_STRING)
        return codec_invalid(reader->fault, path);
    text = json_string_copy(value, reader->arena);
    if (!text)
        return -ENOMEM;
    size = strlen(text);
    if (rule == RULE_TIME && reader->mode == CODEC_STRICT)
        return read_time(reader, text, size, path, ret_text);
    r = judged(reader, path, rule_judge_text(rule, text, size, reader->limits));
    if (r == 0)
        *ret_text = text;
    return r;
}

static int read_object(struct reader *reader, const struct field *field, struct json_value value,
                       const struct codec_path *path, char *record)
{
    const char *text;
    size_t size;
    int r;

    if (json_type_of(value) != JSON_OBJECT)
        return codec_invalid(reader->fault, path);
    text = json_compact(value, reader->arena, &size);
    if (!text)
        return -ENOMEM;
    r = judged(reader, path, rule_judge_size(field->rule, size, reader->limits));
    if (r == 0)
        put_pointer(record, field, text);
    return r;
}

static int read_map(struct reader *reader, const struct field *field, struct json_value value,
                    const struct codec_path *path, char *record)
{
    struct hd_int_entry *entries;
    size_t count;
    size_t i = 0;

    if (json_type_of(value) != JSON_OBJECT)
        return codec_invalid(reader->fault, path);
    count = json_count(value);
    entries = arena_alloc(reader->arena, count * sizeof(*entries));
    if (!entries)
        return -ENOMEM;
    for (value = json_first(value); value.node; value = json_after(value), i++) {
        const char *key = json_key(value);
        char name[FAULT_NAME_SIZE];

        if (key)
            entries[i].key = arena_strdup(reader->arena, key);
        if (!entries[i].key)
            return -ENOMEM;
        fault_name(key, name);
        if (json_type_of(value) != JSON_NUMBER || !json_integer(value, &entries[i].value))
            return codec_invalid(reader->fault, &(struct codec_path){path, name, 0});
    }
    put_pointer(record, field, entries);
    put_size(record, field, count);
    return 0;
}

static int read_array(struct reader *reader, const struct field *field, struct json_value value,
                      const struct codec_path *path, char *record)
{
    size_t width = field->kind == FIELD_STRUCT ? field->table->size : sizeof(const char *);
    struct codec_path element = {.outer = path};
    char *elements;
    size_t count;
    int r;

    if (json_type_of(value) != JSON_ARRAY)
        return codec_invalid(reader->fault, path);
    count = json_count(value);
    r = judged(reader, path, rule_judge_size(field->rule, count, reader->limits));
    if (r != 0)
        return r;
    elements = arena_alloc(reader->arena, count * width);
    if (!elements)
        return -ENOMEM;
    for (value = json_first(value); value.node; value = json_after(value), element.index++) {
        char *place = elements + element.index * width;
        struct siblings siblings = {element.index > 0 ? elements : NULL};

        if (field->kind == FIELD_STRUCT)
            r = read_struct(reader, field->table, value, &element, siblings, place);
        else
            r = read_text(reader, field->rule, value, &element, (const char **)(void *)place);
        if (r != 0)
            return r;
    }
    put_pointer(record, field, elements);
    put_size(record, field, count);
    return 0;
}

static int read_inner(struct reader *reader, const struct field *field, struct json_value value,
                      const struct codec_path *path, char *record)
{
    char *inner = record + field->offset;
    int r;

    if (field->optional) {
        inner = arena_alloc(reader->arena, field->table->size);
        if (!inner)
            return -ENOMEM;
    }
    r = read_struct(reader, field->table, value, path, (struct siblings){NULL}, inner);
    if (r == 0 && field->optional)
        put_pointer(record, field, inner);
    return r;
}

static int read_field(struct reader *reader, const struct field *field, struct json_value value,
                      const struct codec_path *path, char *record)
{
    const char *text;
    int r;

    if (field->array)
        return read_array(reader, field, value, path, record);
    switch (field->kind) {
    case FIELD_BOOL:
        return read_bool(reader, field, value, path, record);
    case FIELD_INT:
        return read_int(reader, field, value, path, record);
    case FIELD_STRING:
        r = read_text(reader, field->rule, value, path, &text);
        if (r == 0)
            put_pointer(record, field, text);
        return r;
    case FIELD_OBJECT:
        return read_object(reader, field, value, path, record);
    case FIELD_STRUCT:
        return read_inner(reader, field, value, path, record);
    case FIELD_INT_MAP:
        return read_map(reader, field, value, path, record);
    }
    return 0;
}

/* The table's field of that name. Callers keep to one order, so the one behind the last found is
 * tried first. */
static const struct field *field_find(const struct table *table, size_t guess, const char *name,
                                      size_t size)
{
    for (size_t i = 0; i < table->n_fields; i++, guess++) {
        const struct field *field;

        if (guess >= table->n_fields)
            guess = 0;
        field = &table->fields[guess];
        if (field->name_size == size && memcmp(field->name, name, size) == 0)
            return field;
    }
    return NULL;
}

static int unknown_member(struct reader *reader, struct json_value member,
                          const struct codec_path *path)
{
    const char *key = json_key(member);
    char name[FAULT_NAME_SIZE];

    if (!key)
        return -ENOMEM;
    fault_name(key, name);
    return codec_invalid(reader->fault, &(struct codec_path){path, name, 0});
}

/* Whether the field must be, or must not be, because the array's first element has it or not. */
static bool breaks_rank(struct reader *reader, const struct field *field, struct siblings siblings,
                        bool here)
{
    return field->rule == RULE_SEQ && reader->mode == CODEC_STRICT && siblings.first &&
           *(const bool *)(siblings.first + field->companion) != here;
}

/* What is missing counts at the object's end. */
static int check_missing(struct reader *reader, const struct table *table, uint64_t seen,
                         const struct codec_path *path, struct siblings siblings)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct field *field = &table->fields[i];

        if (seen >> i & 1)
            continue;
        if (!field->optional || breaks_rank(reader, field, siblings, false))
            return codec_invalid(reader->fault, &(struct codec_path){path, field->name, 0});
    }
    return 0;
}

static int read_struct(struct reader *reader, const struct table *table, struct json_value value,
                       const struct codec_path *path, struct siblings siblings, char *record)
{
    uint64_t seen = 0;
    size_t guess = 0;
    int r;

    if (json_type_of(value) != JSON_OBJECT)
        return codec_invalid(reader->fault, path);
    for (value = json_first(value); value.node; value = json_after(value)) {
        struct codec_path member = {.outer = path};
        const struct field *field;
        const char *key;
        size_t size;

        key = json_key_bytes(value, &size);
        if (!key)
            return -ENOMEM;
        field = field_find(table, guess, key, size);
        if (!field && reader->mode == CODEC_LENIENT)
            continue;
        if (!field)
            return unknown_member(reader, value, path);
        guess = (size_t)(field - table->fields) + 1;
        member.name = field->name;
        if (json_type_of(value) == JSON_NULL) {
            if (!field->optional)
                return codec_invalid(reader->fault, &member);
            continue;
        }
        if (breaks_rank(reader, field, siblings, true))
            return codec_invalid(reader->fault, &member);
        r = read_field(reader, field, value, &member, record);
        if (r != 0)
            return r;
        seen |= UINT64_C(1) << (field - table->fields);
    }
    return check_missing(reader, table, seen, path, siblings);
}

int codec_read(const struct table *table, struct json_value value, const struct limits *limits,
               enum codec_mode mode, struct arena *arena, void *ret_struct, struct fault *ret_fault)
{
    struct reader reader = {.limits = limits, .mode = mode, .arena = arena, .fault = ret_fault};
    char *record = arena_alloc(arena, table->size);
    int r;

    if (!record)
        return -ENOMEM;
    if (value.node)
        r = read_struct(&reader, table, value, NULL, (struct siblings){NULL}, record);
    else
        r = check_missing(&reader, table, 0, NULL, (struct siblings){NULL});
    if (r == 0 && table->size > 0)
        memcpy(ret_struct, record, table->size);
    return r;
}
