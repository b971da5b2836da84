#include "idl_emit.h"

#include <ctype.h>
#include <string.h>

static void emit_list_declaration(struct buffer *out, const struct emit_list *list)
{
    emit(out, "extern const struct table hd_%s%s_table;\n", list->symbol->snake, list->suffix);
}

static void emit_method_declaration(struct buffer *out, const struct idl_interface *interface,
                                    const struct idl_symbol *symbol)
{
    (void)interface;
    emit(out, "extern const struct method_description hd_%s_method;\n", symbol->snake);
}

void emit_tables_header(struct buffer *out, const struct idl *idl)
{
    emit(out, "/*\n"
              " * tables: what codec.h and interface.h read, made from the .varlink files.\n"
              " *\n"
              " * Constant, shared by every thread.\n"
              " */\n"
              "#pragma once\n"
              "\n"
              "#include \"interface.h\"\n"
              "\n"
              "/* Of every empty list. */\n"
              "extern const struct table hd_empty_table;\n");
    emit_each_list(out, idl, emit_list_declaration);
    emit(out, "\n");
    emit_each(out, idl, IDL_METHOD, emit_method_declaration);
}

static const char *kind_name(enum idl_kind kind)
{
    switch (kind) {
    case IDL_BOOL:
        return "FIELD_BOOL";
    case IDL_INT:
        return "FIELD_INT";
    case IDL_STRING:
        return "FIELD_STRING";
    case IDL_OBJECT:
        return "FIELD_OBJECT";
    case IDL_STRUCT:
        return "FIELD_STRUCT";
    case IDL_INT_MAP:
        return "FIELD_INT_MAP";
    }
    return "";
}

static void emit_field(struct buffer *out, const struct emit_list *list,
                       const struct idl_field *field)
{
    const char *snake = list->symbol->snake;
    bool counted = field->array || field->kind == IDL_INT_MAP;
    bool flagged = field->optional && (field->kind == IDL_INT || field->kind == IDL_BOOL);

    emit(out,
         "    {.name = \"%s\", .label = \",\\\"%s\\\":\", .name_size = %zu,\n"
         "     .kind = %s",
         field->name, field->name, strlen(field->name), kind_name(field->kind));
    if (field->optional)
        emit(out, ", .optional = true");
    if (field->array)
        emit(out, ", .array = true");
    if (field->rule) {
        emit(out, ", .rule = RULE_");
        for (const char *c = field->rule; *c; c++)
            emit(out, "%c", toupper((unsigned char)*c));
    }
    emit(out, ",\n     .offset = offsetof(struct hd_%s%s, %s)", snake, list->suffix, field->name);
    if (counted || flagged)
        emit(out, ",\n     .companion = offsetof(struct hd_%s%s, %s_%s)", snake, list->suffix,
             counted ? "n" : "has", field->name);
    if (field->type)
        emit(out, ",\n     .table = &hd_%s_table", field->type->snake);
    emit(out, "},\n");
}

static void emit_table(struct buffer *out, const struct emit_list *list)
{
    const char *snake = list->symbol->snake;
    size_t count = 0;

    emit(out, "\nstatic const struct field hd_%s%s_fields[] = {\n", snake, list->suffix);
    for (const struct idl_field *field = list->fields; field; field = field->next, count++)
        emit_field(out, list, field);
    emit(out, "};\n\n");
    emit(out,
         "const struct table hd_%s%s_table = {.name = \"%s\",\n"
         "    .size = sizeof(struct hd_%s%s), .fields = hd_%s%s_fields, .n_fields = %zu};\n",
         snake, list->suffix, list->symbol->name, snake, list->suffix, snake, list->suffix, count);
}

/* The name of the table of a list, `hd_empty_table` where it is empty. */
static void emit_table_name(struct buffer *out, const struct idl_symbol *symbol,
                            const struct idl_field *fields, const char *suffix)
{
    if (fields)
        emit(out, "&hd_%s%s_table", symbol->snake, suffix);
    else
        emit(out, "&hd_empty_table");
}

static void emit_method(struct buffer *out, const struct idl_interface *interface,
                        const struct idl_symbol *symbol)
{
    emit(out,
         "\nconst struct method_description hd_%s_method = {.name = \"%s.%s\",\n"
         "    .interface = \"%s\", .streams = %s,\n    .parameters = ",
         symbol->snake, interface->name, symbol->name, interface->name,
         symbol->streams ? "true" : "false");
    emit_table_name(out, symbol, symbol->fields, "_params");
    emit(out, ",\n    .result = ");
    emit_table_name(out, symbol, symbol->results, "_result");
    emit(out, "};\n");
}

static void emit_method_entry(struct buffer *out, const struct idl_interface *interface,
                              const struct idl_symbol *symbol)
{
    (void)interface;
    emit(out, "    &hd_%s_method,\n", symbol->snake);
}

/* The documentation up to its first full stop that ends a sentence. */
static void emit_summary(struct buffer *out, const struct idl_doc *doc)
{
    struct buffer text = BUFFER_INIT;
    size_t size = 0;

    for (; doc && doc->text[0]; doc = doc->next) {
        if (text.size > 0)
            buffer_append_char(&text, ' ');
        buffer_append_text(&text, doc->text);
    }
    buffer_append_char(&text, '\0');
    if (text.failed) {
        out->failed = true;
    } else {
        while (text.data[size] &&
               (text.data[size] != '.' || (text.data[size + 1] && text.data[size + 1] != ' ')))
            size++;
        emit_literal(out, text.data, size);
    }
    buffer_clear(&text);
}

static void emit_error_entry(struct buffer *out, const struct idl_interface *interface,
                             const struct idl_symbol *symbol)
{
    emit(out, "    {.name = \"%s.%s\", .code = ", interface->name, symbol->name);
    emit_code_name(out, symbol);
    emit(out, ",\n     .summary = ");
    emit_summary(out, symbol->doc);
    emit(out, ",\n     .parameters = ");
    emit_table_name(out, symbol, symbol->fields, "_error");
    emit(out, "},\n");
}

static void emit_count(struct buffer *out, const char *array)
{
    emit(out, "};\nconst size_t n_%s =\n    sizeof(%s) / sizeof(%s[0]);\n", array, array, array);
}

void emit_tables(struct buffer *out, const struct idl *idl)
{
    emit(out, "#include \"tables.h\"\n\n"
              "const struct table hd_empty_table = {.name = \"\"};\n");
    emit_each_list(out, idl, emit_table);
    emit_each(out, idl, IDL_METHOD, emit_method);
    emit(out, "\nconst struct interface_description interface_descriptions[] = {\n");
    for (const struct idl_interface *interface = idl->interfaces; interface;
         interface = interface->next) {
        emit(out, "    {.name = \"%s\", .text =\n    ", interface->name);
        emit_literal(out, interface->text, interface->text_size);
        emit(out, "},\n");
    }
    emit_count(out, "interface_descriptions");
    emit(out, "\nconst struct method_description *const method_descriptions[] = {\n");
    emit_each(out, idl, IDL_METHOD, emit_method_entry);
    emit_count(out, "method_descriptions");
    emit(out, "\nconst struct error_description error_descriptions[] = {\n");
    emit_each(out, idl, IDL_ERROR, emit_error_entry);
    emit_count(out, "error_descriptions");
}
