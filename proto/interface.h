/*
 * interface: what the .varlink files say, as constant data.
 *
 * Filled by the interface compiler; the daemon's introspection, its dispatch table and the client's
 * calls all come from here. Shared by every thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "codec.h"
#include "historyd/types.h"

struct method_description {
    const char *name;      /* full: dev.historyd.history.AppendEvents */
    const char *interface; /* dev.historyd.history */
    bool streams;          /* its comment has a line "Streams: ..." */
    const struct table *parameters;
    const struct table *result;
};

struct error_description {
    const char *name; /* full */
    enum hd_error_code code;
    const char *summary; /* the first sentence of its documentation in the .varlink file */
    const struct table *parameters;
};

struct interface_description {
    const char *name;
    const char *text; /* the .varlink file, byte for byte */
};

extern const struct interface_description interface_descriptions[];
extern const size_t n_interface_descriptions;
extern const struct method_description *const method_descriptions[];
extern const size_t n_method_descriptions;

/* All errors by ascending code; HD_OK and HD_UNKNOWN_ERROR have no row. The codes have gaps, so
 * that an error added to an interface changes no other: error_describe() finds one by its code. */
extern const struct error_description error_descriptions[];
extern const size_t n_error_descriptions;

/* Look-ups by full name; NULL when unknown. */
const struct interface_description *interface_find(const char *name);
const struct method_description *method_find(const char *name);
const struct error_description *error_find(const char *name);
/* By code; NULL for HD_OK, HD_UNKNOWN_ERROR and any other number. */
const struct error_description *error_describe(enum hd_error_code code);
