#include "parsed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tables.h"

/* What a field's value has to be, for a person. */
static const char *parsed_wanted(const struct field *field)
{
    if (field->array)
        return "a list";
    switch (field->kind) {
    case FIELD_BOOL:
        return "true or false";
    case FIELD_INT:
        return field->rule == RULE_POSITIVE || field->rule == RULE_SEQ ? "a whole number above 0"
               : field->rule == RULE_COUNT ? "a whole number, 0 or above"
                                           : "a whole number of 64 bits";
    case FIELD_STRING:
        return field->rule == RULE_TIME   ? "a time like 2026-01-20T14:30:52Z"
               : field->rule == RULE_TYPE ? "dotted lower-case words like unit.started"
                                          : "a text, and not an empty one";
    case FIELD_OBJECT:
    case FIELD_STRUCT:
    case FIELD_INT_MAP:
        return "an object";
    }
    return "something else";
}

/* Says of the field a fault is in whether there is none of that name, it is missing, or it is
 * wrong. `value` is what was read by `table`. */
static void parsed_explain(const char *path, struct json_value value, const struct table *table,
                           char problem[PARSED_PROBLEM])
{
    size_t size = strcspn(path, ".[");
    const struct field *field = NULL;
    bool given = false;

    for (size_t i = 0; i < table->n_fields; i++)
        if (strlen(table->fields[i].name) == size && memcmp(table->fields[i].name, path, size) == 0)
            field = &table->fields[i];
    for (struct json_value m = json_first(value); m.node; m = json_after(m))
        given = given || json_key_is(m, path, size);
    if (!field)
        snprintf(problem, PARSED_PROBLEM, "%s: there is no such field", path);
    else if (!given)
        snprintf(problem, PARSED_PROBLEM, "%s: missing", path);
    else if (path[size] == '\0')
        snprintf(problem, PARSED_PROBLEM, "%s: must be %s", path, parsed_wanted(field));
    else
        snprintf(problem, PARSED_PROBLEM, "%s: unknown, missing, or not allowed", path);
}

static int parsed_fault(const struct fault *fault, char problem[PARSED_PROBLEM])
{
    switch (fault->kind) {
    case FAULT_MALFORMED:
        snprintf(problem, PARSED_PROBLEM, "no JSON: %s at byte %" PRId64, fault->text,
                 fault->number);
        break;
    case FAULT_TOO_LARGE_MESSAGE:
    case FAULT_TOO_LARGE:
        snprintf(problem, PARSED_PROBLEM, "%s: larger than %" PRId64, fault->text, fault->number);
        break;
    case FAULT_INVALID_PARAMETER:
    case FAULT_NONE:
        snprintf(problem, PARSED_PROBLEM, "not understood");
        break;
    }
    return 1;
}

int parsed_text(struct parsed *parsed, const char *text, size_t size,
                char ret_problem[PARSED_PROBLEM])
{
    struct fault fault = {.kind = FAULT_NONE};
    int r;

    *parsed = (struct parsed){.arena = ARENA_INIT};
    r = json_read(text, size, &limits_default, &parsed->document, &fault);
    return r > 0 ? parsed_fault(&fault, ret_problem) : r;
}

void parsed_clear(struct parsed *parsed)
{
    json_document_free(parsed->document);
    arena_clear(&parsed->arena);
    parsed->document = NULL;
}

struct json_value parsed_member(struct json_value object, const char *key)
{
    struct json_value member = {.node = NULL};

    if (json_type_of(object) != JSON_OBJECT)
        return member;
    for (member = json_first(object); member.node; member = json_after(member))
        if (json_key_is(member, key, strlen(key)))
            break;
    return member;
}

int parsed_read(struct parsed *parsed, struct json_value value, const struct table *table,
                enum codec_mode mode, void *ret_struct, char ret_problem[PARSED_PROBLEM])
{
    struct fault fault = {.kind = FAULT_NONE};
    int r;

    if (json_type_of(value) != JSON_OBJECT) {
        snprintf(ret_problem, PARSED_PROBLEM, "not a JSON object");
        return 1;
    }
    r = codec_read(table, value, &limits_default, mode, &parsed->arena, ret_struct, &fault);
    if (r > 0 && fault.kind == FAULT_INVALID_PARAMETER) {
        parsed_explain(fault.text, value, table, ret_problem);
        return 1;
    }
    return r > 0 ? parsed_fault(&fault, ret_problem) : r;
}

int parsed_graph(struct parsed *parsed, struct json_value value, struct hd_graph *ret_graph,
                 char ret_problem[PARSED_PROBLEM])
{
    struct json_value inner = parsed_member(value, "graph");

    return parsed_read(parsed, inner.node ? inner : value, &hd_graph_table, CODEC_STRICT, ret_graph,
                       ret_problem);
}
