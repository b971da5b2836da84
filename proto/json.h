/*
 * json: one strictly checked JSON document, read by value.
 *
 * A document is made from bytes that pass the scan (scan.h), so every value is known to be well
 * formed, unique in its keys and valid UTF-8. It keeps a copy of nothing: the text it was read from
 * must outlive it, because exact numbers and payloads are cut out of that text. A value costs 16
 * bytes until it is asked for. cJSON is an implementation detail of json.c. A document belongs to
 * one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buffer.h"
#include "fault.h"
#include "message_limits.h"

struct json_document;

enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

/* A place in a document; copied freely, valid while the document is. `node` is NULL past the end.
 */
struct json_value {
    const struct json_document *document;
    const void *node;
    uint32_t slot;
};

/* Scans and reads `size` bytes of `text` as one JSON value with nothing behind it.
 * Returns 0; a positive number with `ret_fault` filled where the text is at fault; -ENOMEM. */
int json_read(const char *text, size_t size, const struct limits *limits,
              struct json_document **ret_document, struct fault *ret_fault);
void json_document_free(struct json_document *document);

struct json_value json_root(const struct json_document *document);
enum json_type json_type_of(struct json_value value);

/* First element or member of an array or object, and the one after; `node` NULL at the end. */
struct json_value json_first(struct json_value container);
struct json_value json_after(struct json_value value);
/* How many elements or members a container has; counts them. */
size_t json_count(struct json_value container);

/* The unescaped key of a member; owned by the document. NULL when out of memory. */
const char *json_key(struct json_value member);
/* The same without a NUL behind it, and without copying where the key holds no escape. */
const char *json_key_bytes(struct json_value member, size_t *ret_size);
/* Whether the unescaped key is these bytes; needs no memory. */
bool json_key_is(struct json_value member, const char *name, size_t size);
/* Byte offset of the member's key (its opening quote), and of a value, in the document's text. */
size_t json_key_offset(struct json_value member);
size_t json_offset(struct json_value value);
/* The value's own text as it stands there, white space included; not NUL-terminated. */
const char *json_text(struct json_value value, size_t *ret_size);

/* The unescaped text of a string (it holds no NUL); owned by the document. NULL when out of memory.
 */
const char *json_string(struct json_value value);
/* The same as a copy in `arena`, which may outlive the document. */
char *json_string_copy(struct json_value value, struct arena *arena);
/* An integer written without fraction or exponent within 64 bits; false for any other number. */
bool json_integer(struct json_value value, int64_t *ret_integer);

/* Copies the value's own text with insignificant white space dropped: numbers, key order and
 * escapes stay as they were written. Returns NULL when out of memory; `ret_size` may be NULL. */
char *json_compact(struct json_value value, struct arena *arena, size_t *ret_size);

/* Checks that `text` is one JSON object with nothing behind it. `ret_size` gets its size without
 * insignificant white space and may be NULL. Returns as json_read() does. */
int json_check_object(const char *text, size_t size, const struct limits *limits, size_t *ret_size,
                      struct fault *ret_fault);

/* Appends `text` as a JSON string, quotes included. What JSON demands is escaped and nothing else;
 * bytes that are no UTF-8 become U+FFFD, so that what we send is always valid. */
void json_write_string(struct buffer *buffer, const char *text);
