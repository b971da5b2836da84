#include "sample.h"

enum { SAMPLE_ELEMENTS = 3 };

static const char *text_for(enum rule rule)
{
    switch (rule) {
    case RULE_TIME:
        return "2026-01-20T14:30:52.123456Z";
    case RULE_TYPE:
        return "unit.started";
    case RULE_RUN_STATUS:
    case RULE_END_STATUS:
        return "stopped";
    case RULE_RUN_ID:
        return "run_20260120_143052_a1b2";
    case RULE_NONE:
    case RULE_COUNT:
    case RULE_POSITIVE:
    case RULE_PAGE:
    case RULE_SEQ:
    case RULE_PATH:
    case RULE_DIRECTORY:
    case RULE_UNIT:
    case RULE_LABEL:
    case RULE_REASON:
    case RULE_ERROR:
    case RULE_PAYLOAD:
    case RULE_EVENTS:
    case RULE_NODES:
    case RULE_EDGES:
        break;
    }
    return "text \"with\" \\ and \xc3\xa9\n\x01";
}

static void write_element(struct buffer *buffer, const struct field *field, bool everything)
{
    switch (field->kind) {
    case FIELD_BOOL:
        buffer_append_text(buffer, "true");
        break;
    case FIELD_INT:
        buffer_append_text(buffer, field->rule == RULE_PAGE   ? "1000"
                                   : field->rule == RULE_NONE ? "-9223372036854775808"
                                                              : "9223372036854775807");
        break;
    case FIELD_STRING:
        json_write_string(buffer, text_for(field->rule));
        break;
    case FIELD_OBJECT:
        buffer_append_text(buffer, "{\"z\":[9007199254740993,1e400,-0],\"a\":{\"\\u0061\":null}}");
        break;
    case FIELD_STRUCT:
        sample_write(buffer, field->table, everything);
        break;
    case FIELD_INT_MAP:
        buffer_append_text(buffer, "{\"b\":9223372036854775807,\"a\":-1,\"\":0}");
        break;
    }
}

static void write_field(struct buffer *buffer, const struct field *field, bool everything)
{
    if (!field->array) {
        write_element(buffer, field, everything);
        return;
    }
    buffer_append_char(buffer, '[');
    for (int i = 0; i < SAMPLE_ELEMENTS; i++) {
        if (i > 0)
            buffer_append_char(buffer, ',');
        write_element(buffer, field, everything);
    }
    buffer_append_char(buffer, ']');
}

void sample_write(struct buffer *buffer, const struct table *table, bool everything)
{
    bool first = true;

    buffer_append_char(buffer, '{');
    for (size_t i = 0; i < table->n_fields; i++) {
        const struct field *field = &table->fields[i];

        if (field->optional && !everything)
            continue;
        if (!first)
            buffer_append_char(buffer, ',');
        first = false;
        json_write_string(buffer, field->name);
        buffer_append_char(buffer, ':');
        write_field(buffer, field, everything);
    }
    buffer_append_char(buffer, '}');
}
