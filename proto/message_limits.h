/*
 * message_limits: how large a message and its fields may be.
 *
 * One table of the limits every room checks against, with the defaults of the protocol. The daemon
 * fills one from its configuration at start and shares it read-only between threads.
 */
#pragma once

#include <stdint.h>

struct limits {
    int64_t message; /* bytes of one message, without its NUL */
    int64_t depth;   /* nesting of arrays and objects in a message; the message itself is 1 */
    int64_t values;  /* JSON values in a message */
    int64_t events;  /* events in one AppendEvents */
    int64_t payload; /* bytes of a payload or of attributes, insignificant white space dropped */
    int64_t error;   /* bytes of an `error` text */
    int64_t type;    /* bytes of an event type */
    int64_t unit;    /* bytes of a unit or node id */
    int64_t label;   /* bytes of a node's label or status */
    int64_t reason;  /* bytes of a stop reason */
    int64_t path;    /* bytes of repo_path and tasks_dir */
    int64_t nodes;   /* nodes of a graph */
    int64_t edges;   /* edges of a graph */
};

/* The protocol's defaults. */
extern const struct limits limits_default;

/* For reading what a daemon answers: its limits are its own affair, and an answer may hold more
 * than any call. Only what the reader itself can hold is bounded. */
extern const struct limits limits_reply;
