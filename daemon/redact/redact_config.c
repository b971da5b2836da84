#include <stdlib.h>
#include <string.h>

#include "redact_find.h"
#include "redact_private.h"

enum { NAME_MOST = 64 };

const char redact_default_allow[] = "file path worktree branch commit pr_number status duration "
                                    "duration_ms exit_code reason resumed_from_seq";

/* The next name of a list, in place; NULL behind the last. */
static const char *list_next(const char **list, size_t *ret_size)
{
    const char *name = *list + strspn(*list, " \t\r\n,");

    *ret_size = strcspn(name, " \t\r\n,");
    *list = name + *ret_size;
    return *ret_size > 0 ? name : NULL;
}

static bool name_valid(const char *name, size_t size)
{
    size_t signs = 0;

    if (size > NAME_MOST || !redact_is_letter(name[size - 1]))
        return false;
    for (size_t i = 0; i < size; i++) {
        signs += redact_is_alnum(name[i]);
        if (!redact_is_alnum(name[i]) && !strchr("_-.", name[i]))
            return false;
    }
    return signs >= 2;
}

bool redact_names_valid(const char *names)
{
    size_t count = 0, size;
    const char *name;

    while ((name = list_next(&names, &size)))
        if (++count > REDACT_NAMES_MOST || !name_valid(name, size))
            return false;
    return true;
}

/* A name as the finder has it: in lower case, words parted by one '-', none at an end. */
static char *name_letters(const char *name, size_t size)
{
    char *letters = malloc(2 * size + 1);
    size_t used = 0;

    for (size_t i = 0; letters && i < size; i++) {
        char c = name[i];
        bool parts = !redact_is_alnum(c);
        bool capital = redact_is_upper(c) && i > 0 && redact_is_lower(name[i - 1]);

        if ((parts || capital) && used > 0 && letters[used - 1] != '-')
            letters[used++] = '-';
        if (!parts)
            letters[used++] = (char)(redact_is_upper(c) ? c | 0x20 : c);
    }
    while (letters && used > 0 && letters[used - 1] == '-')
        used--;
    if (letters)
        letters[used] = '\0';
    return letters;
}

static int compile_added(struct redaction *redaction, const char *names)
{
    struct redact_name *added = calloc(REDACT_NAMES_MOST, sizeof(*added));
    const char *name;
    size_t size;

    redaction->names.added = added;
    if (!added)
        return -1;
    while ((name = list_next(&names, &size))) {
        char *letters = name_letters(name, size);

        if (!letters)
            return -1;
        added[redaction->names.n_added].letters = letters;
        added[redaction->names.n_added].size = strlen(letters);
        added[redaction->names.n_added++].flags = REDACT_IS_SECRET | REDACT_NUMBERS_TOO;
    }
    return 0;
}

static int compile_allow(struct redaction *redaction, const char *names)
{
    const char *name;
    size_t size;

    redaction->allow_text = strdup(names);
    redaction->allow = calloc(REDACT_NAMES_MOST, sizeof(*redaction->allow));
    if (!redaction->allow_text || !redaction->allow)
        return -1;
    names = redaction->allow_text;
    while ((name = list_next(&names, &size)))
        redaction->allow[redaction->n_allow++] = (struct redact_listed){name, size};
    return 0;
}

struct redaction *redaction_new(enum redact_mode mode, const char *keys_add, const char *allow)
{
    struct redaction *redaction;

    keys_add = keys_add ? keys_add : "";
    allow = allow ? allow : redact_default_allow;
    if (!redact_names_valid(keys_add) || !redact_names_valid(allow))
        return NULL;
    redaction = calloc(1, sizeof(*redaction));
    if (!redaction)
        return NULL;
    redaction->mode = mode;
    if (compile_added(redaction, keys_add) < 0 || compile_allow(redaction, allow) < 0) {
        redaction_free(redaction);
        return NULL;
    }
    redact_names_init(&redaction->names);
    return redaction;
}

void redaction_free(struct redaction *redaction)
{
    if (!redaction)
        return;
    for (size_t i = 0; i < redaction->names.n_added; i++)
        free((void *)redaction->names.added[i].letters);
    free(redaction->names.added);
    free(redaction->allow);
    free(redaction->allow_text);
    free(redaction);
}

bool redaction_lists(const struct redaction *redaction, const char *key, size_t size)
{
    for (size_t i = 0; i < redaction->n_allow; i++)
        if (redaction->allow[i].size == size && memcmp(redaction->allow[i].name, key, size) == 0)
            return true;
    return false;
}
