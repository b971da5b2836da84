/*
 * abuse_texts: the messages of the crowds, made once for all connections of a process.
 */
#pragma once

#include <stddef.h>

struct abuse_text {
    const char *bytes;
    size_t size; /* the NUL is counted, where there is one */
};

enum { HUGE_FRAME = 17 << 20, HUGE_TEXT = 15 << 20, NEST_LIMIT = 64, VALUES_LIMIT = 500000 };

/* A call of a method of dev.historyd.history; `rest` are more members, each with a comma before. */
struct abuse_text text_call(const char *method, const char *parameters, const char *rest);
/* The same call so many times. */
struct abuse_text text_pipeline(struct abuse_text call, size_t count);
/* So many bytes without a NUL. */
struct abuse_text text_endless(size_t size);
/* A call of AppendEvents whose error has so many bytes. */
struct abuse_text text_long(size_t size);
/* A payload of arrays in arrays; of a list of numbers. */
struct abuse_text text_nested(size_t depth);
struct abuse_text text_values(size_t count);
