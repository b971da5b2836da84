/*
 * kill_watcher: a process that watches, resumes where it was whenever the stream ends, and demands
 * that each run's events come in order, each once, none left out.
 *
 * It never ends by itself: the test kills it once the book says that it has seen all. A fault
 * stands in the book.
 */
#pragma once

#include <sys/types.h>

#include "kill_book.h"

pid_t kill_watcher_start(struct kill_book *book, const char *socket, int watcher);
/* Whether the watcher is shown that run. */
bool kill_watcher_selects(int watcher, int run);
