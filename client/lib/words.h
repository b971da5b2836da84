/*
 * words: what went wrong, said to a person: one line, the cause first. Any thread.
 */
#pragma once

#include "fault.h"
#include "interface.h"
#include "message.h"

/* A negative errno in words that follow a colon; a constant string. */
const char *words_for_errno(int status);

enum { WORDS_FAULT = 320, WORDS_CONNECT = 256 };

/* Why no connection could be made, with the remedy: "cannot connect to ...". */
void words_for_connect(char text[static WORDS_CONNECT], const char *path, int status);

/* A fault as it follows a colon. */
void words_for_fault(char text[static WORDS_FAULT], const struct fault *fault);

/* The error of a reply to `method`: what its documentation says and its parameters. Both are NULL
 * where this library does not know them. Owned by `arena`; NULL when out of memory. */
const char *words_for_error(struct arena *arena, const struct error_description *error,
                            const struct method_description *method, const struct message *reply);
