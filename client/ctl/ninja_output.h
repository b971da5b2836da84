/*
 * ninja_output: failures told on Ninja's standard output.
 *
 * Ninja does not log an edge that failed; it prints "FAILED: outputs", the command, and what the
 * command said, up to the next status line ("[3/10] …"). Bytes are fed as they come, memory stays
 * bounded, and each failure is handed over when its text is complete. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

struct ninja_failure {
    const char *outputs; /* the text behind FAILED: with the paths, one blank between */
    size_t outputs_size;
    const char *command;
    const char *error; /* what the command said, without colours; cut if it is very long */
    int64_t code;      /* exit code where Ninja told it, else -1 */
    int64_t before;    /* edges that had finished well before this one */
};

/* The strings are valid UTF-8 and last as long as the call. Returns 0, or -errno to stop. */
typedef int (*ninja_failure_callback)(void *userdata, const struct ninja_failure *failure);

struct ninja_output {
    ninja_failure_callback callback;
    void *userdata;
    struct buffer line;
    bool line_cut;
    enum { NINJA_TEXT, NINJA_COMMAND, NINJA_ERROR } expected;
    struct buffer outputs, command, error;
    int64_t code;
    bool error_cut;
    int64_t finished; /* as the last status line says */
    int64_t total;
    int64_t failed; /* failures so far, the one under way included */
};

void ninja_output_open(struct ninja_output *output, ninja_failure_callback callback,
                       void *userdata);
void ninja_output_close(struct ninja_output *output);
/* Takes the next bytes. Returns 0, -ENOMEM, or what the callback returned. */
int ninja_output_feed(struct ninja_output *output, const char *bytes, size_t size);
/* Ends the last line and the last failure. Returns as above. */
int ninja_output_end(struct ninja_output *output);
