/*
 * config_keys: every key of the configuration, in the one table that the reader and a reload go by.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "access.h"
#include "config.h"

enum config_kind {
    CONFIG_TEXT,   /* char *, `least` to `most` bytes */
    CONFIG_NUMBER, /* int64_t, `least` to `most` */
    CONFIG_MODE,   /* the same, octal */
    CONFIG_CHOICE, /* int64_t, the place of the value among `choices` */
};

struct config_key {
    const char *section;
    const char *name;
    enum config_kind kind;
    size_t offset; /* in struct config */
    int64_t least;
    int64_t most;
    const char *const *choices; /* up to a NULL */
    bool (*valid)(const char *text);
    const char *valid_words; /* what a text must be, where `valid` says no */
    /* Another look at a text: -1 with what is wrong with it in words. */
    int (*check)(const char *text, char ret_reason[static ACCESS_REASON_SIZE]);
};

enum { CONFIG_KEYS_MOST = 64 };
extern const struct config_key config_keys[];
extern const size_t n_config_keys;

/* Where a key's value is. */
char **config_text(struct config *config, const struct config_key *key);
int64_t *config_number(struct config *config, const struct config_key *key);

/* Sections whose keys count from the next reload on. */
bool config_is_live(const struct config_key *key);
