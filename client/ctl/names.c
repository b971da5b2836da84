#include "names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_FIRST = 64 };

void names_clear(struct names *names)
{
    free(names->slots);
    *names = (struct names)NAMES_INIT;
}

uint64_t names_hash(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *byte = bytes;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
    return hash;
}

/* The slot that has the key, or the empty one it would go to. The table is never full. */
static struct name_slot *names_slot(const struct names *names, const char *key, size_t size,
                                    uint64_t hash)
{
    size_t i = (size_t)(hash ^ hash >> 32) & (names->n_slots - 1);

    for (;; i = (i + 1) & (names->n_slots - 1)) {
        struct name_slot *slot = &names->slots[i];

        if (!slot->key)
            return slot;
        if (slot->hash == hash && slot->size == size && memcmp(slot->key, key, size) == 0)
            return slot;
    }
}

static int names_grow(struct names *names)
{
    size_t n_slots = names->n_slots ? names->n_slots * 2 : NAMES_FIRST;
    struct names grown = {calloc(n_slots, sizeof(*grown.slots)), n_slots, names->n_used};

    if (!grown.slots)
        return -ENOMEM;
    for (size_t i = 0; i < names->n_slots; i++) {
        const struct name_slot *slot = &names->slots[i];

        if (slot->key)
            *names_slot(&grown, slot->key, slot->size, slot->hash) = *slot;
    }
    free(names->slots);
    *names = grown;
    return 0;
}

size_t *names_find(const struct names *names, const char *key, size_t size)
{
    struct name_slot *slot;

    if (names->n_used == 0)
        return NULL;
    slot = names_slot(names, key, size, names_hash(NAMES_HASH, key, size));
    return slot->key ? &slot->value : NULL;
}

int names_add(struct names *names, const char *key, size_t size, size_t value, size_t **ret_value)
{
    uint64_t hash = names_hash(NAMES_HASH, key, size);
    struct name_slot *slot;
    int added;

    if (names->n_used * 4 >= names->n_slots * 3 && names_grow(names) < 0)
        return -ENOMEM;
    slot = names_slot(names, key, size, hash);
    added = !slot->key;
    if (added) {
        *slot = (struct name_slot){key, size, hash, value};
        names->n_used++;
    }
    if (ret_value)
        *ret_value = &slot->value;
    return added;
}
