#include "idl_parser.h"

#include <ctype.h>
#include <string.h>

#include "idl_lexer.h"

struct parser {
    struct idl *idl;
    struct lexer lexer;
    struct token token; /* the next one, not yet taken */
};

static int parser_advance(struct parser *parser)
{
    return lexer_next(&parser->lexer, &parser->token);
}

static int parser_expect(struct parser *parser, enum token_kind kind, const char *what)
{
    if (parser->token.kind != kind)
        return idl_error(parser->token.place, "expected %s, found %s", what, parser->token.text);
    return parser_advance(parser);
}

static bool token_is(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && strcmp(token->text, word) == 0;
}

/* [A-Za-z]([_]?[A-Za-z0-9])* */
static bool field_name_valid(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && (*c != '_' || !isalnum((unsigned char)c[1])))
            return false;
    return isalpha((unsigned char)*name);
}

/* [A-Z][A-Za-z0-9]* */
static bool symbol_name_valid(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c))
            return false;
    return isupper((unsigned char)*name);
}

/* Two or more parts with dots between; a part begins and ends with a letter or digit. */
static bool interface_name_valid(const char *name)
{
    size_t parts = 1;
    char before = '.';

    for (const char *c = name; *c; c++) {
        bool plain = isalnum((unsigned char)*c);

        if (!plain && *c != '.' && *c != '-')
            return false;
        if (!plain && before == '.')
            return false;
        if (*c == '.') {
            if (before == '-')
                return false;
            parts++;
        }
        before = *c;
    }
    return isalpha((unsigned char)*name) && isalnum((unsigned char)before) && parts > 1;
}

static const struct {
    const char *word;
    enum idl_kind kind;
} scalars[] = {
    {"bool", IDL_BOOL},
    {"int", IDL_INT},
    {"string", IDL_STRING},
    {"object", IDL_OBJECT},
};

/* The type behind `?`, `[]` and `[string]`. */
static int parse_element(struct parser *parser, struct idl_field *field)
{
    const struct token *token = &parser->token;

    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        if (token_is(token, scalars[i].word)) {
            field->kind = scalars[i].kind;
            return parser_advance(parser);
        }
    }
    if (token_is(token, "float") || token_is(token, "any"))
        return idl_error(token->place, "the type %s is not supported", token->text);
    if (token->kind == TOKEN_OPEN)
        return idl_error(token->place,
                         "structs and enums without a name are not supported: declare a type");
    if (token->kind == TOKEN_ARRAY || token->kind == TOKEN_MAP)
        return idl_error(token->place, "nested arrays and maps are not supported");
    if (token->kind == TOKEN_MAYBE)
        return idl_error(token->place, "an element cannot be optional, and nothing is so twice");
    if (token->kind != TOKEN_WORD || !symbol_name_valid(token->text))
        return idl_error(token->place, "expected a type, found %s", token->text);
    field->kind = IDL_STRUCT;
    field->type_name = token->text;
    return parser_advance(parser);
}

static int parse_type(struct parser *parser, struct idl_field *field)
{
    bool map = false;

    if (parser->token.kind == TOKEN_MAYBE) {
        field->optional = true;
        if (parser_advance(parser) < 0)
            return -1;
    }
    if (parser->token.kind == TOKEN_ARRAY || parser->token.kind == TOKEN_MAP) {
        map = parser->token.kind == TOKEN_MAP;
        field->array = !map;
        if (parser_advance(parser) < 0)
            return -1;
    }
    if (parse_element(parser, field) < 0)
        return -1;
    if (map && field->kind != IDL_INT)
        return idl_error(field->place, "a map's values must be int");
    if (map)
        field->kind = IDL_INT_MAP;
    if (field->array && field->kind != IDL_STRING && field->kind != IDL_STRUCT)
        return idl_error(field->place, "an array's elements must be string or a declared type");
    return 0;
}

/* A list in parentheses; empty gives NULL. */
static int parse_fields(struct parser *parser, struct idl_field **ret_fields)
{
    struct idl_field **tail = ret_fields;

    *ret_fields = NULL;
    if (parser_expect(parser, TOKEN_OPEN, "(") < 0)
        return -1;
    while (parser->token.kind != TOKEN_CLOSE || tail != ret_fields) {
        struct idl_field *field = arena_alloc(parser->idl->arena, sizeof(*field));

        if (!field)
            return idl_out_of_memory();
        if (parser->token.kind != TOKEN_WORD || !field_name_valid(parser->token.text))
            return idl_error(parser->token.place, "expected a field name, found %s",
                             parser->token.text);
        field->place = parser->token.place;
        field->name = parser->token.text;
        field->doc = parser->token.doc;
        if (parser_advance(parser) < 0)
            return -1;
        if (parser->token.kind == TOKEN_COMMA || parser->token.kind == TOKEN_CLOSE)
            return idl_error(field->place, "enums are not supported");
        if (parser_expect(parser, TOKEN_COLON, ":") < 0 || parse_type(parser, field) < 0)
            return -1;
        *tail = field;
        tail = &field->next;
        if (parser->token.kind != TOKEN_COMMA)
            break;
        if (parser_advance(parser) < 0)
            return -1;
    }
    return parser_expect(parser, TOKEN_CLOSE, "',' or ')'");
}

static bool doc_streams(const struct idl_doc *doc)
{
    for (; doc; doc = doc->next)
        if (strncmp(doc->text, "Streams: ", strlen("Streams: ")) == 0)
            return true;
    return false;
}

static int parse_symbol(struct parser *parser, struct idl_symbol **ret_symbol)
{
    struct idl_symbol *symbol = arena_alloc(parser->idl->arena, sizeof(*symbol));

    if (!symbol)
        return idl_out_of_memory();
    symbol->doc = parser->token.doc;
    if (token_is(&parser->token, "type"))
        symbol->kind = IDL_TYPE;
    else if (token_is(&parser->token, "method"))
        symbol->kind = IDL_METHOD;
    else if (token_is(&parser->token, "error"))
        symbol->kind = IDL_ERROR;
    else
        return idl_error(parser->token.place, "expected type, method or error, found %s",
                         parser->token.text);
    if (parser_advance(parser) < 0)
        return -1;
    symbol->place = parser->token.place;
    symbol->name = parser->token.text;
    if (parser->token.kind != TOKEN_WORD || !symbol_name_valid(symbol->name))
        return idl_error(symbol->place, "expected a name that begins with a capital, found %s",
                         symbol->name);
    symbol->snake = idl_snake(parser->idl->arena, symbol->name);
    if (!symbol->snake)
        return idl_out_of_memory();
    if (parser_advance(parser) < 0 || parse_fields(parser, &symbol->fields) < 0)
        return -1;
    if (symbol->kind == IDL_METHOD) {
        symbol->streams = doc_streams(symbol->doc);
        if (parser_expect(parser, TOKEN_ARROW, "->") < 0 ||
            parse_fields(parser, &symbol->results) < 0)
            return -1;
    }
    *ret_symbol = symbol;
    return 0;
}

static int parse_header(struct parser *parser, struct idl_interface *interface)
{
    if (!token_is(&parser->token, "interface"))
        return idl_error(parser->token.place, "expected interface, found %s", parser->token.text);
    interface->doc = parser->token.doc;
    if (parser_advance(parser) < 0)
        return -1;
    interface->place = parser->token.place;
    interface->name = parser->token.text;
    if (parser->token.kind != TOKEN_WORD || !interface_name_valid(interface->name))
        return idl_error(interface->place, "expected an interface name, found %s", interface->name);
    return parser_advance(parser);
}

int idl_parse(struct idl *idl, const char *file, const char *text, size_t size)
{
    struct parser parser = {.idl = idl};
    struct idl_interface *interface = arena_alloc(idl->arena, sizeof(*interface));
    struct idl_interface **place = &idl->interfaces;
    struct idl_symbol **tail;

    if (!interface)
        return idl_out_of_memory();
    interface->text = text;
    interface->text_size = size;
    tail = &interface->symbols;
    lexer_init(&parser.lexer, idl->arena, file, text, size);
    if (parser_advance(&parser) < 0 || parse_header(&parser, interface) < 0)
        return -1;
    while (parser.token.kind != TOKEN_END) {
        if (parse_symbol(&parser, tail) < 0)
            return -1;
        tail = &(*tail)->next;
    }
    while (*place)
        place = &(*place)->next;
    *place = interface;
    return 0;
}
