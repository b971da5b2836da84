/*
 * redact_cases: payloads and what becomes of them. ' stands for " in the texts.
 */
#pragma once

#include <stddef.h>

struct redact_case {
    const char *text;
    const char *expected; /* NULL: it stays untouched */
};

extern const struct redact_case secret_cases[];
extern const size_t n_secret_cases;
extern const struct redact_case plain_texts[];
extern const size_t n_plain_texts;
/* Under the allow-list. */
extern const struct redact_case listed_cases[];
extern const size_t n_listed_cases;
