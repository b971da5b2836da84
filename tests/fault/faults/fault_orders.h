/*
 * fault_orders: what a program with the shim in front of it counts, and which of its calls fail.
 *
 * A file of this shape, named by FAULT_ORDERS in the program's environment, is mapped by the shim
 * (fault_shim.c) and by whoever gives the orders, who makes it, zeroed, before the program starts.
 * Its folder must not be the one under test. Calls are counted from 1 in each kind, over all
 * threads.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_SYNC,       /* fsync, fdatasync */
    FAULT_WRITE,      /* write, writev, pwrite, pwritev to a regular file */
    FAULT_READ,       /* read, pread from a regular file */
    FAULT_TRUNCATE,   /* ftruncate, fallocate */
    FAULT_OPEN,       /* open, openat */
    FAULT_NAME,       /* rename, link, unlink, mkdir */
    FAULT_MAP,        /* mmap of a file */
    FAULT_MEMORY,     /* malloc, calloc, realloc, and what the C library allocates by them */
    FAULT_THREAD,     /* pthread_create */
    FAULT_DESCRIPTOR, /* socket, eventfd, epoll_create, pipe2 */
    FAULT_ACCEPT,     /* accept, accept4 */
    FAULT_SEND,       /* write, writev, send, sendmsg to a socket */
    FAULT_KINDS,
};

enum { FAULT_SHORT = -1, FAULT_WHERE = 512, FAULT_STACKS_MOST = 8192 };

/* A stack of calls that ends in an allocation. */
struct fault_stack {
    _Atomic uint64_t stack; /* 0: none */
    atomic_long calls;
};

struct fault_orders {
    atomic_long calls[FAULT_KINDS];
    atomic_long failed;      /* calls that were made to fail */
    int kind;                /* FAULT_NONE: only count */
    int error;               /* errno, or FAULT_SHORT: half of what was to be written is */
    long from;               /* the number of the call that fails */
    bool forever;            /* and all of its kind behind it */
    uint64_t stack;          /* of memory: only calls from there are counted for `from`; 0: all */
    atomic_long stack_calls; /* so many came from there */
    char where[FAULT_WHERE]; /* of the first one: the file it was about; of memory: from where */
    bool stacks_wanted;      /* allocations are counted by stack, too; those without room are not */
    struct fault_stack stacks[FAULT_STACKS_MOST];
};
