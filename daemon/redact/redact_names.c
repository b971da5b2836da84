#include "redact_names.h"

#include <string.h>

#include "redact_find.h"

enum {
    TEXT = REDACT_IS_SECRET,
    ANY = REDACT_IS_SECRET | REDACT_NUMBERS_TOO,
    LINE = REDACT_IS_SECRET | REDACT_WHOLE_LINE,
    PASSED_OVER = 3, /* words that are passed over at a key's end, at most */
};

#define NAME(letters, flags, glued)                                                                \
    {                                                                                              \
        letters, sizeof(letters) - 1, flags, glued                                                 \
    }

/* A number under a name of TEXT counts such things or is an offset. */
static const struct redact_name names_known[REDACT_NAMES_KNOWN] = {
    NAME("token", TEXT, true),
    NAME("secret", ANY, true),
    NAME("password", ANY, true),
    NAME("passwd", ANY, true),
    NAME("pwd", ANY, false),
    NAME("passphrase", ANY, true),
    NAME("passcode", ANY, true),
    NAME("db-pass", ANY, false),
    NAME("user-pass", ANY, false),
    NAME("smtp-pass", ANY, false),
    NAME("mail-pass", ANY, false),
    NAME("admin-pass", ANY, false),
    NAME("root-pass", ANY, false),
    NAME("api-key", ANY, true),
    NAME("access-key", ANY, true),
    NAME("secret-key", ANY, true),
    NAME("private-key", ANY, true),
    NAME("signing-key", ANY, false),
    NAME("encryption-key", ANY, false),
    NAME("master-key", ANY, false),
    NAME("account-key", ANY, false),
    NAME("shared-key", ANY, false),
    NAME("client-key", ANY, false),
    NAME("deploy-key", ANY, false),
    NAME("auth-key", ANY, false),
    NAME("ssh-key", ANY, false),
    NAME("authorization", LINE, false),
    NAME("auth", TEXT, false),
    NAME("cookie", LINE, true),
    NAME("credential", ANY, true),
    NAME("session", TEXT, false),
    NAME("jsessionid", TEXT, false),
    NAME("phpsessid", TEXT, false),
    NAME("jwt", TEXT, false),
    NAME("bearer", TEXT, false),
};

static const struct redact_name names_passed_over[] = {
    NAME("value", 0, false), NAME("hash", 0, false),      NAME("header", 0, false),
    NAME("raw", 0, false),   NAME("plaintext", 0, false), NAME("confirmation", 0, false),
    NAME("env", 0, false),   NAME("string", 0, false),    NAME("base-64", 0, false),
};

enum { N_PASSED_OVER = sizeof(names_passed_over) / sizeof(names_passed_over[0]) };

/* --- the quick look ------------------------------------------------------------------------- */

static void names_add_end(struct redact_names *names, char before, char last)
{
    uint32_t bit = 1u << (last & 31);

    if (redact_is_letter(before)) {
        names->ends[before & 31] |= bit;
        return;
    }
    for (size_t i = 0; i < 32; i++)
        names->ends[i] |= bit;
}

/* Keys that end with anything but a letter get the close look anyway. */
static void names_add_ends(struct redact_names *names, const struct redact_name *name)
{
    char last = name->letters[name->size - 1];

    if (redact_is_letter(last))
        names_add_end(names, name->letters[name->size - 2], last);
}

static const struct redact_name *name_numbered(const struct redact_names *names, size_t number)
{
    return number <= REDACT_NAMES_KNOWN ? &names_known[number - 1]
                                        : &names->added[number - 1 - REDACT_NAMES_KNOWN];
}

void redact_names_init(struct redact_names *names)
{
    memset(names->ends, 0, sizeof(names->ends));
    memset(names->first, 0, sizeof(names->first));
    /* From the last on, so that the first of those that match is found first. */
    for (size_t number = REDACT_NAMES_KNOWN + names->n_added; number > 0; number--) {
        const struct redact_name *name = name_numbered(names, number);
        char last = name->letters[name->size - 1];

        names_add_ends(names, name);
        names_add_end(names, last, 's'); /* the plural */
        names->next[number] = names->first[last & 31];
        names->first[last & 31] = (uint16_t)number;
    }
    for (size_t i = 0; i < N_PASSED_OVER; i++)
        names_add_ends(names, &names_passed_over[i]);
}

/* --- the close look ------------------------------------------------------------------------- */

static bool is_separator(char c)
{
    return c == '_' || c == '-' || c == '.';
}

static char lowered(char c)
{
    return redact_is_upper(c) ? (char)(c | 0x20) : c;
}

/* Whether a word begins at `at` of a key that goes on to `size`. */
static bool word_begins(const char *key, size_t at, size_t size)
{
    if (at == 0 || !redact_is_letter(key[at - 1]))
        return true;
    if (!redact_is_upper(key[at]))
        return false;
    return redact_is_lower(key[at - 1]) || (at + 1 < size && redact_is_lower(key[at + 1]));
}

/* Where the name begins that the key ends with; `size` where it doesn't. */
static size_t name_start(const struct redact_name *name, const char *key, size_t size)
{
    size_t at = size;

    for (size_t left = name->size; left > 0;) {
        char c = name->letters[--left];

        if (c == '-') {
            while (at > 0 && (is_separator(key[at - 1]) || key[at - 1] == ' '))
                at--;
            continue;
        }
        if (at == 0 || lowered(key[at - 1]) != c)
            return size;
        at--;
    }
    return name->glued || word_begins(key, at, size) ? at : size;
}

static const struct redact_name *names_match(const struct redact_names *names, const char *key,
                                             size_t size)
{
    char last = key[size - 1];

    if (!redact_is_letter(last))
        return NULL;
    for (size_t n = names->first[last & 31]; n > 0; n = names->next[n]) {
        const struct redact_name *name = name_numbered(names, n);

        if (name_start(name, key, size) < size)
            return name;
    }
    return NULL;
}

/* The key without separators, digits or one word to pass over at its end. */
static size_t key_cut(const char *key, size_t size)
{
    for (size_t i = 0; i < N_PASSED_OVER; i++) {
        const struct redact_name *name = &names_passed_over[i];
        size_t start;

        if (((name->letters[name->size - 1] ^ key[size - 1]) & 31) != 0)
            continue;
        start = name_start(name, key, size);
        if (start < size)
            return start;
    }
    while (size > 0 && (is_separator(key[size - 1]) || redact_is_digit(key[size - 1])))
        size--;
    return size;
}

unsigned int redact_name_look(const struct redact_names *names, const char *key, size_t size)
{
    const struct redact_name *name;

    for (int words = 0; words <= 2 * PASSED_OVER && size >= 2; words++) {
        size_t rest;

        name = names_match(names, key, size);
        if (name)
            return name->flags;
        if (lowered(key[size - 1]) == 's') {
            name = names_match(names, key, size - 1);
            if (name)
                return name->flags & ~(unsigned int)REDACT_NUMBERS_TOO;
        }
        rest = key_cut(key, size);
        if (rest == size)
            return 0;
        size = rest;
    }
    return 0;
}
