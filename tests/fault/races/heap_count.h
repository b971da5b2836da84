/*
 * What heap_count.c counts of a process: the memory it has allocated and not freed.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct heap_counts {
    _Atomic int64_t blocks;
    _Atomic int64_t bytes;
};
