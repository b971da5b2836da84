/*
 * store_problem: filling a struct store_problem, so that it stays one line whatever a path or a
 * table is called.
 */
#pragma once

#include "store.h"

/* What is there to do about a database that can't be served. */
#define PROBLEM_REMEDY "restore a backup (historyctl restore) or move it away"

/* The file is not ours to touch. */
void problem_refuse(struct store_problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The environment is at fault. */
void problem_environment(struct store_problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
