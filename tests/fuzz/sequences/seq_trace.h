/*
 * seq_trace: what a sequence did so far, to be shown when it goes wrong.
 */
#pragma once

#include "buffer.h"
#include "fuzz.h"

void seq_trace_clear(void);
void seq_trace_free(void);
void seq_trace(const char *what, const char *text, size_t size);

/* Fails as fuzz_demand() does, and shows the whole sequence before. */
#define seq_demand(condition, ...)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            seq_trace_show();                                                                      \
            fuzz_broken(__FILE__, __LINE__, __VA_ARGS__);                                          \
        }                                                                                          \
    } while (0)
void seq_trace_show(void);
