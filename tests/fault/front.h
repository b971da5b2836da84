/*
 * front: the many calls of the C library by which a program opens and writes files, put in front of
 * it (LD_PRELOAD) as two functions that the library in front defines.
 *
 * What the C library calls within itself (fopen opens, fwrite writes) does not pass here.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#define PUBLIC __attribute__((visibility("default")))

/* open, openat, creat. */
int front_open(int folder, const char *path, int flags, mode_t mode);
/* write, writev, pwrite, pwritev. `offset` below 0: where the descriptor stands. */
ssize_t front_write(int fd, const struct iovec *pieces, int n_pieces, int64_t offset);
