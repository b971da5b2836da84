#include "keyset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "escape.h"

enum { KEYSET_SMALL = 16 }; /* keys of an object that are compared one by one */

void keyset_clear(struct keyset *keyset)
{
    free(keyset->open.items);
    free(keyset->large.items);
    free(keyset->table);
    arena_clear(&keyset->unescaped);
    *keyset = (struct keyset)KEYSET_INIT;
}

void keyset_begin(struct keyset *keyset, struct keyset_object *object)
{
    *object = (struct keyset_object){.first = keyset->open.count, .number = keyset->objects++};
}

void keyset_end(struct keyset *keyset, const struct keyset_object *object)
{
    keyset->open.count = object->first;
}

static int keys_add(struct keyset_keys *keys, struct keyset_key key)
{
    if (keys->count == keys->capacity) {
        size_t capacity = keys->capacity ? 2 * keys->capacity : KEYSET_SMALL;
        struct keyset_key *items = realloc(keys->items, capacity * sizeof(*items));

        if (!items)
            return -ENOMEM;
        keys->items = items;
        keys->capacity = capacity;
    }
    keys->items[keys->count++] = key;
    return 0;
}

/* --- SipHash-2-4 ------------------------------------------------------------------------------ */

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

static void sip_rounds(uint64_t v[static 4], int rounds)
{
    for (; rounds > 0; rounds--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

/* The object's number is part of what is hashed: the same keys in many objects lie apart. */
static uint64_t sip_hash(const uint64_t seed[static 2], uint32_t object, const char *bytes,
                         size_t size)
{
    uint64_t low = seed[0] ^ object;
    uint64_t v[4] = {low ^ UINT64_C(0x736f6d6570736575), seed[1] ^ UINT64_C(0x646f72616e646f6d),
                     low ^ UINT64_C(0x6c7967656e657261), seed[1] ^ UINT64_C(0x7465646279746573)};
    uint64_t word;
    size_t at = 0;

    for (; at + sizeof(word) <= size; at += sizeof(word)) {
        memcpy(&word, bytes + at, sizeof(word));
        v[3] ^= word;
        sip_rounds(v, 2);
        v[0] ^= word;
    }
    word = 0;
    memcpy(&word, bytes + at, size - at);
    word |= (uint64_t)size << 56;
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* --- the table of large objects' keys --------------------------------------------------------- */

static bool key_equal(const struct keyset_key *a, const struct keyset_key *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* Where the key is, or the free place where it would be. */
static struct keyset_place *table_find(const struct keyset *keyset, const struct keyset_key *key,
                                       uint32_t hash)
{
    size_t mask = keyset->table_size - 1;

    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct keyset_place *place = &keyset->table[at];
        const struct keyset_key *other;

        if (place->key == 0)
            return place;
        if (place->hash != hash)
            continue;
        other = &keyset->large.items[place->key - 1];
        if (other->object == key->object && key_equal(other, key))
            return place;
    }
}

static void seed_draw(uint64_t seed[static 2])
{
    struct timespec now;

    if (getrandom(seed, 2 * sizeof(seed[0]), GRND_NONBLOCK) == 2 * sizeof(seed[0]))
        return;
    /* Early at boot: better than nothing. */
    clock_gettime(CLOCK_MONOTONIC, &now);
    seed[0] = (uint64_t)now.tv_nsec * UINT64_C(0x9e3779b97f4a7c15);
    seed[1] = (uint64_t)(uintptr_t)seed ^ (uint64_t)now.tv_sec;
}

static int table_grow(struct keyset *keyset)
{
    size_t size = keyset->table_size ? 2 * keyset->table_size : 256;
    struct keyset_place *table = calloc(size, sizeof(*table));

    if (!table)
        return -ENOMEM;
    if (!keyset->table)
        seed_draw(keyset->seed);
    for (size_t i = 0; i < keyset->table_size; i++) {
        struct keyset_place place = keyset->table[i];
        size_t at = place.hash & (size - 1);

        if (place.key == 0)
            continue;
        while (table[at].key)
            at = (at + 1) & (size - 1);
        table[at] = place;
    }
    free(keyset->table);
    keyset->table = table;
    keyset->table_size = size;
    return 0;
}

static int table_add(struct keyset *keyset, const struct keyset_object *object,
                     struct keyset_key key)
{
    struct keyset_place *place;
    uint32_t hash;

    if (2 * (keyset->large.count + 1) > keyset->table_size && table_grow(keyset) < 0)
        return -ENOMEM;
    key.object = object->number;
    hash = (uint32_t)sip_hash(keyset->seed, key.object, key.bytes, key.size);
    place = table_find(keyset, &key, hash);
    if (place->key)
        return 1;
    if (keys_add(&keyset->large, key) < 0)
        return -ENOMEM;
    *place = (struct keyset_place){hash, (uint32_t)keyset->large.count};
    return 0;
}

/* An object grows large: its keys move into the table. */
static int table_take(struct keyset *keyset, struct keyset_object *object)
{
    for (size_t i = object->first; i < keyset->open.count; i++)
        if (table_add(keyset, object, keyset->open.items[i]) < 0)
            return -ENOMEM;
    keyset->open.count = object->first;
    object->large = true;
    return 0;
}

int keyset_add(struct keyset *keyset, struct keyset_object *object, const char *bytes, size_t size,
               bool escaped)
{
    struct keyset_key key = {.bytes = bytes};

    if (escaped) {
        char *plain = arena_copy(&keyset->unescaped, bytes, size);

        if (!plain)
            return -ENOMEM;
        size = escape_decode(bytes, size, plain);
        key.bytes = plain;
    }
    key.size = (uint32_t)size;
    if (!object->large && keyset->open.count - object->first == KEYSET_SMALL &&
        table_take(keyset, object) < 0)
        return -ENOMEM;
    if (object->large)
        return table_add(keyset, object, key);
    for (size_t i = object->first; i < keyset->open.count; i++)
        if (key_equal(&keyset->open.items[i], &key))
            return 1;
    return keys_add(&keyset->open, key);
}
