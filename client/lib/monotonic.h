/*
 * monotonic: the clock of deadlines, which no one sets. Any thread.
 */
#pragma once

#include <stdint.h>
#include <time.h>

/* Milliseconds since some moment before the program started. */
static inline int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
