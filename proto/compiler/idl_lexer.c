#include "idl_lexer.h"

#include <ctype.h>
#include <string.h>

void lexer_init(struct lexer *lexer, struct arena *arena, const char *file, const char *text,
                size_t size)
{
    *lexer = (struct lexer){.arena = arena,
                            .at = text,
                            .end = text + size,
                            .place = {.file = file, .line = 1, .column = 1}};
}

static void lexer_advance(struct lexer *lexer, size_t size)
{
    for (; size > 0; size--) {
        if (*lexer->at++ == '\n') {
            lexer->place.line++;
            lexer->place.column = 1;
        } else {
            lexer->place.column++;
        }
    }
}

/* Reads a comment up to its line's end. */
static int lexer_comment(struct lexer *lexer, struct idl_doc **ret_doc)
{
    const char *first = lexer->at + 1;
    const char *last = memchr(first, '\n', (size_t)(lexer->end - first));
    struct idl_doc *doc = arena_alloc(lexer->arena, sizeof(*doc));

    if (!last)
        last = lexer->end;
    if (first < last && *first == ' ')
        first++;
    if (doc)
        doc->text = arena_copy(lexer->arena, first, (size_t)(last - first));
    if (!doc || !doc->text)
        return idl_out_of_memory();
    for (const char *c = first; c < last; c++)
        if ((unsigned char)*c < ' ' && *c != '\t')
            return idl_error(lexer->place, "control character in a comment");
    if (strstr(doc->text, "*/") || strstr(doc->text, "/*"))
        return idl_error(lexer->place, "a comment must not hold the marks of a C comment");
    lexer_advance(lexer, (size_t)(last - lexer->at));
    *ret_doc = doc;
    return 0;
}

/* Skips to the next token and gathers the comment lines directly above it. */
static int lexer_skip(struct lexer *lexer, struct idl_doc **ret_doc)
{
    struct idl_doc **tail = ret_doc;
    int newlines = 0;

    *ret_doc = NULL;
    while (lexer->at < lexer->end) {
        struct idl_doc *doc = NULL;

        if (*lexer->at == '#') {
            bool behind_code = lexer->place.line == lexer->code_line;

            if (lexer_comment(lexer, &doc) < 0)
                return -1;
            newlines = 0;
            if (behind_code)
                continue;
            *tail = doc;
            tail = &doc->next;
        } else if (*lexer->at == '\n' || *lexer->at == ' ' || *lexer->at == '\t') {
            if (*lexer->at == '\n' && ++newlines > 1) {
                *ret_doc = NULL;
                tail = ret_doc;
            }
            lexer_advance(lexer, 1);
        } else {
            break;
        }
    }
    return 0;
}

static bool word_continues(const struct lexer *lexer, size_t size)
{
    const char *at = lexer->at + size;

    if (at == lexer->end)
        return false;
    if (*at == '-')
        return at + 1 < lexer->end && at[1] != '>';
    return isalnum((unsigned char)*at) || *at == '_' || *at == '.';
}

static const struct {
    const char *text;
    enum token_kind kind;
} marks[] = {
    {"->", TOKEN_ARROW}, {"[]", TOKEN_ARRAY}, {"[string]", TOKEN_MAP}, {"(", TOKEN_OPEN},
    {")", TOKEN_CLOSE},  {":", TOKEN_COLON},  {",", TOKEN_COMMA},      {"?", TOKEN_MAYBE},
};

int lexer_next(struct lexer *lexer, struct token *ret_token)
{
    struct token token = {.kind = TOKEN_END, .text = "the end of the file"};
    size_t size = 0;

    if (lexer_skip(lexer, &token.doc) < 0)
        return -1;
    token.place = lexer->place;
    if (lexer->at < lexer->end) {
        if (isalpha((unsigned char)*lexer->at)) {
            token.kind = TOKEN_WORD;
            while (word_continues(lexer, size))
                size++;
        }
        for (size_t i = 0; size == 0 && i < sizeof(marks) / sizeof(marks[0]); i++) {
            size_t length = strlen(marks[i].text);

            if ((size_t)(lexer->end - lexer->at) >= length &&
                memcmp(lexer->at, marks[i].text, length) == 0) {
                token.kind = marks[i].kind;
                size = length;
            }
        }
        if (size == 0 && isprint((unsigned char)*lexer->at))
            return idl_error(token.place, "unexpected character '%c'", *lexer->at);
        if (size == 0)
            return idl_error(token.place, "unexpected byte 0x%02x", (unsigned char)*lexer->at);
        token.text = arena_copy(lexer->arena, lexer->at, size);
        if (!token.text)
            return idl_out_of_memory();
    }
    lexer_advance(lexer, size);
    lexer->code_line = token.place.line;
    *ret_token = token;
    return 0;
}
