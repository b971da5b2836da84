/*
 * idl_lexer: a .varlink file as tokens.
 *
 * The caller owns the lexer and the text. Comment lines directly above a token are that token's
 * documentation; an empty line between parts them, and a comment behind code on the same line is
 * for the readers of the file only.
 */
#pragma once

#include "idl.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD, /* keyword, name or interface name */
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_COLON,
    TOKEN_COMMA,
    TOKEN_ARROW,
    TOKEN_MAYBE, /* ? */
    TOKEN_ARRAY, /* [] */
    TOKEN_MAP,   /* [string] */
};

struct token {
    enum token_kind kind;
    struct idl_place place;
    const char *text; /* as written, for messages and words */
    struct idl_doc *doc;
};

struct lexer {
    struct arena *arena;
    const char *at;
    const char *end;
    struct idl_place place; /* of `at` */
    int code_line;          /* line of the last token */
};

void lexer_init(struct lexer *lexer, struct arena *arena, const char *file, const char *text,
                size_t size);

/* Reads the next token. Returns 0, or -1 with the message printed. */
int lexer_next(struct lexer *lexer, struct token *ret_token);
