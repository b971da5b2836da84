/*
 * rules: what a field's value must be, beyond its type.
 *
 * The file fields.rules says which rule a field of the .varlink files has; the interface compiler
 * puts it into the field's table and the codec asks here. A new rule is also named in the
 * compiler's list (compiler/idl_rules.c). Pure functions, any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fault.h"
#include "message_limits.h"

enum rule {
    RULE_NONE,
    /* integers */
    RULE_COUNT,    /* 0 and above */
    RULE_POSITIVE, /* 1 and above */
    RULE_PAGE,     /* 1 to 1000 */
    RULE_SEQ,      /* 1 and above; in an array, on all elements or on none */
    /* texts; the bytes allowed are those of the limit of the same name */
    RULE_RUN_ID,    /* 1 to 128 bytes of '!' to '~' */
    RULE_PATH,      /* not empty */
    RULE_DIRECTORY, /* may be empty; the limit is that of paths */
    RULE_TYPE,      /* dotted lower-case words */
    RULE_UNIT,      /* not empty */
    RULE_LABEL,
    RULE_REASON,
    RULE_ERROR,
    RULE_TIME,       /* RFC 3339; put into the canonical form */
    RULE_RUN_STATUS, /* running, completed, failed, stopped */
    RULE_END_STATUS, /* completed, failed, stopped */
    /* objects; their size without insignificant white space is judged */
    RULE_PAYLOAD,
    /* arrays; the number of elements allowed is the limit's */
    RULE_EVENTS, /* not empty */
    RULE_NODES,
    RULE_EDGES,
};

/* What a rule says of a value. */
struct verdict {
    enum fault_kind kind; /* FAULT_NONE, FAULT_INVALID_PARAMETER or FAULT_TOO_LARGE */
    int64_t limit;        /* that a FAULT_TOO_LARGE is over */
};

struct verdict rule_judge_int(enum rule rule, int64_t value);
/* `size` bytes without a NUL, and one behind them. */
struct verdict rule_judge_text(enum rule rule, const char *text, size_t size,
                               const struct limits *limits);
/* An object's bytes or an array's elements. */
struct verdict rule_judge_size(enum rule rule, size_t size, const struct limits *limits);

/* Whether a text is a run id, or an event type of any length. */
bool rule_is_run_id(const char *text);
bool rule_is_event_type(const char *text);
