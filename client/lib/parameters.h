/*
 * parameters: what must hold of a call's parameters before they can be put into a message at all.
 *
 * The rules of the protocol are the daemon's to check. Only text that goes into the message as it
 * is must be JSON, or the message around it would not be. Pure functions, any thread.
 */
#pragma once

#include "codec.h"

/* Returns 0; positive with `ret_fault` (its text names the field) where an object's text is no JSON
 * object; -ENOMEM. */
int parameters_check(const struct table *table, const void *record, struct fault *ret_fault);

/* The same for the whole parameters as text. */
int parameters_check_text(const char *text, struct fault *ret_fault);
