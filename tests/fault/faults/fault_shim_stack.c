/*
 * fault_shim_stack: from where an allocation is asked for. Nothing here may allocate.
 */
#include <dlfcn.h>
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unwind.h>

#include "fault_shim.h"

enum { FRAMES_MOST = 96 };

struct walk {
    void *shim; /* where this library begins, whose own frames do not count */
    uint64_t stack;
    int frames;
    char *words; /* NULL: none are wanted */
    size_t n_words;
};

static void words_add(struct walk *walk, const struct dl_find_object *object, uint64_t offset)
{
    const char *name = object->dlfo_link_map->l_name;
    const char *slash = strrchr(name, '/');
    int size = snprintf(walk->words + walk->n_words, FAULT_WHERE - walk->n_words, "%s%s+0x%lx",
                        walk->n_words > 0 ? " " : "", slash ? slash + 1 : name, offset);

    if (size > 0 && (size_t)size < FAULT_WHERE - walk->n_words)
        walk->n_words += (size_t)size;
    else
        walk->words[walk->n_words] = '\0';
}

/* Where a frame is in its object, and the object's size for its name: the same in each process. */
static _Unwind_Reason_Code frame_add(struct _Unwind_Context *context, void *data)
{
    struct walk *walk = data;
    struct dl_find_object object;
    uintptr_t at = _Unwind_GetIP(context);
    uint64_t offset, size;

    if (walk->frames++ == FRAMES_MOST || _dl_find_object((void *)at, &object) != 0)
        return _URC_END_OF_STACK;
    if (object.dlfo_map_start == walk->shim)
        return _URC_NO_REASON;
    offset = at - (uintptr_t)object.dlfo_map_start;
    size = (uintptr_t)object.dlfo_map_end - (uintptr_t)object.dlfo_map_start;
    walk->stack = (walk->stack ^ offset) * 0x9e3779b97f4a7c15u;
    walk->stack = (walk->stack ^ (walk->stack >> 29) ^ size) * 0xbf58476d1ce4e5b9u;
    if (walk->words)
        words_add(walk, &object, offset);
    return _URC_NO_REASON;
}

uint64_t shim_stack(char *words)
{
    struct walk walk = {.words = words};
    struct dl_find_object shim;

    if (_dl_find_object((void *)(uintptr_t)&shim_orders, &shim) == 0)
        walk.shim = shim.dlfo_map_start;
    _Unwind_Backtrace(frame_add, &walk);
    walk.stack ^= walk.stack >> 32;
    return walk.stack ? walk.stack : 1;
}

void shim_stack_note(void)
{
    uint64_t stack = shim_stack(NULL);

    for (uint64_t i = stack, n = 0; n < FAULT_STACKS_MOST; i++, n++) {
        struct fault_stack *known = &shim_orders->stacks[i % FAULT_STACKS_MOST];
        uint64_t none = 0;

        if (!atomic_compare_exchange_strong(&known->stack, &none, stack) && none != stack)
            continue;
        atomic_fetch_add(&known->calls, 1);
        return;
    }
}
