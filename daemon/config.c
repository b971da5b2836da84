#include "config_keys.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int config_set(char **path, const char *value)
{
    char *copy = strdup(value);

    if (!copy)
        return -1;
    free(*path);
    *path = copy;
    return 0;
}

static bool config_key_equal(const struct config_key *key, struct config *a, struct config *b)
{
    const char *text, *other;

    if (key->kind != CONFIG_TEXT)
        return *config_number(a, key) == *config_number(b, key);
    text = *config_text(a, key);
    other = *config_text(b, key);
    /* What is not given stays what it was found to be at start. */
    return !other || (text && strcmp(text, other) == 0);
}

/* Both are owned: they change places. */
static void config_take(const struct config_key *key, struct config *config, struct config *fresh)
{
    char *text;

    if (key->kind != CONFIG_TEXT) {
        *config_number(config, key) = *config_number(fresh, key);
        return;
    }
    text = *config_text(config, key);
    *config_text(config, key) = *config_text(fresh, key);
    *config_text(fresh, key) = text;
}

void config_adopt(struct config *config, struct config *fresh,
                  char ret_kept[static CONFIG_KEPT_SIZE])
{
    ret_kept[0] = '\0';
    for (size_t i = 0; i < n_config_keys; i++) {
        const struct config_key *key = &config_keys[i];
        size_t used = strlen(ret_kept);

        if (config_key_equal(key, config, fresh))
            continue;
        if (config_is_live(key))
            config_take(key, config, fresh);
        else
            snprintf(ret_kept + used, CONFIG_KEPT_SIZE - used, "%s%s", used > 0 ? ", " : "",
                     key->name);
    }
}

/* --- the file ------------------------------------------------------------------------------- */

struct config_reader {
    struct config *config;
    const char *path;
    FILE *file;
    int line;
    bool goes_on;                 /* the line begins with a blank */
    int error;                    /* errno of what kept it from being read; 0: nothing */
    bool given[CONFIG_KEYS_MOST]; /* in this file, in the order of the table */
    struct config_problem *problem;
};

static void config_refuse(struct config_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void config_refuse(struct config_reader *reader, const char *format, ...)
{
    char *message = reader->problem->message;
    size_t size = sizeof(reader->problem->message);
    size_t used = (size_t)snprintf(message, size, "%s:%d: ", reader->path, reader->line);
    va_list arguments;

    if (used >= size)
        return;
    va_start(arguments, format);
    vsnprintf(message + used, size - used, format, arguments);
    va_end(arguments);
}

/* Appends to a list of names in words. */
static void config_name(char *names, size_t size, const char *before, const char *name,
                        const char *after)
{
    size_t used = strlen(names);

    snprintf(names + used, size - used, "%s%s%s%s", used > 0 ? ", " : "", before, name, after);
}

static void config_unknown(struct config_reader *reader, const char *section, const char *name)
{
    char keys[768] = "", sections[256] = "";

    for (size_t i = 0; i < n_config_keys; i++) {
        const struct config_key *key = &config_keys[i];

        if (strcmp(key->section, section) == 0)
            config_name(keys, sizeof(keys), "", key->name, "");
        if (i == 0 || strcmp(key->section, key[-1].section) != 0)
            config_name(sections, sizeof(sections), "[", key->section, "]");
    }
    if (keys[0])
        config_refuse(reader, "unknown key \"%s\" in [%s]; the keys are: %s", name, section, keys);
    else
        config_refuse(reader, "unknown section [%s]; the sections are: %s", section, sections);
}

static bool config_apply_text(struct config_reader *reader, const struct config_key *key,
                              const char *value)
{
    int64_t size = (int64_t)strlen(value);
    char reason[ACCESS_REASON_SIZE];
    int r;

    if (size < key->least || size > key->most) {
        config_refuse(reader, "%s is a text of %lld to %lld bytes", key->name,
                      (long long)key->least, (long long)key->most);
        return false;
    }
    if (key->valid && !key->valid(value)) {
        config_refuse(reader, "%s = %s: allowed are %s", key->name, value, key->valid_words);
        return false;
    }
    r = key->check ? key->check(value, reason) : 0;
    if (r != 0) {
        config_refuse(reader, "%s = %s: %s", key->name, value, reason);
        reader->problem->shortage = r > 0;
        return false;
    }
    if (config_set(config_text(reader->config, key), value) == 0)
        return true;
    reader->error = ENOMEM;
    return false;
}

static bool config_apply_number(struct config_reader *reader, const struct config_key *key,
                                const char *value)
{
    char *end;
    int64_t number;

    errno = 0;
    number = strtoll(value, &end, key->kind == CONFIG_MODE ? 8 : 10);
    if (errno == 0 && end != value && *end == '\0' && number >= key->least && number <= key->most) {
        *config_number(reader->config, key) = number;
        return true;
    }
    config_refuse(reader,
                  key->kind == CONFIG_MODE ? "%s = %s: allowed are octal digits from %llo to %llo"
                                           : "%s = %s: allowed are whole numbers from %lld to %lld",
                  key->name, value, (long long)key->least, (long long)key->most);
    return false;
}

static bool config_apply_choice(struct config_reader *reader, const struct config_key *key,
                                const char *value)
{
    char choices[128] = "";

    for (int64_t i = 0; key->choices[i]; i++) {
        if (strcmp(key->choices[i], value) == 0) {
            *config_number(reader->config, key) = i;
            return true;
        }
        config_name(choices, sizeof(choices), "", key->choices[i], "");
    }
    config_refuse(reader, "%s = %s: allowed are %s", key->name, value, choices);
    return false;
}

/* Puts a value where its key says; false when it is none of those allowed. */
static bool config_apply(struct config_reader *reader, const struct config_key *key,
                         const char *value)
{
    switch (key->kind) {
    case CONFIG_TEXT:
        return config_apply_text(reader, key, value);
    case CONFIG_NUMBER:
    case CONFIG_MODE:
        return config_apply_number(reader, key, value);
    case CONFIG_CHOICE:
        return config_apply_choice(reader, key, value);
    }
    return false;
}

static bool config_is_list(const struct config_key *key)
{
    return key->kind == CONFIG_TEXT && (key->valid || key->check);
}

/* What goes on in a further line. */
static bool config_apply_more(struct config_reader *reader, const struct config_key *key,
                              const char *more)
{
    char *whole;
    bool applied;

    if (!config_is_list(key)) {
        config_refuse(reader, "%s has one line; the next key does not begin with a blank",
                      key->name);
        return false;
    }
    if (asprintf(&whole, "%s %s", *config_text(reader->config, key), more) < 0) {
        reader->error = ENOMEM;
        return false;
    }
    applied = config_apply(reader, key, whole);
    free(whole);
    return applied;
}

static int config_pair(void *user, const char *section, const char *name, const char *value)
{
    struct config_reader *reader = user;

    for (size_t i = 0; i < n_config_keys; i++)
        if (strcmp(config_keys[i].section, section) == 0 &&
            strcmp(config_keys[i].name, name) == 0) {
            if (!reader->given[i]) {
                reader->given[i] = true;
                return config_apply(reader, &config_keys[i], value);
            }
            if (reader->goes_on)
                return config_apply_more(reader, &config_keys[i], value);
            config_refuse(reader, "%s is given twice in this file", name);
            return 0;
        }
    config_unknown(reader, section, name);
    return 0;
}

/* The library does not tell its handler the line; its reader does. */
static char *config_line(char *text, int size, void *stream)
{
    struct config_reader *reader = stream;

    /* Once a line was refused the rest is of no interest, and the line number must stay. */
    if (reader->problem->message[0])
        return NULL;
    reader->line++;
    memset(text, '\n', (size_t)size);
    if (!fgets(text, size, reader->file)) {
        /* A part of a configuration would be another one. */
        if (ferror(reader->file))
            reader->error = errno;
        return NULL;
    }
    /* The last zero byte is the text's end. One before it would hide the rest of the line. */
    if (strlen(text) != (size_t)((char *)memrchr(text, '\0', (size_t)size) - text)) {
        config_refuse(reader, "a zero byte: the file is no text");
        return NULL;
    }
    if (strlen(text) + 1 == (size_t)size && text[size - 2] != '\n') {
        config_refuse(reader,
                      "a line is at most %d bytes long; a list goes on in a line that begins with "
                      "a blank",
                      size - 2);
        return NULL;
    }
    reader->goes_on = text[0] == ' ' || text[0] == '\t';
    return text;
}

int config_unread(const char *path, int error, struct config_problem *ret_problem)
{
    snprintf(ret_problem->message, sizeof(ret_problem->message),
             "cannot read the configuration %s: %s", path, strerror(error));
    ret_problem->shortage = error == ENOMEM || error == EMFILE || error == ENFILE || error == EIO;
    return -1;
}

int config_read(struct config *config, const char *path, bool required,
                struct config_problem *ret_problem)
{
    struct config_problem problem = {.message = ""};
    struct config_reader reader = {.config = config, .path = path, .problem = &problem};
    int r;

    reader.file = fopen(path, "re");
    if (!reader.file) {
        if (errno == ENOENT && !required)
            return 0;
        return config_unread(path, errno, ret_problem);
    }
    r = ini_parse_stream(config_line, &reader, config_pair, &reader);
    fclose(reader.file);
    if (reader.error != 0)
        return config_unread(path, reader.error, ret_problem);
    /* The library goes on behind a line that it can't read, in the section of before. */
    if (r != 0 && (!problem.message[0] || (r > 0 && r < reader.line))) {
        reader.line = r > 0 ? r : reader.line;
        problem.shortage = false;
        config_refuse(&reader, "neither a [section], a comment nor \"key = value\"");
    }
    if (problem.message[0]) {
        *ret_problem = problem;
        return -1;
    }
    return 0;
}
