/*
 * redact_names: which keys name secrets.
 *
 * A key names a secret when it ends with the name of one, as a whole word or words: words are
 * parted by '_', '-' and the like, or by a capital (githubToken, X-Api-Key, DB_PASSWORD). The end
 * decides, for there stands what the value is: `token_count` is a count, `secret_name` a name,
 * `password_file` a path, and `author`, `secretary` and `passwordless` are other words. Digits and
 * a few words that only say how the secret is written (`token_value`, `password2`, `password_hash`)
 * are passed over. Names that are distinct enough also count glued to what stands before them
 * (`githubtoken`). A plural is as good, but its numbers count things.
 *
 * `session_id`, `user`, `public_key`, `key` and `signature` are no secrets here: by them people
 * find what belongs together. The configuration can add them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is known of a key; 0: it names no secret. */
enum {
    REDACT_IS_SECRET = 1,
    REDACT_NUMBERS_TOO = 2, /* a number under it may be the secret */
    REDACT_WHOLE_LINE = 4,  /* a header whose value goes to the end of the line */
};

struct redact_name {
    const char *letters; /* in lower case, '-' where words may be parted; a letter at its end */
    size_t size;
    unsigned int flags;
    bool glued;
};

enum { REDACT_NAMES_MOST = 256, REDACT_NAMES_KNOWN = 35 };

/* Owned by a redaction. */
struct redact_names {
    uint32_t ends[32]; /* of two letters, whether any name ends with them */
    /* Names by their last letter: the number of the first, and of each the next; 0 ends. */
    uint16_t first[32];
    uint16_t next[REDACT_NAMES_KNOWN + REDACT_NAMES_MOST + 1];
    struct redact_name *added; /* numbered behind those that are known */
    size_t n_added;            /* <= REDACT_NAMES_MOST */
};

/* Prepares the tables; `added` is in place. */
void redact_names_init(struct redact_names *names);

/* What redact_name_flags() does for keys that end like a name. */
unsigned int redact_name_look(const struct redact_names *names, const char *key, size_t size);

/* The key that ends at `key + size`; bytes before it are part of the key. */
static inline unsigned int redact_name_flags(const struct redact_names *names, const char *key,
                                             size_t size)
{
    unsigned char last, before;

    if (size < 2)
        return 0;
    last = (unsigned char)key[size - 1];
    before = (unsigned char)key[size - 2];
    /* Letters in upper and lower case have the same five bits; others are looked at closely. */
    if ((last | 0x20) >= 'a' && (last | 0x20) <= 'z' &&
        !(names->ends[before & 31] >> (last & 31) & 1))
        return 0;
    return redact_name_look(names, key, size);
}
