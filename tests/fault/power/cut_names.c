/*
 * Names: a list, for a folder under test holds a handful.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cut_disk.h"

static _Noreturn void out_of_memory(void)
{
    fputs("powercut: out of memory\n", stderr);
    abort();
}

void *cut_grow(void *array, size_t *capacity, size_t needed, size_t item)
{
    size_t grown = *capacity ? *capacity : 16;
    void *bigger;

    if (needed <= *capacity)
        return array;
    while (grown < needed)
        grown *= 2;
    bigger = realloc(array, grown * item);
    if (!bigger)
        out_of_memory();
    *capacity = grown;
    return bigger;
}

static struct cut_name *name_find(struct cut_names *names, const char *name)
{
    for (size_t i = 0; i < names->n_names; i++)
        if (strcmp(names->names[i].name, name) == 0)
            return &names->names[i];
    return NULL;
}

static void name_put(struct cut_names *names, const char *text, int object)
{
    struct cut_name *name = name_find(names, text);

    if (!name) {
        names->names = cut_grow(names->names, &names->capacity, names->n_names + 1, sizeof(*name));
        name = &names->names[names->n_names++];
        name->name = strdup(text);
        if (!name->name)
            out_of_memory();
    }
    name->object = object;
}

static void name_drop(struct cut_names *names, const char *text)
{
    struct cut_name *name = name_find(names, text);

    if (!name)
        return;
    free(name->name);
    *name = names->names[--names->n_names];
}

/* What lies below a folder that got another name moves along. */
static void names_move(struct cut_names *names, const char *from, const char *to)
{
    size_t size = strlen(from);

    for (size_t i = 0; i < names->n_names; i++) {
        struct cut_name *name = &names->names[i];
        char *moved;

        if (strncmp(name->name, from, size) != 0 || name->name[size] != '/')
            continue;
        if (asprintf(&moved, "%s%s", to, name->name + size) < 0)
            out_of_memory();
        free(name->name);
        name->name = moved;
    }
}

void cut_names_apply(struct cut_names *names, const struct cut_renaming *renaming)
{
    switch (renaming->kind) {
    case CUT_CREATE:
    case CUT_MAKE_FOLDER:
        name_put(names, renaming->name, renaming->object);
        break;
    case CUT_LINK:
        name_put(names, renaming->second, renaming->object);
        break;
    case CUT_RENAME:
        name_drop(names, renaming->name);
        name_put(names, renaming->second, renaming->object);
        if (renaming->object == CUT_FOLDER_OBJECT)
            names_move(names, renaming->name, renaming->second);
        break;
    case CUT_UNLINK:
    case CUT_REMOVE_FOLDER:
        name_drop(names, renaming->name);
        break;
    case CUT_BASE_FOLDER:
    case CUT_BASE_FILE:
    case CUT_START:
    case CUT_WRITE:
    case CUT_TRUNCATE:
    case CUT_GROW:
    case CUT_SYNC_BEGIN:
    case CUT_SYNC_END:
    case CUT_MARK:
    case CUT_SEND:
    case CUT_POWER:
    case CUT_UNFOLLOWED:
        break;
    }
}

void cut_names_clear(struct cut_names *names)
{
    for (size_t i = 0; i < names->n_names; i++)
        free(names->names[i].name);
    names->n_names = 0;
}

void cut_names_copy(struct cut_names *to, const struct cut_names *from)
{
    cut_names_clear(to);
    for (size_t i = 0; i < from->n_names; i++)
        name_put(to, from->names[i].name, from->names[i].object);
}
