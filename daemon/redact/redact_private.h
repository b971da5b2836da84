/*
 * redact_private: what the parts of this room share: the compiled redaction, and one pass over JSON
 * or a text.
 */
#pragma once

#include "redact.h"
#include "redact_names.h"

struct redact_listed {
    const char *name;
    size_t size;
};

struct redaction {
    enum redact_mode mode;
    struct redact_names names;
    char *allow_text;
    struct redact_listed *allow; /* in `allow_text` */
    size_t n_allow;
};

/* Whether the allow-list has the key. */
bool redaction_lists(const struct redaction *redaction, const char *key, size_t size);

/* What a pass came to; negative is -ENOMEM. */
enum { REDACT_KEPT, REDACT_CHANGED };

/* One pass at one level of nested JSON. */
struct redact_pass {
    const struct redaction *redaction;
    struct redact_work *work;
    unsigned int level;
    bool listed_only; /* the allow-list decides what is kept */
};

/* Over valid JSON with a NUL behind it. Where it changes, `out` gets the whole new text with a NUL
 * behind it, which `size` does not count; what `out` held is dropped. */
int redact_json_pass(const struct redact_pass *pass, const char *text, size_t size,
                     struct buffer *out);

/* The same over a text, unescaped, whose credentials are replaced. */
int redact_text_pass(const struct redact_pass *pass, const char *text, size_t size,
                     struct buffer *out);
