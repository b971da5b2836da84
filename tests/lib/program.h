/*
 * program: another program, run to its end or in the background.
 *
 * Kept by the harness; a program that still runs at teardown is killed.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "subject.h"

struct program {
    pid_t pid;       /* 0 once it has ended */
    int status;      /* exit status, or minus the number of a signal */
    const char *out; /* what it wrote to stdout and stderr; set by program_finish() */
    const char *err;
    const char *out_path;
    const char *err_path;
    const char *shown; /* the command line, for messages */
};

/* Starts `arguments` (ended by NULL, the program first, looked up in PATH) with `input` on its
 * standard input, in `folder` (NULL: the test's). */
struct program *program_start(const char *folder, const char *input, const char *const arguments[]);
/* Waits for its end. */
struct program *program_finish(struct program *program);
/* What it has written to stdout up to now. */
const char *program_output(const struct program *program);

/* Both at once. */
struct program *program_run(const char *input, const char *const arguments[]);
/* A line for /bin/sh that must end with 0; returns its stdout. */
const char *program_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* historyctl with the subject's socket; `line` holds its arguments, cut at blanks (a blank inside
 * an argument is written as a tab). */
struct program *ctl_run(const struct subject *subject, const char *input, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct program *ctl_start(const struct subject *subject, const char *input, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* As ctl_run(), must end with 0; returns its stdout. */
const char *ctl_out(const struct subject *subject, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Fails the test, showing all it wrote, unless it ended with `status`. */
void program_expect(const struct program *program, int status);
