/*
 * method_input: reading a method's parameters from text, for the tests of the codec.
 *
 * What is read stays until the next read or parameters_clear().
 */
#pragma once

#include "codec.h"

extern struct fault parameters_fault; /* of the last read that returned 1 */

/* Reads the parameters of a method of dev.historyd.history. `ret_record` may be NULL. */
int parameters_read(const char *method, const char *json, enum codec_mode mode,
                    const void **ret_record);

/* The same from `before`, `times` times `piece`, and `after`; strict. */
int parameters_read_repeated(const char *method, const char *before, const char *piece,
                             size_t times, const char *after);

/* Frees the document that was read; nothing in the record may need it. */
void parameters_drop_document(void);

void parameters_clear(void);
