/*
 * codec: structs to and from JSON by field table.
 *
 * The interface compiler makes one table for each type, parameter list, result and error of the
 * .varlink files; this is the one reader and the one writer for all of them. Tables are constant
 * and shared by every thread.
 *
 * How a Varlink type is held in C (the public header historyd/types.h has the structs):
 *   string, ?string        const char *x               NULL: absent
 *   int, ?int              int64_t x;                  ?int has `bool has_x` before it
 *   bool, ?bool            bool x;                     ?bool has `bool has_x` before it
 *   object, ?object        const char *x               JSON text without insignificant white space
 *   T, ?T                  struct hd_t x;              ?T: const struct hd_t *x, NULL: absent
 *   []T, ?[]T              const struct hd_t *x; size_t n_x        x NULL: absent
 *   []string               const char *const *x; size_t n_x
 *   [string]int            const struct hd_int_entry *x; size_t n_x
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "json.h"
#include "rules.h"

enum field_kind { FIELD_BOOL, FIELD_INT, FIELD_STRING, FIELD_OBJECT, FIELD_STRUCT, FIELD_INT_MAP };

struct field {
    const char *name;
    const char *label; /* the name as a member's key, behind the member before: `,"name":` */
    size_t name_size;  /* the label's is FIELD_LABEL_MORE above */
    enum field_kind kind;
    bool optional;
    bool array;
    enum rule rule;
    size_t offset;             /* of the value or pointer */
    size_t companion;          /* of has_x, or of n_x for arrays and maps */
    const struct table *table; /* of a FIELD_STRUCT's elements */
};

enum { FIELD_LABEL_MORE = sizeof(",\"\":") - 1 };

struct table {
    const char *name; /* for messages to people: "AppendEvents", "NewEvent" */
    size_t size;      /* of the struct */
    const struct field *fields;
    size_t n_fields;
};

enum codec_mode {
    CODEC_STRICT, /* a caller's parameters: unknown members and broken rules are faults */
    CODEC_LENIENT /* a daemon's reply: unknown members are skipped, rules are not checked */
};

/* Reads an object (or an absent value: node NULL, read as {}) into the struct of `table`.
 * Everything it points at lives in `arena`; the document may be freed. Returns 0; positive with
 * `ret_fault` filled; -ENOMEM. On failure `ret_struct` is untouched. */
int codec_read(const struct table *table, struct json_value value, const struct limits *limits,
               enum codec_mode mode, struct arena *arena, void *ret_struct,
               struct fault *ret_fault);

/* Checks one struct against its rules without JSON, as codec_read would check it on its way through
 * a daemon with these limits (the client's recorder does this before it accepts an event). Texts
 * must be UTF-8 and objects JSON; white space in them is allowed and does not count. An object may
 * be as deep as `limits->depth` allows it in an element of a list in a call's parameters. Returns
 * 0, positive with `ret_fault`, or -ENOMEM. */
int codec_check(const struct table *table, const void *record, const struct limits *limits,
                struct fault *ret_fault);

/* Appends the struct as one JSON object; absent fields are left out, required ones too where their
 * pointer is NULL. Texts of objects are taken as they are. */
void codec_write(const struct table *table, const void *record, struct buffer *buffer);

/* Writes a struct whose first field is a list of structs, element by element, where nobody holds
 * them all: begin, add each, end. The struct that is given at the end has all but the list. What
 * comes out is what codec_write() makes of the whole. */
struct codec_list {
    const struct table *table;
    struct buffer *buffer;
    size_t start; /* where the list begins in the buffer */
};
void codec_list_begin(struct codec_list *list, const struct table *table, struct buffer *buffer);
void codec_list_add(struct codec_list *list, const void *element);
void codec_list_end(struct codec_list *list, const void *record);
