/*
 * process: other programs, run without a shell.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "buffer.h"

/* Starts argv[0] (looked up in PATH) with standard output on a pipe, standard input from /dev/null
 * where `quiet`, and SIGPIPE as programs expect it. `ret_output` is the pipe's end to read; the
 * caller closes it and waits for the process. Returns 0 or -errno. */
int process_start(char *const argv[], bool quiet, pid_t *ret_pid, int *ret_output);

/* Waits for the process. Returns its exit code, or 128 + the signal that ended it. */
int process_wait(pid_t pid);

/* Runs a program to its end and reads what it prints, at most `most` bytes. Returns its exit code,
 * or -errno. The caller clears the buffer. */
int process_capture(char *const argv[], size_t most, struct buffer *buffer);
