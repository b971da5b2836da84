#include "loop_memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <uv.h>

enum {
    DESCRIPTORS_MOST = 1 << 20, /* more are enlarged for like any memory */
    DESCRIPTORS_SPARE = 64,     /* libuv adds a few of its own, and rounds up */
};

static struct {
    void *place;
    size_t size;
    bool taken;
} table;

static void *table_enlarge(void *block, size_t size)
{
    void *copy;

    if (block == table.place && size <= table.size)
        return block;
    if (!block && !table.taken && size <= table.size) {
        table.taken = true;
        return table.place;
    }
    if (block != table.place)
        return realloc(block, size);
    copy = malloc(size);
    if (!copy)
        return NULL;
    memcpy(copy, table.place, table.size);
    table.taken = false;
    return copy;
}

static void table_free(void *block)
{
    if (block == table.place && block)
        table.taken = false;
    else
        free(block);
}

int loop_memory_set_up(void)
{
    struct rlimit files = {.rlim_cur = 0};
    size_t count = DESCRIPTORS_MOST;

    if (table.place)
        return 0;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_max < count)
        count = files.rlim_max;
    table.size = 2 * (count + DESCRIPTORS_SPARE) * sizeof(void *);
    table.place = mmap(NULL, table.size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table.place == MAP_FAILED) {
        table.place = NULL;
        return -errno;
    }
    return uv_replace_allocator(malloc, table_enlarge, calloc, table_free);
}
