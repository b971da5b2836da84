#include "idl_checker.h"

#include <stdio.h>
#include <string.h>

enum {
    CHECK_MOST_FIELDS = 64,      /* the codec keeps what it has seen in 64 bits */
    CHECK_CODES_INTERFACE = 100, /* error numbers set aside for each interface */
    CHECK_UNKNOWN_CODE = 1000,
};

static const char *const keywords[] = {
    "alignas",   "alignof",  "and",      "asm",      "auto",   "bitand",  "bitor",     "bool",
    "break",     "case",     "catch",    "char",     "class",  "compl",   "concept",   "const",
    "constexpr", "continue", "decltype", "default",  "delete", "do",      "double",    "else",
    "enum",      "explicit", "export",   "extern",   "false",  "float",   "for",       "friend",
    "goto",      "if",       "inline",   "int",      "long",   "mutable", "namespace", "new",
    "noexcept",  "not",      "nullptr",  "operator", "or",     "private", "protected", "public",
    "register",  "requires", "restrict", "return",   "short",  "signed",  "sizeof",    "static",
    "struct",    "switch",   "template", "this",     "throw",  "true",    "try",       "typedef",
    "typeid",    "typename", "union",    "unsigned", "using",  "virtual", "void",      "volatile",
    "while",     "xor",
};

/* Names of the public headers written by hand. */
static const char *const taken[] = {
    "hd_client",      "hd_error",
    "hd_reply",       "hd_reply_callback",
    "hd_call_flags",  "hd_int_entry",
    "hd_error_code",  "hd_recorder",
    "hd_result_free", "hd_recorder_options",
    "hd_version",     "hd_recorder_state",
    "hd_status_name", "hd_recorder_condition",
    "hd_empty_table", "HD_OK",
    "HD_PUBLIC",      "HD_CALL_MORE",
    "HD_CALL_ONEWAY", "HD_UNKNOWN_ERROR",
};

/* C names in use, with what made them. */
struct name {
    const char *text;
    struct idl_place place;
    struct name *next;
};

struct checker {
    struct idl *idl;
    struct name *names;
};

static int claim(struct checker *checker, struct idl_place place, const char *prefix,
                 const char *middle, const char *suffix)
{
    struct name *name = arena_alloc(checker->idl->arena, sizeof(*name));
    char text[512];

    snprintf(text, sizeof(text), "%s%s%s", prefix, middle, suffix);
    if (!name || !(name->text = arena_strdup(checker->idl->arena, text)))
        return idl_out_of_memory();
    name->place = place;
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(taken[i], text) == 0)
            return idl_error(place, "the C name %s is taken by the library", text);
    for (const struct name *other = checker->names; other; other = other->next)
        if (strcmp(other->text, text) == 0)
            return idl_error(place, "the C name %s is taken by %s:%d", text, other->place.file,
                             other->place.line);
    name->next = checker->names;
    checker->names = name;
    return 0;
}

static bool fields_hold(const struct idl_field *fields, const struct idl_field *end,
                        const char *name)
{
    for (; fields != end; fields = fields->next) {
        char companion[512];

        if (strcmp(fields->name, name) == 0)
            return true;
        companion[0] = '\0';
        if (fields->array || fields->kind == IDL_INT_MAP)
            snprintf(companion, sizeof(companion), "n_%s", fields->name);
        else if (fields->optional && (fields->kind == IDL_INT || fields->kind == IDL_BOOL))
            snprintf(companion, sizeof(companion), "has_%s", fields->name);
        if (strcmp(companion, name) == 0)
            return true;
    }
    return false;
}

static int check_field_name(const struct idl_field *fields, const struct idl_field *field)
{
    char companion[512];

    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (strcmp(keywords[i], field->name) == 0)
            return idl_error(field->place, "the field name %s is a keyword of C or C++",
                             field->name);
    if (strlen(field->name) > 100)
        return idl_error(field->place, "the field name is longer than 100 bytes");
    if (fields_hold(fields, field, field->name))
        return idl_error(field->place, "the field name %s is taken", field->name);
    snprintf(companion, sizeof(companion), "has_%s", field->name);
    if (field->optional && fields_hold(fields, field, companion))
        return idl_error(field->place, "the member %s that goes with it is taken", companion);
    snprintf(companion, sizeof(companion), "n_%s", field->name);
    if ((field->array || field->kind == IDL_INT_MAP) && fields_hold(fields, field, companion))
        return idl_error(field->place, "the member %s that goes with it is taken", companion);
    return 0;
}

static int check_fields(const struct idl_interface *interface, struct idl_field *fields)
{
    int count = 0;

    for (struct idl_field *field = fields; field; field = field->next) {
        if (++count > CHECK_MOST_FIELDS)
            return idl_error(field->place, "more than %d fields", CHECK_MOST_FIELDS);
        if (check_field_name(fields, field) < 0)
            return -1;
        if (field->kind != IDL_STRUCT)
            continue;
        for (struct idl_symbol *type = interface->symbols; type; type = type->next)
            if (type->kind == IDL_TYPE && strcmp(type->name, field->type_name) == 0)
                field->type = type;
        if (!field->type)
            return idl_error(field->place, "the interface has no type %s", field->type_name);
    }
    return 0;
}

enum { VISIT_UNDER_WAY = 1, VISIT_DONE };

/* A type that holds itself by value would have no end; through `?` and `[]` it may. */
static int check_endless(struct idl_symbol *type)
{
    if (type->visited == VISIT_DONE)
        return 0;
    if (type->visited == VISIT_UNDER_WAY)
        return idl_error(type->place, "the type %s holds itself", type->name);
    type->visited = VISIT_UNDER_WAY;
    for (const struct idl_field *field = type->fields; field; field = field->next)
        if (field->kind == IDL_STRUCT && !field->array && !field->optional &&
            check_endless((struct idl_symbol *)field->type) < 0)
            return -1;
    type->visited = VISIT_DONE;
    return 0;
}

static int claim_struct(struct checker *checker, const struct idl_symbol *symbol,
                        const char *suffix)
{
    char table[16];

    snprintf(table, sizeof(table), "%s_table", suffix);
    if (claim(checker, symbol->place, "hd_", symbol->snake, suffix) < 0)
        return -1;
    return claim(checker, symbol->place, "hd_", symbol->snake, table);
}

static int check_names(struct checker *checker, const struct idl_symbol *symbol)
{
    const struct idl_symbol *other;

    if (strlen(symbol->name) > 100)
        return idl_error(symbol->place, "the name is longer than 100 bytes");
    for (other = symbol->next; other; other = other->next)
        if (strcmp(other->name, symbol->name) == 0)
            return idl_error(other->place, "the name %s is taken by line %d", other->name,
                             symbol->place.line);
    switch (symbol->kind) {
    case IDL_TYPE:
        return claim_struct(checker, symbol, "");
    case IDL_ERROR:
        return claim_struct(checker, symbol, "_error");
    case IDL_METHOD:
        if (claim(checker, symbol->place, "hd_", symbol->snake, "") < 0 ||
            claim(checker, symbol->place, "hd_", symbol->snake, "_start") < 0 ||
            claim(checker, symbol->place, "hd_", symbol->snake, "_method") < 0 ||
            claim_struct(checker, symbol, "_params") < 0)
            return -1;
        return claim_struct(checker, symbol, "_result");
    }
    return 0;
}

static int check_symbol(struct checker *checker, const struct idl_interface *interface,
                        struct idl_symbol *symbol)
{
    if (check_names(checker, symbol) < 0 || check_fields(interface, symbol->fields) < 0 ||
        check_fields(interface, symbol->results) < 0)
        return -1;
    if (symbol->kind == IDL_TYPE && !symbol->fields)
        return idl_error(symbol->place, "the type %s has no fields", symbol->name);
    if (symbol->kind == IDL_ERROR && !symbol->doc)
        return idl_error(symbol->place,
                         "the error %s has no comment: its first sentence is what "
                         "people are told",
                         symbol->name);
    return 0;
}

/* Each interface has a range of its own, so that an error added at the end of a file changes no
 * number that a compiled program knows. */
static int check_codes(struct checker *checker, struct idl_interface *interface, int *next_code)
{
    const int first = *next_code;
    int code = first;

    for (struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next) {
        char *upper;

        if (symbol->kind != IDL_ERROR)
            continue;
        if (code >= first + CHECK_CODES_INTERFACE || code >= CHECK_UNKNOWN_CODE)
            return idl_error(symbol->place, "too many errors to number");
        symbol->code = code++;
        upper = arena_strdup(checker->idl->arena, symbol->snake);
        if (!upper)
            return idl_out_of_memory();
        for (char *c = upper; *c; c++)
            if (*c >= 'a' && *c <= 'z')
                *c = (char)(*c - 'a' + 'A');
        if (claim(checker, symbol->place, "HD_", upper, "") < 0)
            return -1;
    }
    *next_code = first + CHECK_CODES_INTERFACE;
    return 0;
}

int idl_check(struct idl *idl)
{
    struct checker checker = {.idl = idl};
    int next_code = 1;

    for (struct idl_interface *interface = idl->interfaces; interface;
         interface = interface->next) {
        for (struct idl_interface *other = interface->next; other; other = other->next)
            if (strcmp(other->name, interface->name) == 0)
                return idl_error(other->place, "the interface %s was given before", other->name);
        for (struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next)
            if (check_symbol(&checker, interface, symbol) < 0)
                return -1;
        for (struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next)
            if (check_endless(symbol) < 0)
                return -1;
        if (check_codes(&checker, interface, &next_code) < 0)
            return -1;
    }
    idl->unknown_code = CHECK_UNKNOWN_CODE;
    return 0;
}
