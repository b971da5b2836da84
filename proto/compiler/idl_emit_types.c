#include "idl_emit.h"

#include <string.h>

static const char head[] =
    "/*\n"
    " * historyd/types.h: the types, parameters, results and errors of historyd.\n"
    " *\n"
    " * Made from the .varlink files; the comments are theirs. In a struct that goes to the "
    "library\n"
    " * every pointer is the caller's and is only read. In one that comes from it everything "
    "lives\n"
    " * as long as the result or reply it is part of. A text that is NULL is absent, and so is a\n"
    " * number or flag whose `has_` is false. A list of n_x elements may be NULL: where it is\n"
    " * optional, NULL is absent and any other pointer with n_x 0 is an empty list. The type\n"
    " * `object` is JSON text; what the library hands out has no insignificant white space.\n"
    " */\n"
    "#ifndef HISTORYD_TYPES_H\n"
    "#define HISTORYD_TYPES_H\n"
    "\n"
    "#include <stdbool.h>\n"
    "#include <stddef.h>\n"
    "#include <stdint.h>\n"
    "\n"
    "#ifdef __cplusplus\n"
    "extern \"C\" {\n"
    "#endif\n"
    "\n"
    "/* One entry of a map from names to numbers. */\n"
    "struct hd_int_entry {\n"
    "    const char *key;\n"
    "    int64_t value;\n"
    "};\n";

static const char foot[] = "\n"
                           "#ifdef __cplusplus\n"
                           "}\n"
                           "#endif\n"
                           "\n"
                           "#endif\n";

static void emit_code(struct buffer *out, const struct idl_interface *interface,
                      const struct idl_symbol *symbol)
{
    (void)interface;
    emit_comment(out, symbol->doc, "    ");
    emit(out, "    ");
    emit_code_name(out, symbol);
    emit(out, " = %d,\n", symbol->code);
}

static void emit_codes(struct buffer *out, const struct idl *idl)
{
    emit(out, "\n/* What a daemon may answer; the numbers never change. */\n"
              "enum hd_error_code {\n"
              "    HD_OK = 0,\n");
    emit_each(out, idl, IDL_ERROR, emit_code);
    emit(out, "    /* An error this library does not know; hd_client_error() has its name. */\n");
    emit(out, "    HD_UNKNOWN_ERROR = %d\n};\n", idl->unknown_code);
}

static void emit_member(struct buffer *out, const struct idl_field *field)
{
    const char *name = field->name;
    const char *type = field->type ? field->type->snake : "";

    emit_comment(out, field->doc, "    ");
    switch (field->kind) {
    case IDL_BOOL:
        if (field->optional)
            emit(out, "    bool has_%s;\n", name);
        emit(out, "    bool %s;\n", name);
        break;
    case IDL_INT:
        if (field->optional)
            emit(out, "    bool has_%s;\n", name);
        emit(out, "    int64_t %s;\n", name);
        break;
    case IDL_STRING:
        emit(out, field->array ? "    const char *const *%s;\n" : "    const char *%s;\n", name);
        break;
    case IDL_OBJECT:
        emit(out, "    const char *%s;\n", name);
        break;
    case IDL_STRUCT:
        if (field->array || field->optional)
            emit(out, "    const struct hd_%s *%s;\n", type, name);
        else
            emit(out, "    struct hd_%s %s;\n", type, name);
        break;
    case IDL_INT_MAP:
        emit(out, "    const struct hd_int_entry *%s;\n", name);
        break;
    }
    if (field->array || field->kind == IDL_INT_MAP)
        emit(out, "    size_t n_%s;\n", name);
}

static void emit_struct(struct buffer *out, const struct emit_list *list)
{
    const struct idl_symbol *symbol = list->symbol;

    emit(out, "\n");
    if (symbol->kind == IDL_TYPE)
        emit_comment(out, symbol->doc, "");
    else if (symbol->kind == IDL_ERROR)
        emit(out, "/* The parameters of the error %s. */\n", symbol->name);
    else
        emit(out, "/* %s of %s. */\n",
             strcmp(list->suffix, "_params") == 0 ? "The parameters" : "The result", symbol->name);
    emit(out, "struct hd_%s%s {\n", symbol->snake, list->suffix);
    for (const struct idl_field *field = list->fields; field; field = field->next)
        emit_member(out, field);
    emit(out, "};\n");
}

static void emit_forward(struct buffer *out, const struct idl_interface *interface,
                         const struct idl_symbol *symbol)
{
    (void)interface;
    emit(out, "struct hd_%s;\n", symbol->snake);
}

static bool listed(const struct idl_symbol *const *types, size_t count,
                   const struct idl_symbol *type)
{
    for (size_t i = 0; i < count; i++)
        if (types[i] == type)
            return true;
    return false;
}

/* A type comes after those it holds by value; the checker has made sure that this ends. */
static size_t order_type(const struct idl_symbol **types, size_t count,
                         const struct idl_symbol *type)
{
    if (listed(types, count, type))
        return count;
    for (const struct idl_field *field = type->fields; field; field = field->next)
        if (field->type && !field->array && !field->optional)
            count = order_type(types, count, field->type);
    types[count] = type;
    return count + 1;
}

static void emit_type_structs(struct buffer *out, const struct idl *idl,
                              const struct idl_interface *interface)
{
    const struct idl_symbol **types;
    size_t count = 0;

    for (const struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next)
        count++;
    types = arena_alloc(idl->arena, (count + 1) * sizeof(*types));
    if (!types) {
        out->failed = true;
        return;
    }
    count = 0;
    for (const struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next)
        if (symbol->kind == IDL_TYPE)
            count = order_type(types, count, symbol);
    for (size_t i = 0; i < count; i++) {
        struct emit_list list = {interface, types[i], types[i]->fields, ""};

        emit_struct(out, &list);
    }
}

static void emit_other_struct(struct buffer *out, const struct emit_list *list)
{
    if (list->symbol->kind != IDL_TYPE)
        emit_struct(out, list);
}

void emit_types(struct buffer *out, const struct idl *idl)
{
    emit(out, "%s", head);
    emit_codes(out, idl);
    emit(out, "\n");
    emit_each(out, idl, IDL_TYPE, emit_forward);
    for (const struct idl_interface *interface = idl->interfaces; interface;
         interface = interface->next)
        emit_type_structs(out, idl, interface);
    emit_each_list(out, idl, emit_other_struct);
    emit(out, "%s", foot);
}
