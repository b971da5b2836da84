#include "graph_index.h"

#include <string.h>
#include <sys/random.h>

/* FNV-1a from a random basis (draft-eastlake-fnv), finished by a multiplication that mixes high
 * bits. */
static uint64_t graph_hash(uint64_t seed, const char *id)
{
    uint64_t hash = seed ^ 0xcbf29ce484222325u;

    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 0x100000001b3u;
    hash ^= hash >> 32;
    hash *= 0x9e3779b97f4a7c15u;
    return hash ^ (hash >> 29);
}

int graph_index_init(struct graph_index *index, const struct hd_node *nodes, size_t n_nodes,
                     struct arena *arena)
{
    size_t slots = 16;

    while (slots < n_nodes * 2)
        slots *= 2;
    index->nodes = nodes;
    index->mask = slots - 1;
    index->slots = arena_alloc(arena, slots * sizeof(*index->slots));
    if (!index->slots)
        return STORE_NO_MEMORY;
    if (getrandom(&index->seed, sizeof(index->seed), GRND_NONBLOCK) < 0)
        index->seed = (uintptr_t)index->slots;
    return 0;
}

bool graph_index_find(const struct graph_index *index, const char *id, uint32_t *ret_node)
{
    for (size_t i = graph_hash(index->seed, id) & index->mask; index->slots[i];
         i = (i + 1) & index->mask) {
        uint32_t node = index->slots[i] - 1;

        if (strcmp(index->nodes[node].id, id) == 0) {
            *ret_node = node;
            return true;
        }
    }
    return false;
}

bool graph_index_add(struct graph_index *index, uint32_t node)
{
    const char *id = index->nodes[node].id;
    size_t i = graph_hash(index->seed, id) & index->mask;

    for (; index->slots[i]; i = (i + 1) & index->mask)
        if (strcmp(index->nodes[index->slots[i] - 1].id, id) == 0)
            return false;
    index->slots[i] = node + 1;
    return true;
}
