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

enum { FAULT_SHORT = -1, FAULT_WHERE = 256 };

struct fault_orders {
    atomic_long calls[FAULT_KINDS];
    atomic_long failed;      /* calls that were made to fail */
    int kind;                /* FAULT_NONE: only count */
    int error;               /* errno, or FAULT_SHORT: half of what was to be written is */
    long from;               /* the number of the call that fails */
    bool forever;            /* and all behind it */
    char where[FAULT_WHERE]; /* the file that the first one was about, where it was about one */
};
