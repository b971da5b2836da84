/*
 * scan: one pass over the bytes of a message before anything reads it.
 *
 * Checks what a lax parser would let pass: the grammar of RFC 8259 to the letter, UTF-8, escapes,
 * keys that come twice, depth and number of values. What passes is noted value by value in document
 * order, so that nobody has to parse the text again. A scan belongs to one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "message_limits.h"

#define SCAN_NO_KEY UINT32_MAX

/* One value; offsets are bytes of the text. */
struct scan_slot {
    uint32_t start;
    uint32_t end;  /* behind its last byte */
    uint32_t key;  /* of its key's opening quote, or SCAN_NO_KEY */
    uint32_t next; /* index of the first slot behind everything inside it */
};

struct scan {
    struct scan_slot *slots; /* owned; the first is the whole text's value */
    uint32_t n_slots;
    uint32_t spaces; /* bytes of insignificant white space */
};

/* Scans `size` bytes that must be one JSON value. Returns 0; positive with `ret_fault` filled, the
 * first fault in the order of the bytes (MALFORMED with its offset, or TOO_LARGE_MESSAGE); -ENOMEM.
 *
 * The offset is that of the first byte that cannot be right: of the whole sequence for bad UTF-8,
 * of the backslash for an escape, of the second key's opening quote where a key comes twice, and
 * the size where the text ends too early. */
int scan_read(const char *text, size_t size, const struct limits *limits, struct scan *ret_scan,
              struct fault *ret_fault);
void scan_clear(struct scan *scan);

/* Steps over a string that passed the scan: `at` is its opening quote. Returns the offset behind
 * its closing quote; `ret_escaped` says whether it holds escapes. */
size_t scan_string_end(const char *text, size_t at, bool *ret_escaped);
