/*
 * fault_wire: one connection to a daemon that may answer, refuse, close, end or say nothing.
 *
 * Every wait is bounded; what comes of a call is told, not demanded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fault_wire {
    int fd;       /* -1: none */
    char *answer; /* the last message, ended by NUL */
    size_t size;
    size_t capacity;
};

enum fault_heard {
    FAULT_ANSWERED,
    FAULT_ENDED,  /* the connection was closed, or there was none */
    FAULT_SILENT, /* nothing came in time */
};

/* Returns 0, or -1 where nobody listens. */
int fault_wire_open(struct fault_wire *wire, const char *socket_path, int patience_ms);
void fault_wire_close(struct fault_wire *wire);
void fault_wire_clear(struct fault_wire *wire);

/* `method` with its interface. With `more` answers are taken in until one holds `until`. */
enum fault_heard fault_wire_call(struct fault_wire *wire, const char *method,
                                 const char *parameters, const char *until);
/* The name of the error that the last answer is, behind its interface; NULL when it is none. Valid
 * until the next call; `size` bytes of `name` at most. */
const char *fault_wire_error(const struct fault_wire *wire, char *name, size_t size);
