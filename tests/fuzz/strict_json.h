/*
 * strict_json: a second reader of JSON, for comparing.
 *
 * Written for clearness from RFC 8259 and the promises of the protocol, and sharing nothing with
 * the one in use: it goes down recursively, turns every string into code points, and compares keys
 * one with all others. Slow on purpose.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum strict_verdict {
    STRICT_FINE,
    STRICT_MALFORMED,
    STRICT_DEEP,   /* too many arrays and objects within each other */
    STRICT_MANY,   /* too many values */
    STRICT_BUDGET, /* too much for this reader: nothing is said */
};

struct strict_result {
    enum strict_verdict verdict;
    size_t offset; /* of the first byte that can't be right */
    size_t values;
    size_t integers; /* numbers without fraction or exponent that fit 64 bits */
    uint64_t sum;    /* of everything in the order of the text, see strict_add() */
};

/* Marks in the sum: no code point is one. */
enum { STRICT_TEXT = 0x110000, STRICT_INTEGER, STRICT_NUMBER };

/* Goes on with a sum. Added are the letter of a word, the brackets of what holds others,
 * STRICT_TEXT and the code points of a string or key, STRICT_INTEGER and its value, and for any
 * other number STRICT_NUMBER and 0. */
static inline void strict_add(uint64_t *sum, uint64_t what)
{
    *sum = (*sum ^ what) * UINT64_C(0x9e3779b97f4a7c15);
    *sum ^= *sum >> 29;
}

struct strict_result strict_read(const char *text, size_t size, int64_t depth, int64_t values);
