/*
 * run_text: runs as rows and blocks, for people.
 */
#pragma once

#include <historyd/types.h>

#include "ctl.h"
#include "text_columns.h"

/* The columns of a list of runs, and one row of it. */
void run_text_open(struct columns *columns);
void run_text_add(struct columns *columns, const struct ctl *ctl, const struct hd_run *run);

/* Prints one run as a block of lines. */
void run_text_print(struct ctl *ctl, const struct hd_run *run);

/* A run after a command changed it: its row in --json, else its id and status. Returns the exit
 * code. */
int run_text_print_changed(struct ctl *ctl, const struct table *table, const void *result,
                           const struct hd_run *run);

/* Prints text of several lines, each escaped and with `indent` before it, at most `most` lines. */
void run_text_lines(struct output *output, const char *text, const char *indent, size_t most);
