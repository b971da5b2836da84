/*
 * redact: takes secrets out of what is to be stored.
 *
 * A redaction is compiled once from the configuration, is constant from then on and shared by any
 * threads. What a pass needs besides, counters and memory that is used again, is a redact_work of
 * one thread. Nothing here knows of calls or of the database. What comes out is deterministic and
 * final: redacting it once more changes nothing, so that what is sent again compares equal to what
 * was stored. A text in which nothing is found is returned as it is, byte for byte and uncopied.
 *
 * REDACT_SECRETS replaces, by "[REDACTED]",
 * - the value under a key that names a secret (redact_names.h), at any depth, an object or array as
 *   a whole. What can't be a secret stays: true, false, null, an empty text, an empty container;
 *   and numbers, alone or in a container without a text, under names whose numbers count
 *   ("tokens": {"input": 120}).
 * - credentials within any text, and nothing of the text around them (redact_find.h). Texts are
 *   looked at after unescaping, and a text that is JSON itself is read as JSON.
 * - a key that holds a credential, as a whole: "[REDACTED]", "[REDACTED 2]", … so that no key comes
 *   twice.
 *
 * REDACT_ALLOW_LIST keeps only values under the keys listed, spelled as they are listed, and looks
 * for credentials in those; every other text that is not empty, number, true, false and null is
 * replaced. Elements of an array belong to the array's key; an object's members to their own. A
 * text that stands alone is treated as the value under the key it is given with: an error text is
 * replaced as a whole unless "error" is listed, for it may hold anything; that is what
 * distinguishes this mode.
 *
 * What is replaced may be shorter than its replacement: a text can grow past the limit it was
 * accepted with. Not found are secrets that are encoded otherwise (base64, %41), split over several
 * values, or without any sign of their nature.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buffer.h"

#define REDACT_MARK "[REDACTED]"

enum redact_mode { REDACT_OFF, REDACT_SECRETS, REDACT_ALLOW_LIST };

/* Why something was replaced. */
enum redact_rule {
    REDACT_NAMED,       /* a value under a key that names a secret */
    REDACT_UNLISTED,    /* a value under a key that is not listed */
    REDACT_KEY,         /* a key that holds a credential */
    REDACT_PRIVATE_KEY, /* a private key block */
    REDACT_TOKEN,       /* a token of a known form */
    REDACT_JWT,
    REDACT_URL,    /* a password in a URL */
    REDACT_SCHEME, /* what stands behind Bearer or Basic */
    REDACT_PAIR,   /* name=value, name: value, --name value */
    REDACT_HIDDEN, /* a whole text with a credential in escapes that can't be taken apart */
};

enum { REDACT_RULES = REDACT_HIDDEN + 1 };

/* As programs call it. */
const char *redact_rule_name(enum redact_rule rule);

struct redaction;

/* Compiles. `keys_add` names further keys of secrets, `allow` those that are listed; both are names
 * separated by white space or commas, NULL for none and for the default list. Returns NULL when out
 * of memory, or where redact_names_valid() would say no. */
struct redaction *redaction_new(enum redact_mode mode, const char *keys_add, const char *allow);
void redaction_free(struct redaction *redaction);

/* Whether a list of names can be compiled: at most 256, each of at most 64 bytes of letters,
 * digits, '_', '-' and '.', with a letter at its end and two letters or digits in all. An empty
 * list is fine. */
bool redact_names_valid(const char *names);

/* The default of `allow`. */
extern const char redact_default_allow[];

/* Nested JSON in texts is taken apart to this depth; what is deeper is replaced as a whole. */
enum { REDACT_LEVELS = 6 };

struct redact_work {
    int64_t replaced[REDACT_RULES]; /* values, since the start */
    int64_t changed;                /* payloads and texts in which something was replaced */
    struct buffer rounds[2];
    struct buffer decoded[REDACT_LEVELS + 1];
    struct buffer inner[REDACT_LEVELS + 1];
};

void redact_work_clear(struct redact_work *work);

/* A payload: the text of one JSON object, known to be valid, with a NUL behind it. `ret_text` gets
 * `text` itself where nothing was replaced, else a copy in `arena`. Returns 0 or -ENOMEM. A text
 * that is no JSON comes out as something or other, without reading beyond its end. */
int redact_payload(const struct redaction *redaction, struct redact_work *work, const char *text,
                   struct arena *arena, const char **ret_text);

/* A text that stands alone, as the value under `key`; with NULL for `key` it is one that every mode
 * keeps, credentials aside. Returns as above. */
int redact_text(const struct redaction *redaction, struct redact_work *work, const char *key,
                const char *text, struct arena *arena, const char **ret_text);

/* Whether `stored` may be `text` in which something was replaced, under these rules or others: they
 * agree in all but the replacements, and what one stands for lies within one string or, where it is
 * a whole string, is one value. `json`: both are payloads. Of a string that was written anew, with
 * its escapes, it knows nothing. Time is linear. */
bool redact_stands_for(const char *stored, const char *text, bool json);
