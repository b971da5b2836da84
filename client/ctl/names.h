/*
 * names: numbers found by name.
 *
 * A hash table whose keys belong to the caller and outlive it. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_slot {
    const char *key; /* NULL: empty */
    size_t size;
    uint64_t hash;
    size_t value;
};

struct names {
    struct name_slot *slots;
    size_t n_slots; /* a power of two, or 0 */
    size_t n_used;
};

#define NAMES_INIT                                                                                 \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

void names_clear(struct names *names);

/* Returns the value of the name, or NULL; valid until the next addition. */
size_t *names_find(const struct names *names, const char *key, size_t size);

/* Adds `key` with `value` unless it is there. Returns 1 if it was added, 0 if it was there (its
 * value stays), -ENOMEM; `ret_value` (may be NULL) points at the value in both cases. */
int names_add(struct names *names, const char *key, size_t size, size_t value, size_t **ret_value);

/* FNV-1a over `size` bytes, going on from `hash`; start with NAMES_HASH. */
uint64_t names_hash(uint64_t hash, const void *bytes, size_t size);
#define NAMES_HASH UINT64_C(14695981039346656037)
