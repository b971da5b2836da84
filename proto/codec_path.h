/*
 * codec_path: where the codec is, for the faults it finds.
 *
 * A path is a chain of places on the caller's stack, from the innermost outwards; its text is made
 * only when there is a fault. Private to the codec.
 */
#pragma once

#include <stddef.h>

#include "fault.h"
#include "rules.h"

struct codec_path {
    const struct codec_path *outer; /* NULL: the parameters themselves */
    const char *name;               /* of a member, or NULL for an element */
    size_t index;                   /* of an element */
};

/* Fills `ret_fault` with the place's path ("events[3].type", or "parameters" for NULL). Returns 1.
 */
int codec_fault(struct fault *ret_fault, const struct codec_path *path, struct verdict verdict);

/* The same for a wrong type or value. */
int codec_invalid(struct fault *ret_fault, const struct codec_path *path);
