/*
 * ctl: what a command of historyctl works with.
 *
 * One struct ctl lives from main's first line to its last. It owns the connection, which is opened
 * by the first call, and the two outputs.
 */
#pragma once

#include <historyd/historyd.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "codec.h"
#include "options.h"
#include "output.h"

struct ctl_options {
    const char *socket; /* NULL: the library's defaults */
    const char *color;  /* auto, always, never, or NULL */
    struct option_number timeout;
    bool json;
    bool utc;
    bool help;
    bool version;
};

struct ctl {
    struct ctl_options options;
    const char *command; /* the command under way, for messages */
    struct output out;   /* standard output */
    bool colour;         /* on standard output */
    struct hd_client *client;
};

/* The client, made at the first call. NULL after a message to the user. */
struct hd_client *ctl_client(struct ctl *ctl);

/* How long a person waits for one answer, in milliseconds (-1: for ever). */
int ctl_timeout(const struct ctl *ctl);

/* One line to stderr, "historyctl: …", escaped. */
void ctl_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same about a line of standard input: "stdin:17: …". */
void ctl_complain_line(int64_t line, const char *reason);

/* Whether printing has come to an end: 0, or an exit code + 1. A reader that went away had enough;
 * that is no failure. */
int ctl_output_ended(const struct ctl *ctl);

/* Tells the user why `status` came from a call of the client, with a remedy where there is one, and
 * returns the exit code. */
int ctl_fail(struct ctl *ctl, int status);
int ctl_fail_memory(void);
/* A mistake in the command line: one line that names the remedy. Returns the exit code. */
int ctl_usage(const struct ctl *ctl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints a result as one line of JSON, in the interface's own form: what --json shows. Returns the
 * exit code. */
int ctl_print_result(struct ctl *ctl, const struct table *table, const void *result);

/* The name of a repository: a relative path that exists is made absolute (in `resolved`), anything
 * else is taken as it is. */
const char *ctl_repo_path(const char *path, char resolved[PATH_MAX]);
