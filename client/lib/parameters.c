#include "parameters.h"

#include <stdio.h>
#include <string.h>

/* The limits are the daemon's to keep. */
int parameters_check_text(const char *text, struct fault *ret_fault)
{
    return json_check_object(text, strlen(text), &limits_reply, NULL, ret_fault);
}

static const void *record_at(const void *record, size_t offset)
{
    return (const char *)record + offset;
}

/* A field's path goes in front of what was found inside it. */
static void fault_prefix(struct fault *fault, const struct field *field, size_t index)
{
    char text[sizeof(fault->text)];
    int length;

    if (field->array)
        length = snprintf(text, sizeof(text), "%s[%zu].%s", field->name, index, fault->text);
    else
        length = snprintf(text, sizeof(text), "%s.%s", field->name, fault->text);
    if (length > 0)
        memcpy(fault->text, text, sizeof(text));
}

static int check_object(const struct field *field, const char *text, struct fault *ret_fault)
{
    struct fault fault;
    int r;

    if (!text)
        return 0;
    r = parameters_check_text(text, &fault);
    if (r > 0) {
        *ret_fault = (struct fault){.kind = FAULT_INVALID_PARAMETER};
        snprintf(ret_fault->text, sizeof(ret_fault->text), "%s", field->name);
    }
    return r;
}

static int check_struct(const struct field *field, const void *record, struct fault *ret_fault)
{
    const void *value = record_at(record, field->offset);
    const char *first = value;
    size_t n = 1, i;
    int r;

    if (field->array) {
        first = *(const char *const *)value;
        n = first ? *(const size_t *)record_at(record, field->companion) : 0;
    } else if (field->optional) {
        first = *(const char *const *)value;
        n = first ? 1 : 0;
    }
    for (i = 0; i < n; i++) {
        r = parameters_check(field->table, first + i * field->table->size, ret_fault);
        if (r > 0)
            fault_prefix(ret_fault, field, i);
        if (r != 0)
            return r;
    }
    return 0;
}

int parameters_check(const struct table *table, const void *record, struct fault *ret_fault)
{
    size_t i;
    int r = 0;

    for (i = 0; i < table->n_fields && r == 0; i++) {
        const struct field *field = &table->fields[i];

        if (field->kind == FIELD_OBJECT)
            r = check_object(field, *(const char *const *)record_at(record, field->offset),
                             ret_fault);
        else if (field->kind == FIELD_STRUCT)
            r = check_struct(field, record, ret_fault);
    }
    return r;
}
