/*
 * style: colour, where a person looks at a terminal that can.
 *
 * Decided once at start; pieces of text carry a style and the writer asks here for its sequences.
 */
#pragma once

#include <stdbool.h>

#include "output.h"

enum style {
    STYLE_PLAIN,
    STYLE_HEADING,
    STYLE_GOOD,
    STYLE_BAD,
    STYLE_BUSY,
    STYLE_WARNING,
    STYLE_DIM
};

/* Whether to colour what goes to `output`: `choice` is always, never, auto or NULL. */
bool style_wanted(const char *choice, const struct output *output);

/* The sequences before and after a text; empty without colour. */
const char *style_begin(enum style style, bool colour);
const char *style_end(enum style style, bool colour);

/* The style of a run's or a unit's status. */
enum style style_of_status(const char *status);
