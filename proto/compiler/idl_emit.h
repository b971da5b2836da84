/*
 * idl_emit: the generated files, one emitter for each.
 *
 * An emitter appends its whole file to a buffer that main() owns and writes out; running out of
 * memory shows in the buffer.
 */
#pragma once

#include "buffer.h"
#include "idl.h"

void emit_types(struct buffer *out, const struct idl *idl);         /* historyd/types.h */
void emit_calls_header(struct buffer *out, const struct idl *idl);  /* historyd/calls.h */
void emit_calls(struct buffer *out, const struct idl *idl);         /* calls.c */
void emit_tables_header(struct buffer *out, const struct idl *idl); /* tables.h */
void emit_tables(struct buffer *out, const struct idl *idl);        /* tables.c */
void emit_dispatch(struct buffer *out, const struct idl *idl);      /* dispatch.c */

/* --- shared by the emitters ------------------------------------------------------------------ */

void emit(struct buffer *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A block comment of the documentation, each line behind `indent`; nothing without one. */
void emit_comment(struct buffer *out, const struct idl_doc *doc, const char *indent);

/* `text` as a C string literal, quotes included. */
void emit_literal(struct buffer *out, const char *text, size_t size);

/* The enumerator of an error: HD_RUN_NOT_FOUND. */
void emit_code_name(struct buffer *out, const struct idl_symbol *error);

/* Calls `visit` for every symbol of that kind, in order. */
typedef void (*emit_visitor)(struct buffer *out, const struct idl_interface *interface,
                             const struct idl_symbol *symbol);
void emit_each(struct buffer *out, const struct idl *idl, enum idl_symbol_kind kind,
               emit_visitor visit);

/* The same for every list of fields that becomes a struct: `suffix` is "", "_params", "_result" or
 * "_error" behind the symbol's name. */
struct emit_list {
    const struct idl_interface *interface;
    const struct idl_symbol *symbol;
    const struct idl_field *fields;
    const char *suffix;
};
void emit_each_list(struct buffer *out, const struct idl *idl,
                    void (*visit)(struct buffer *out, const struct emit_list *list));
