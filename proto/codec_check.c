#include "codec.h"

#include <errno.h>
#include <string.h>

#include "codec_path.h"
#include "historyd/types.h"
#include "utf8.h"

enum {
    CHECK_DEPTH_AROUND =
        4, /* a call's object, its parameters, a list in them, an element of that */
    CHECK_VALUES_AROUND = 64, /* more than a call with one such element has besides an object */
};

struct check {
    const struct limits *limits;
    struct fault *fault;
};

static int check_struct(struct check *check, const struct table *table, const char *record,
                        const struct codec_path *path, const char *first, int64_t depth);

static int judged(struct check *check, const struct codec_path *path, struct verdict verdict)
{
    return verdict.kind == FAULT_NONE ? 0 : codec_fault(check->fault, path, verdict);
}

static int check_text(struct check *check, enum rule rule, const char *text,
                      const struct codec_path *path)
{
    size_t size;

    if (!text)
        return codec_invalid(check->fault, path);
    size = strlen(text);
    if (!utf8_valid(text, size))
        return codec_invalid(check->fault, path);
    return judged(check, path, rule_judge_text(rule, text, size, check->limits));
}

static int check_object(struct check *check, enum rule rule, const char *text,
                        const struct codec_path *path, int64_t depth)
{
    struct limits limits = *check->limits;
    struct fault inner;
    size_t size;
    int r;

    if (!text)
        return codec_invalid(check->fault, path);
    limits.depth -= depth;
    limits.values -= CHECK_VALUES_AROUND;
    r = json_check_object(text, strlen(text), &limits, &size, &inner);
    if (r < 0)
        return r;
    if (r > 0 && inner.kind == FAULT_MALFORMED)
        return codec_invalid(check->fault, path);
    if (r > 0)
        return codec_fault(check->fault, path, (struct verdict){FAULT_TOO_LARGE, inner.number});
    return judged(check, path, rule_judge_size(rule, size, check->limits));
}

static int check_array(struct check *check, const struct field *field, const char *elements,
                       size_t count, const struct codec_path *path, int64_t depth)
{
    struct codec_path element = {.outer = path};
    int r = judged(check, path, rule_judge_size(field->rule, count, check->limits));

    for (; r == 0 && element.index < count; element.index++) {
        if (field->kind == FIELD_STRUCT)
            r = check_struct(check, field->table, elements + element.index * field->table->size,
                             &element, element.index > 0 ? elements : NULL, depth + 2);
        else
            r = check_text(check, field->rule,
                           ((const char *const *)(const void *)elements)[element.index], &element);
    }
    return r;
}

static int check_map(struct check *check, const struct hd_int_entry *entries, size_t count,
                     const struct codec_path *path)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < count; i++)
        r = check_text(check, RULE_NONE, entries[i].key, path);
    return r;
}

/* A field that is there. */
static int check_field(struct check *check, const struct field *field, const char *record,
                       const struct codec_path *path, int64_t depth)
{
    const char *pointer;
    int64_t number;
    size_t count;

    memcpy(&pointer, record + field->offset, sizeof(pointer));
    if (field->array || field->kind == FIELD_INT_MAP) {
        memcpy(&count, record + field->companion, sizeof(count));
        if (field->array)
            return check_array(check, field, pointer, count, path, depth);
        return check_map(check, (const struct hd_int_entry *)(const void *)pointer, count, path);
    }
    switch (field->kind) {
    case FIELD_BOOL:
    case FIELD_INT_MAP:
        return 0;
    case FIELD_INT:
        memcpy(&number, record + field->offset, sizeof(number));
        return judged(check, path, rule_judge_int(field->rule, number));
    case FIELD_STRING:
        return check_text(check, field->rule, pointer, path);
    case FIELD_OBJECT:
        return check_object(check, field->rule, pointer, path, depth);
    case FIELD_STRUCT:
        return check_struct(check, field->table, field->optional ? pointer : record + field->offset,
                            path, NULL, depth + 1);
    }
    return 0;
}

static bool field_present(const struct field *field, const char *record)
{
    const void *pointer;

    if (!field->optional)
        return true;
    if (!field->array && (field->kind == FIELD_BOOL || field->kind == FIELD_INT))
        return *(const bool *)(record + field->companion);
    memcpy(&pointer, record + field->offset, sizeof(pointer));
    return pointer;
}

static int check_struct(struct check *check, const struct table *table, const char *record,
                        const struct codec_path *path, const char *first, int64_t depth)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct field *field = &table->fields[i];
        struct codec_path member = {.outer = path, .name = field->name};
        bool present = field_present(field, record);
        int r;

        if (field->rule == RULE_SEQ && first && field_present(field, first) != present)
            return codec_invalid(check->fault, &member);
        if (!present)
            continue;
        r = check_field(check, field, record, &member, depth);
        if (r != 0)
            return r;
    }
    return 0;
}

int codec_check(const struct table *table, const void *record, const struct limits *limits,
                struct fault *ret_fault)
{
    struct check check = {.limits = limits, .fault = ret_fault};

    return check_struct(&check, table, record, NULL, NULL, CHECK_DEPTH_AROUND);
}
