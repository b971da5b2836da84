/*
 * ninja_log: the lines of a .ninja_log.
 *
 * Versions 5 to 7 write the same line: start and end in milliseconds since the build's start, a
 * time in nanoseconds (of the output, or of the command's start), the output, and a hash of the
 * command. A log keeps a copy of nothing: its text outlives it. Pure, one thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ninja_entry {
    int64_t start; /* ms since the build's start */
    int64_t end;
    int64_t mtime; /* ns since 1970, 0: unknown */
    const char *output;
    size_t output_size;
    uint64_t hash;
    const char *line; /* the whole line without its end */
    size_t line_size;
    bool manifest; /* of the edge that makes build.ninja: CMake changes its time whenever it
                      configures */
};

struct ninja_log {
    int version;
    struct ninja_entry *entries;
    size_t n_entries;
    size_t n_broken; /* lines that are no entry, left out */
};

enum ninja_log_problem {
    NINJA_LOG_NO_LOG = 1, /* the text does not start with a log's first line */
    NINJA_LOG_VERSION,    /* a version this reader does not know: `version` is set */
};

/* Reads `size` bytes. A last line without its end is still being written and left out. Returns 0,
 * an enum ninja_log_problem, or -ENOMEM. */
int ninja_log_read(const char *text, size_t size, struct ninja_log *ret_log);
void ninja_log_clear(struct ninja_log *log);

/* Reads one line (without its end). Returns 0, or -EINVAL where it is no entry. */
int ninja_log_read_line(const char *line, size_t size, struct ninja_entry *ret_entry);

/* Reads the first line. Returns 0 with the version, or as ninja_log_read(). */
int ninja_log_read_header(const char *line, size_t size, int *ret_version);
