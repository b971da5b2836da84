#include "ninja_log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { NINJA_LOG_OLDEST = 5, NINJA_LOG_NEWEST = 7 };

static const char ninja_log_signature[] = "# ninja log v";

int ninja_log_read_header(const char *line, size_t size, int *ret_version)
{
    size_t signature = sizeof(ninja_log_signature) - 1;
    int version = 0;

    if (size <= signature || memcmp(line, ninja_log_signature, signature) != 0)
        return NINJA_LOG_NO_LOG;
    for (size_t i = signature; i < size; i++) {
        if (line[i] < '0' || line[i] > '9' || version > 1000)
            return NINJA_LOG_NO_LOG;
        version = version * 10 + (line[i] - '0');
    }
    *ret_version = version;
    return version >= NINJA_LOG_OLDEST && version <= NINJA_LOG_NEWEST ? 0 : NINJA_LOG_VERSION;
}

/* Reads a number that fills a column. */
static bool ninja_log_number(const char *text, size_t size, int64_t *ret_number)
{
    int64_t number = 0;

    if (size == 0)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' || number > (INT64_MAX - 9) / 10)
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *ret_number = number;
    return true;
}

static bool ninja_log_hash(const char *text, size_t size, uint64_t *ret_hash)
{
    uint64_t hash = 0;

    if (size == 0 || size > 16)
        return false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c >= '0' && c <= '9')
            hash = hash << 4 | (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            hash = hash << 4 | (uint64_t)(c - 'a' + 10);
        else
            return false;
    }
    *ret_hash = hash;
    return true;
}

int ninja_log_read_line(const char *line, size_t size, struct ninja_entry *ret_entry)
{
    struct ninja_entry entry = {.line = line, .line_size = size};
    const char *columns[5];
    size_t sizes[5];
    size_t from = 0;

    for (size_t i = 0; i < 5; i++) {
        const char *tab = from <= size ? memchr(line + from, '\t', size - from) : NULL;

        if (!tab != (i == 4))
            return -EINVAL;
        columns[i] = line + from;
        sizes[i] = (tab ? (size_t)(tab - line) : size) - from;
        from += sizes[i] + 1;
    }
    if (!ninja_log_number(columns[0], sizes[0], &entry.start) ||
        !ninja_log_number(columns[1], sizes[1], &entry.end) ||
        !ninja_log_number(columns[2], sizes[2], &entry.mtime) || sizes[3] == 0 ||
        !ninja_log_hash(columns[4], sizes[4], &entry.hash))
        return -EINVAL;
    /* A hundred years: what is longer is no build's time and would overflow in microseconds. */
    if (entry.end < entry.start || entry.end > INT64_C(3155760000000))
        return -EINVAL;
    entry.output = columns[3];
    entry.output_size = sizes[3];
    *ret_entry = entry;
    return 0;
}

static int ninja_log_add(struct ninja_log *log, size_t *capacity, const struct ninja_entry *entry)
{
    if (log->n_entries == *capacity) {
        size_t wanted = *capacity ? *capacity * 2 : 256;
        struct ninja_entry *entries = reallocarray(log->entries, wanted, sizeof(*entries));

        if (!entries)
            return -ENOMEM;
        log->entries = entries;
        *capacity = wanted;
    }
    log->entries[log->n_entries++] = *entry;
    return 0;
}

static bool ninja_log_is_manifest(const struct ninja_entry *entry)
{
    static const char name[] = "build.ninja";
    size_t size = sizeof(name) - 1;
    const char *end = entry->output + entry->output_size;

    return entry->output_size >= size && memcmp(end - size, name, size) == 0 &&
           (entry->output_size == size || end[-(ptrdiff_t)size - 1] == '/');
}

/* Marks all outputs of the edge that makes build.ninja; its command tells them, which rarely
 * changes. */
static void ninja_log_mark_manifests(struct ninja_log *log)
{
    uint64_t commands[16];
    size_t n = 0;

    for (size_t i = 0; i < log->n_entries; i++) {
        bool known = false;

        for (size_t k = 0; k < n; k++)
            known = known || commands[k] == log->entries[i].hash;
        if (!known && n < 16 && ninja_log_is_manifest(&log->entries[i]))
            commands[n++] = log->entries[i].hash;
    }
    for (size_t i = 0; i < log->n_entries; i++)
        for (size_t k = 0; k < n; k++)
            log->entries[i].manifest =
                log->entries[i].manifest || commands[k] == log->entries[i].hash;
}

int ninja_log_read(const char *text, size_t size, struct ninja_log *ret_log)
{
    struct ninja_log log = {.version = 0};
    const char *end = memchr(text, '\n', size);
    size_t capacity = 0;
    int r;

    r = ninja_log_read_header(text, end ? (size_t)(end - text) : size, &log.version);
    if (r != 0) {
        ret_log->version = log.version;
        return r;
    }
    while (end) {
        const char *line = end + 1;
        struct ninja_entry entry;

        end = memchr(line, '\n', size - (size_t)(line - text));
        if (!end)
            break;
        if (ninja_log_read_line(line, (size_t)(end - line), &entry) < 0)
            log.n_broken++;
        else if (ninja_log_add(&log, &capacity, &entry) < 0)
            goto memory;
    }
    ninja_log_mark_manifests(&log);
    *ret_log = log;
    return 0;
memory:
    ninja_log_clear(&log);
    return -ENOMEM;
}

void ninja_log_clear(struct ninja_log *log)
{
    free(log->entries);
    *log = (struct ninja_log){.version = 0};
}
