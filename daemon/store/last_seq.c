#include "last_seq.h"

#include <stdlib.h>
#include <string.h>

enum {
    SLOTS = 256,
    ID_SIZE = 56, /* longer ids are not kept */
};

/* A run has one slot, where the latest of those that share it stands. */
struct last_seqs {
    struct {
        char run_id[ID_SIZE]; /* empty: free */
        int64_t seq;
    } slots[SLOTS];
};

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/. Returns the length too. */
static size_t slot_of(const char *run_id, size_t *ret_length)
{
    uint32_t hash = 2166136261u;
    size_t length;

    for (length = 0; run_id[length]; length++)
        hash = (hash ^ (unsigned char)run_id[length]) * 16777619u;
    *ret_length = length;
    return (hash ^ hash >> 16) % SLOTS;
}

bool last_seq_find(const struct store_db *db, const char *run_id, int64_t *ret_seq)
{
    size_t length;
    size_t slot = slot_of(run_id, &length);

    if (!db->last_seqs || length == 0 || strcmp(db->last_seqs->slots[slot].run_id, run_id) != 0)
        return false;
    *ret_seq = db->last_seqs->slots[slot].seq;
    return true;
}

void last_seq_keep(struct store_db *db, const char *run_id, int64_t seq)
{
    size_t length;
    size_t slot = slot_of(run_id, &length);

    if (!db->last_seqs)
        db->last_seqs = calloc(1, sizeof(*db->last_seqs));
    if (!db->last_seqs || length >= ID_SIZE)
        return;
    memcpy(db->last_seqs->slots[slot].run_id, run_id, length + 1);
    db->last_seqs->slots[slot].seq = seq;
}

void last_seqs_forget(struct store_db *db)
{
    free(db->last_seqs);
    db->last_seqs = NULL;
}
