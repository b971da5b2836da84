/*
 * message: the envelope of a Varlink call or reply.
 *
 * Readers take the bytes between two NULs; writers append one message with its NUL. The text must
 * outlive the message that was read from it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "codec.h"

struct message {
    struct json_document *document; /* owned; freed by message_clear */
    const char *method;             /* of a call: the full name; owned by the document */
    const char *error;              /* of a reply: the full name, or NULL */
    bool more;
    bool oneway;
    bool upgrade;
    bool continues;
    struct json_value parameters; /* node NULL where absent or null */
};

/* Reads a call with all the strictness of the protocol. Returns 0; positive with `ret_fault` filled
 * (MALFORMED or TOO_LARGE_MESSAGE); -ENOMEM. */
int message_read_call(const char *text, size_t size, const struct limits *limits,
                      struct message *ret_message, struct fault *ret_fault);
/* Reads a reply; unknown header keys are ignored. Returns as above. */
int message_read_reply(const char *text, size_t size, const struct limits *limits,
                       struct message *ret_message, struct fault *ret_fault);
void message_clear(struct message *message);

struct message_flags {
    bool more;
    bool oneway;
};

/* Appends a call; `parameters` may be NULL for none. */
void message_write_call(struct buffer *buffer, const char *method, struct message_flags flags,
                        const struct table *table, const void *parameters);
/* Appends a call whose parameters are JSON text already (NULL for none). */
void message_write_call_text(struct buffer *buffer, const char *method, struct message_flags flags,
                             const char *parameters);
void message_write_reply(struct buffer *buffer, bool continues, const struct table *table,
                         const void *result);
/* The same around a result that is written in between (see codec_list). */
void message_write_reply_begin(struct buffer *buffer);
void message_write_reply_end(struct buffer *buffer, bool continues);
/* Appends an error reply; `error` is its full name. */
void message_write_error(struct buffer *buffer, const char *error, const struct table *table,
                         const void *parameters);
