/*
 * heap_count: loaded into the daemon before anything else, counts what is allocated and not yet
 * freed, in a file that HISTORYD_TEST_HEAP names and that the test maps (struct heap_counts).
 */
#include "heap_count.h"

#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

static struct heap_counts early; /* until the file is mapped */
static struct heap_counts *counts = &early;

/* One thread runs yet. */
__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("HISTORYD_TEST_HEAP");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    struct heap_counts *mapped;

    if (fd < 0)
        return;
    mapped = mmap(NULL, sizeof(*mapped), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (mapped == MAP_FAILED)
        return;
    mapped->blocks = early.blocks;
    mapped->bytes = early.bytes;
    counts = mapped;
}

static void *counted(void *memory)
{
    if (memory) {
        atomic_fetch_add_explicit(&counts->blocks, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&counts->bytes, (int64_t)malloc_usable_size(memory),
                                  memory_order_relaxed);
    }
    return memory;
}

static void discounted(int64_t size)
{
    atomic_fetch_sub_explicit(&counts->blocks, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&counts->bytes, size, memory_order_relaxed);
}

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    return counted(__libc_malloc(size));
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    return counted(__libc_calloc(count, size));
}

__attribute__((visibility("default"))) void *realloc(void *memory, size_t size)
{
    int64_t before = memory ? (int64_t)malloc_usable_size(memory) : 0;
    void *moved = __libc_realloc(memory, size);

    if (memory && (moved || size == 0))
        discounted(before);
    return counted(moved);
}

__attribute__((visibility("default"))) void *aligned_alloc(size_t alignment, size_t size)
{
    return counted(__libc_memalign(alignment, size));
}

__attribute__((visibility("default"))) int posix_memalign(void **memory, size_t alignment,
                                                          size_t size)
{
    void *aligned = counted(__libc_memalign(alignment, size));

    if (!aligned)
        return 12; /* ENOMEM; errno stays as it was */
    *memory = aligned;
    return 0;
}

__attribute__((visibility("default"))) void free(void *memory)
{
    if (memory)
        discounted((int64_t)malloc_usable_size(memory));
    __libc_free(memory);
}
