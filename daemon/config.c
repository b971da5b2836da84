#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum config_kind { CONFIG_TEXT, CONFIG_NUMBER, CONFIG_MODE, CONFIG_SYNC };

struct config_key {
    const char *section;
    const char *name;
    enum config_kind kind;
    size_t offset;
    int64_t least;
    int64_t most;
};

#define KEY(section, name, kind, member, least, most)                                              \
    {                                                                                              \
        section, name, kind, offsetof(struct config, member), least, most                          \
    }

static const struct config_key config_keys[] = {
    KEY("daemon", "socket", CONFIG_TEXT, socket, 1, 107),
    KEY("daemon", "socket_mode", CONFIG_MODE, socket_mode, 0, 0777),
    KEY("daemon", "database", CONFIG_TEXT, database, 1, 4096),
    KEY("store", "synchronous", CONFIG_SYNC, normal_sync, 0, 1),
    KEY("store", "readers", CONFIG_NUMBER, readers, 1, 16),
    KEY("store", "cache_kib", CONFIG_NUMBER, cache_kib, 1024, 16777216),
    KEY("store", "checkpoint_pages", CONFIG_NUMBER, checkpoint_pages, 100, 1000000),
    KEY("store", "journal_kib", CONFIG_NUMBER, journal_kib, 1024, 1048576),
    KEY("limits", "message", CONFIG_NUMBER, limits.message, 65536, 268435456),
    KEY("limits", "depth", CONFIG_NUMBER, limits.depth, 8, 512),
    KEY("limits", "values", CONFIG_NUMBER, limits.values, 1000, 10000000),
    KEY("limits", "events", CONFIG_NUMBER, limits.events, 1, 100000),
    KEY("limits", "payload", CONFIG_NUMBER, limits.payload, 2, 268435456),
    KEY("limits", "error", CONFIG_NUMBER, limits.error, 1, 268435456),
    KEY("limits", "type", CONFIG_NUMBER, limits.type, 1, 4096),
    KEY("limits", "unit", CONFIG_NUMBER, limits.unit, 1, 65536),
    KEY("limits", "label", CONFIG_NUMBER, limits.label, 1, 65536),
    KEY("limits", "reason", CONFIG_NUMBER, limits.reason, 1, 65536),
    KEY("limits", "path", CONFIG_NUMBER, limits.path, 1, 65536),
    KEY("limits", "nodes", CONFIG_NUMBER, limits.nodes, 1, 10000000),
    KEY("limits", "edges", CONFIG_NUMBER, limits.edges, 1, 10000000),
    KEY("limits", "connections", CONFIG_NUMBER, connections, 1, 1000000),
    KEY("limits", "calls", CONFIG_NUMBER, calls, 1, 100000),
    KEY("limits", "message_ms", CONFIG_NUMBER, message_ms, 100, 3600000),
    KEY("limits", "send_ms", CONFIG_NUMBER, send_ms, 100, 3600000),
};

enum { CONFIG_KEYS = sizeof(config_keys) / sizeof(config_keys[0]) };

void config_init(struct config *config)
{
    *config = (struct config){
        .socket_mode = 0660,
        .readers = 2,
        .cache_kib = 65536,
        .checkpoint_pages = 2500,
        .journal_kib = 65536,
        .limits = limits_default,
        .connections = 10240,
        .calls = 1024,
        .message_ms = 30000,
        .send_ms = 30000,
    };
}

void config_clear(struct config *config)
{
    free(config->socket);
    free(config->database);
    config->socket = config->database = NULL;
}

int config_set(char **path, const char *value)
{
    char *copy = strdup(value);

    if (!copy)
        return -1;
    free(*path);
    *path = copy;
    return 0;
}

static bool config_key_equal(const struct config_key *key, const struct config *a,
                             const struct config *b)
{
    const void *left = (const char *)a + key->offset;
    const void *right = (const char *)b + key->offset;
    const char *text = key->kind == CONFIG_TEXT ? *(char *const *)left : NULL;
    const char *other = key->kind == CONFIG_TEXT ? *(char *const *)right : NULL;

    if (key->kind != CONFIG_TEXT)
        return *(const int64_t *)left == *(const int64_t *)right;
    /* What is not given stays what it was found to be at start. */
    return !other || (text && strcmp(text, other) == 0);
}

void config_adopt(struct config *config, const struct config *fresh,
                  char ret_kept[static CONFIG_KEPT_SIZE])
{
    ret_kept[0] = '\0';
    for (size_t i = 0; i < CONFIG_KEYS; i++) {
        const struct config_key *key = &config_keys[i];
        size_t used = strlen(ret_kept);

        if (config_key_equal(key, config, fresh))
            continue;
        if (strcmp(key->section, "limits") == 0)
            *(int64_t *)(void *)((char *)config + key->offset) =
                *(const int64_t *)(const void *)((const char *)fresh + key->offset);
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
    bool given[CONFIG_KEYS]; /* in this file */
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

static void config_unknown(struct config_reader *reader, const char *section, const char *name)
{
    char known[768] = "";
    bool section_known = false;

    for (size_t i = 0; i < CONFIG_KEYS; i++)
        if (strcmp(config_keys[i].section, section) == 0) {
            section_known = true;
            strncat(known, known[0] ? ", " : "", sizeof(known) - strlen(known) - 1);
            strncat(known, config_keys[i].name, sizeof(known) - strlen(known) - 1);
        }
    if (section_known)
        config_refuse(reader, "unknown key \"%s\" in [%s]; the keys are: %s", name, section, known);
    else
        config_refuse(reader, "unknown section [%s]; the sections are: [daemon], [store], [limits]",
                      section);
}

static bool config_number(const char *value, int base, int64_t *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoll(value, &end, base);
    return errno == 0 && end != value && *end == '\0';
}

/* Puts a value where its key says; false when it is none of those allowed. */
static bool config_apply(struct config_reader *reader, const struct config_key *key,
                         const char *value)
{
    void *place = (char *)reader->config + key->offset;
    int64_t number = 0;

    switch (key->kind) {
    case CONFIG_TEXT:
        if ((int64_t)strlen(value) >= key->least && (int64_t)strlen(value) <= key->most)
            return config_set(place, value) == 0;
        config_refuse(reader, "%s is a path of %lld to %lld bytes", key->name,
                      (long long)key->least, (long long)key->most);
        return false;
    case CONFIG_NUMBER:
    case CONFIG_MODE:
        if (config_number(value, key->kind == CONFIG_MODE ? 8 : 10, &number) &&
            number >= key->least && number <= key->most)
            break;
        config_refuse(reader,
                      key->kind == CONFIG_MODE
                          ? "%s = %s: allowed are octal digits from %llo to %llo"
                          : "%s = %s: allowed are whole numbers from %lld to %lld",
                      key->name, value, (long long)key->least, (long long)key->most);
        return false;
    case CONFIG_SYNC:
        number = strcmp(value, "normal") == 0;
        if (number || strcmp(value, "full") == 0)
            break;
        config_refuse(reader, "%s = %s: allowed are full and normal", key->name, value);
        return false;
    }
    *(int64_t *)place = number;
    return true;
}

static int config_pair(void *user, const char *section, const char *name, const char *value)
{
    struct config_reader *reader = user;

    for (size_t i = 0; i < CONFIG_KEYS; i++)
        if (strcmp(config_keys[i].section, section) == 0 &&
            strcmp(config_keys[i].name, name) == 0) {
            if (!reader->given[i]) {
                reader->given[i] = true;
                return config_apply(reader, &config_keys[i], value);
            }
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
    if (!fgets(text, size, reader->file))
        return NULL;
    if (strlen(text) + 1 == (size_t)size && text[size - 2] != '\n') {
        config_refuse(reader, "a line is at most %d bytes long", size - 2);
        return NULL;
    }
    return text;
}

int config_read(struct config *config, const char *path, bool required,
                struct config_problem *ret_problem)
{
    struct config_problem problem = {""};
    struct config_reader reader = {.config = config, .path = path, .problem = &problem};
    int r;

    reader.file = fopen(path, "re");
    if (!reader.file) {
        if (errno == ENOENT && !required)
            return 0;
        snprintf(ret_problem->message, sizeof(ret_problem->message),
                 "cannot read the configuration %s: %s", path, strerror(errno));
        return -1;
    }
    r = ini_parse_stream(config_line, &reader, config_pair, &reader);
    fclose(reader.file);
    if (r != 0 && !problem.message[0]) {
        reader.line = r > 0 ? r : reader.line;
        config_refuse(&reader, "neither a [section], a comment nor \"key = value\"");
    }
    if (problem.message[0]) {
        *ret_problem = problem;
        return -1;
    }
    return 0;
}
