#include "arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARENA_FIRST_BLOCK = 1024,
    ARENA_LARGEST_BLOCK = 1 << 20,
    ARENA_ALIGNMENT = _Alignof(max_align_t),
};

static size_t arena_align(size_t size)
{
    return (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
}

struct arena_block {
    struct arena_block *older;
    max_align_t data[];
};

void arena_clear(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *older = arena->blocks->older;

        free(arena->blocks);
        arena->blocks = older;
    }
    *arena = (struct arena)ARENA_INIT;
}

/* Blocks double, so that a large document costs few of them and a small one little memory. */
static bool arena_grow(struct arena *arena, size_t size)
{
    size_t wanted = arena->reserved < ARENA_FIRST_BLOCK ? ARENA_FIRST_BLOCK : arena->reserved;
    struct arena_block *block;

    if (wanted > ARENA_LARGEST_BLOCK)
        wanted = ARENA_LARGEST_BLOCK;
    if (wanted < size)
        wanted = size;
    if (wanted > PTRDIFF_MAX - sizeof(*block))
        return false;
    block = malloc(sizeof(*block) + wanted);
    if (!block)
        return false;
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = (char *)block->data;
    arena->end = arena->next + wanted;
    arena->reserved += sizeof(*block) + wanted;
    return true;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    char *bytes;

    if (size > SIZE_MAX - ARENA_ALIGNMENT)
        return NULL;
    size = arena_align(size ? size : 1);
    if (size > (size_t)(arena->end - arena->next) && !arena_grow(arena, size))
        return NULL;
    bytes = arena->next;
    arena->next += size;
    memset(bytes, 0, size);
    return bytes;
}

char *arena_copy(struct arena *arena, const char *text, size_t size)
{
    char *copy;

    if (size == SIZE_MAX)
        return NULL;
    if (size + 1 > (size_t)(arena->end - arena->next) && !arena_grow(arena, size + 1))
        return NULL;
    copy = arena->next;
    memcpy(copy, text, size);
    copy[size] = '\0';
    /* The next allocation starts aligned again; what is left of the block may be less than that. */
    size = arena_align(size + 1);
    arena->next = size > (size_t)(arena->end - copy) ? arena->end : copy + size;
    return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}
