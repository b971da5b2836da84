/*
 * fault: what is wrong with a message, found before any behaviour runs.
 *
 * Filled by the scan, the header reader and the decoder; always the first fault in the order of the
 * message. A plain value: the caller owns it, nothing in it needs freeing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_MALFORMED,         /* not a Varlink message: `text` is the reason, `number` the offset */
    FAULT_TOO_LARGE_MESSAGE, /* over the size, depth or values of a message; the peer is closed.
                                `text` is "message", "depth" or "values", `number` the limit */
    FAULT_TOO_LARGE,         /* a field or batch over its limit: `text` is its path, `number` the
                                limit */
    FAULT_INVALID_PARAMETER, /* `text` is the parameter's path */
};

struct fault {
    enum fault_kind kind;
    int64_t number; /* offset in bytes from 0 (malformed), or the limit (too large) */
    char text[256]; /* NUL-terminated; a longer name inside is cut to 64 bytes and "…" */
};

/* Fills `ret_fault` and returns 1, for the caller to return. */
int fault_set(struct fault *ret_fault, enum fault_kind kind, int64_t number, const char *text);

enum { FAULT_NAME_MOST = 64, FAULT_NAME_SIZE = FAULT_NAME_MOST + sizeof("…") };

/* Copies a name that came from a message as it may be told to people: a long one is cut to 64
 * bytes, never within a character, and "…". */
void fault_name(const char *name, char text[static FAULT_NAME_SIZE]);
