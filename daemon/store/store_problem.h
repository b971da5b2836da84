/*
 * store_problem: filling a struct store_problem, so that it stays one line whatever a path or a
 * table is called.
 */
#pragma once

#include "store.h"

/* The file is not ours to touch. */
void problem_refuse(struct store_problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The environment is at fault. */
void problem_environment(struct store_problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
