/*
 * parsed: one JSON text of a person's, read into a struct of the interface.
 *
 * The words for a fault are put together here, so that every command complains alike.
 */
#pragma once

#include "arena.h"
#include "codec.h"

enum { PARSED_PROBLEM = 400 };

/* A document and the arena its struct lives in; cleared by parsed_clear(). */
struct parsed {
    struct json_document *document;
    struct arena arena;
};

/* Reads `text`, which must outlive `parsed`. Returns 0; 1 with words in `ret_problem`; -ENOMEM. */
int parsed_text(struct parsed *parsed, const char *text, size_t size,
                char ret_problem[PARSED_PROBLEM]);
void parsed_clear(struct parsed *parsed);

/* The member of an object, or a value whose node is NULL. */
struct json_value parsed_member(struct json_value object, const char *key);

/* Reads `value` (of `parsed`) as `table` says. Returns as above. */
int parsed_read(struct parsed *parsed, struct json_value value, const struct table *table,
                enum codec_mode mode, void *ret_struct, char ret_problem[PARSED_PROBLEM]);

/* Reads a graph: {"nodes": …, "edges": …}, or that as the member `graph` of an object. */
struct hd_graph;
int parsed_graph(struct parsed *parsed, struct json_value value, struct hd_graph *ret_graph,
                 char ret_problem[PARSED_PROBLEM]);
