/*
 * idl: what the interface compiler knows of the .varlink files.
 *
 * The parser builds it, the checker resolves and judges it, the emitters only read it. Everything
 * lives in one arena that main() owns; nothing is freed on its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* Where something stands, for messages: lines and columns count from 1. */
struct idl_place {
    const char *file;
    int line;
    int column;
};

/* One comment line, without its '#' and one blank behind it. */
struct idl_doc {
    const char *text;
    struct idl_doc *next;
};

enum idl_kind { IDL_BOOL, IDL_INT, IDL_STRING, IDL_OBJECT, IDL_STRUCT, IDL_INT_MAP };

struct idl_symbol;

struct idl_field {
    struct idl_place place;
    const char *name;
    struct idl_doc *doc;
    enum idl_kind kind;
    bool optional;
    bool array;
    const char *type_name;         /* of IDL_STRUCT */
    const struct idl_symbol *type; /* of IDL_STRUCT, set by the checker */
    const char *rule;              /* as in fields.rules, or NULL */
    struct idl_field *next;
};

enum idl_symbol_kind { IDL_TYPE, IDL_METHOD, IDL_ERROR };

struct idl_symbol {
    struct idl_place place;
    enum idl_symbol_kind kind;
    const char *name;
    const char *snake; /* append_events */
    struct idl_doc *doc;
    struct idl_field *fields;  /* of a type or error, or the parameters of a method */
    struct idl_field *results; /* of a method */
    bool streams;              /* a method with a comment line "Streams: ..." */
    int code;                  /* of an error, set by the checker */
    int visited;               /* the checker's, for types that hold themselves */
    struct idl_symbol *next;
};

struct idl_interface {
    struct idl_place place;
    const char *name;
    struct idl_doc *doc;
    const char *text; /* of the file, byte for byte */
    size_t text_size;
    struct idl_symbol *symbols;
    struct idl_interface *next;
};

struct idl {
    struct arena *arena;
    struct idl_interface *interfaces; /* in the order of the command line */
    int unknown_code;                 /* of HD_UNKNOWN_ERROR */
};

/* Prints `file:line:column: message` to standard error. Returns -1, for the caller to return. */
int idl_error(struct idl_place place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints that memory is short and returns -1. */
int idl_out_of_memory(void);

/* RunNotFound -> run_not_found, HTTPServer -> http_server; NULL when out of memory. */
char *idl_snake(struct arena *arena, const char *name);
