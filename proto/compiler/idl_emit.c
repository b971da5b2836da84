#include "idl_emit.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

void emit(struct buffer *out, const char *format, ...)
{
    va_list arguments;
    char *room;
    int size;

    va_start(arguments, format);
    size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    room = buffer_reserve(out, (size_t)size + 1);
    if (!room)
        return;
    va_start(arguments, format);
    vsnprintf(room, (size_t)size + 1, format, arguments);
    va_end(arguments);
    out->size += (size_t)size;
}

void emit_comment(struct buffer *out, const struct idl_doc *doc, const char *indent)
{
    if (!doc)
        return;
    if (!doc->next) {
        emit(out, "%s/* %s */\n", indent, doc->text);
        return;
    }
    emit(out, "%s/*\n", indent);
    for (; doc; doc = doc->next)
        emit(out, "%s *%s%s\n", indent, doc->text[0] ? " " : "", doc->text);
    emit(out, "%s */\n", indent);
}

void emit_literal(struct buffer *out, const char *text, size_t size)
{
    emit(out, "\"");
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c == '\n' && i + 1 < size)
            emit(out, "\\n\"\n    \"");
        else if (c == '\n')
            emit(out, "\\n");
        else if (c == '"' || c == '\\' || c == '?')
            emit(out, "\\%c", c);
        else if (isprint(c))
            emit(out, "%c", c);
        else
            emit(out, "\\%03o", c);
    }
    emit(out, "\"");
}

void emit_code_name(struct buffer *out, const struct idl_symbol *error)
{
    emit(out, "HD_");
    for (const char *c = error->snake; *c; c++)
        emit(out, "%c", toupper((unsigned char)*c));
}

void emit_each(struct buffer *out, const struct idl *idl, enum idl_symbol_kind kind,
               emit_visitor visit)
{
    for (const struct idl_interface *interface = idl->interfaces; interface;
         interface = interface->next)
        for (const struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next)
            if (symbol->kind == kind)
                visit(out, interface, symbol);
}

static void visit_lists(struct buffer *out, const struct idl_interface *interface,
                        const struct idl_symbol *symbol,
                        void (*visit)(struct buffer *out, const struct emit_list *list))
{
    static const char *const suffixes[] = {
        [IDL_TYPE] = "", [IDL_METHOD] = "_params", [IDL_ERROR] = "_error"};
    struct emit_list list = {.interface = interface,
                             .symbol = symbol,
                             .fields = symbol->fields,
                             .suffix = suffixes[symbol->kind]};

    if (symbol->fields)
        visit(out, &list);
    list.fields = symbol->results;
    list.suffix = "_result";
    if (symbol->results)
        visit(out, &list);
}

void emit_each_list(struct buffer *out, const struct idl *idl,
                    void (*visit)(struct buffer *out, const struct emit_list *list))
{
    for (const struct idl_interface *interface = idl->interfaces; interface;
         interface = interface->next)
        for (const struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next)
            visit_lists(out, interface, symbol, visit);
}
