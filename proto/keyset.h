/*
 * keyset: the keys of the objects that a scan is inside of, to find one that comes twice.
 *
 * Owned by one scan. A small object's keys are compared with one another; those of a large one go
 * into a hash table that is keyed at random, so that no choice of keys makes it slow. Keys are
 * compared after unescaping.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct keyset_key {
    const char *bytes; /* unescaped, in the text or in `unescaped` */
    uint32_t size;
    uint32_t object;
};

/* A growing array of keys. */
struct keyset_keys {
    struct keyset_key *items;
    size_t count;
    size_t capacity;
};

struct keyset_place {
    uint32_t hash;
    uint32_t key; /* index in `large` + 1, 0 where the place is free */
};

struct keyset {
    struct keyset_keys open;    /* of small objects that are open, inner ones last */
    struct keyset_keys large;   /* of large objects, open or not */
    struct keyset_place *table; /* where in `large` a key is */
    size_t table_size;          /* 0 or a power of two, at least twice what is in it */
    uint64_t seed[2];
    uint32_t objects; /* numbered so far */
    struct arena unescaped;
};

/* One object's place; embedded in the scan's stack. */
struct keyset_object {
    size_t first; /* in `open` */
    uint32_t number;
    bool large;
};

#define KEYSET_INIT                                                                                \
    {                                                                                              \
        .unescaped = ARENA_INIT                                                                    \
    }

void keyset_clear(struct keyset *keyset);

/* An object opens, within those that are open. */
void keyset_begin(struct keyset *keyset, struct keyset_object *object);
/* The innermost object closes. */
void keyset_end(struct keyset *keyset, const struct keyset_object *object);

/* Adds a key of the innermost object, as it stands between its quotes; `escaped`: it holds
 * escapes, which are known to be well formed. The text must outlive the set. Returns 0, 1 where the
 * object has that key already, or -ENOMEM. */
int keyset_add(struct keyset *keyset, struct keyset_object *object, const char *bytes, size_t size,
               bool escaped);
