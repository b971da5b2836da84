#include "idl_rules.h"

#include <ctype.h>
#include <string.h>

/* The rules of rules.h with what they judge. */
static const struct {
    const char *name;
    enum idl_kind kind;
    bool array;
} rules[] = {
    {"count", IDL_INT, false},         {"positive", IDL_INT, false},
    {"page", IDL_INT, false},          {"seq", IDL_INT, false},
    {"run_id", IDL_STRING, false},     {"path", IDL_STRING, false},
    {"directory", IDL_STRING, false},  {"type", IDL_STRING, false},
    {"unit", IDL_STRING, false},       {"label", IDL_STRING, false},
    {"reason", IDL_STRING, false},     {"error", IDL_STRING, false},
    {"time", IDL_STRING, false},       {"run_status", IDL_STRING, false},
    {"end_status", IDL_STRING, false}, {"payload", IDL_OBJECT, false},
    {"events", IDL_STRUCT, true},      {"nodes", IDL_STRUCT, true},
    {"edges", IDL_STRUCT, true},
};

struct rule_line {
    struct idl_place place;
    const char *scope;
    const char *field;
    const char *rule;
};

static int rule_fits(const struct rule_line *line, const struct idl_field *field)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (strcmp(rules[i].name, line->rule) != 0)
            continue;
        if (rules[i].kind == field->kind && rules[i].array == field->array)
            return 0;
        return idl_error(line->place, "the rule %s does not fit the type of the field at %s:%d",
                         line->rule, field->place.file, field->place.line);
    }
    return idl_error(line->place, "there is no rule %s", line->rule);
}

/* Applies one line; counts the fields it names. A scope's own line comes after the defaults. */
static int rule_apply(struct idl *idl, const struct rule_line *line, int *matches)
{
    bool everywhere = strcmp(line->scope, "*") == 0;

    for (struct idl_interface *interface = idl->interfaces; interface;
         interface = interface->next) {
        for (struct idl_symbol *symbol = interface->symbols; symbol; symbol = symbol->next) {
            if (symbol->kind == IDL_ERROR ||
                (!everywhere && strcmp(symbol->name, line->scope) != 0))
                continue;
            for (struct idl_field *field = symbol->fields; field; field = field->next) {
                if (strcmp(field->name, line->field) != 0)
                    continue;
                if (rule_fits(line, field) < 0)
                    return -1;
                field->rule = line->rule;
                ++*matches;
            }
        }
    }
    return 0;
}

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '*';
}

/* Takes one word; NULL where there is none, or memory is short. */
static const char *take_word(struct arena *arena, const char **at)
{
    const char *first = *at;

    while (word_char(**at))
        ++*at;
    return *at > first ? arena_copy(arena, first, (size_t)(*at - first)) : NULL;
}

static int rule_read(struct idl *idl, struct rule_line *line, const char *text)
{
    const char *at = text;

    line->scope = take_word(idl->arena, &at);
    if (line->scope && *at == '.') {
        at++;
        line->field = take_word(idl->arena, &at);
    }
    if (line->field && (*at == ' ' || *at == '\t')) {
        at += strspn(at, " \t");
        line->rule = take_word(idl->arena, &at);
    }
    at += strspn(at, " \t");
    line->place.column = 1 + (int)(at - text);
    if (!line->rule || (*at != '\n' && *at != '\0'))
        return idl_error(line->place, "expected `Scope.field rule`");
    line->place.column = 1;
    return 0;
}

/* One pass over the lines: the defaults first, the others after them. */
static int rules_pass(struct idl *idl, const char *file, const char *text, bool defaults)
{
    int number = 1;

    for (const char *at = text; *at; number++) {
        struct rule_line line = {.place = {.file = file, .line = number, .column = 1}};
        const char *end = strchr(at, '\n');
        int matches = 0;

        if (*at != '#' && *at != '\n') {
            if (rule_read(idl, &line, at) < 0)
                return -1;
            if ((strcmp(line.scope, "*") == 0) == defaults) {
                if (rule_apply(idl, &line, &matches) < 0)
                    return -1;
                if (matches == 0)
                    return idl_error(line.place, "there is no field %s.%s", line.scope, line.field);
            }
        }
        at = end ? end + 1 : at + strlen(at);
    }
    return 0;
}

int idl_rules_read(struct idl *idl, const char *file, const char *text)
{
    if (rules_pass(idl, file, text, true) < 0)
        return -1;
    return rules_pass(idl, file, text, false);
}
