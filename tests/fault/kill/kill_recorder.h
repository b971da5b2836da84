/*
 * kill_recorder: a process that records one run until it is told to end, whatever becomes of the
 * daemon, and enters each acknowledgement in the book.
 *
 * It ends with 0 once all it sent is acknowledged, with 1 after a fault, which stands in the book.
 */
#pragma once

#include <sys/types.h>

#include "kill_book.h"

/* Even runs are recorded by blocking calls, which are made again with the same numbers, odd ones by
 * the library's recorder. */
pid_t kill_recorder_start(struct kill_book *book, const char *socket, int run, uint32_t seed);
