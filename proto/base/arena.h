/*
 * arena: memory that is freed all at once.
 *
 * A request, a reply or a document owns one arena, and everything decoded into it lives exactly as
 * long as the arena does. An arena belongs to one thread at a time; handing the owner over hands
 * the arena over. Running out of memory is reported by NULL and changes nothing.
 */
#pragma once

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks;
    char *next;
    char *end;
    size_t reserved; /* bytes taken from malloc, for accounts and limits */
};

#define ARENA_INIT                                                                                 \
    {                                                                                              \
        NULL, NULL, NULL, 0                                                                        \
    }

/* Frees every block; the arena may be used again. */
void arena_clear(struct arena *arena);

/* Returns `size` zeroed bytes aligned for any type (for 0 a pointer like any other), or NULL when
 * out of memory. */
void *arena_alloc(struct arena *arena, size_t size);

/* Returns a NUL-terminated copy of `size` bytes, or NULL when out of memory. */
char *arena_copy(struct arena *arena, const char *text, size_t size);

/* Returns a NUL-terminated copy of `text`; NULL for NULL. */
char *arena_strdup(struct arena *arena, const char *text);
