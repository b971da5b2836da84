/*
 * log_text: logs of Ninja written line by line, and what is concluded from them.
 *
 * A fixture of the tests of ninja_builds and ninja_jumble.
 */
#pragma once

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "ninja_builds.h"

/* Microseconds since 1970 at which the builds of these tests start. */
#define FIRST  INT64_C(1700000000000000)
#define SECOND INT64_C(1700000100000000)

extern struct buffer text;
extern struct arena arena;
extern struct ninja_log loaded;
extern struct ninja_builds builds;

void log_setup(void);
void log_teardown(void);

void log_begin(int version);
/* A line of an edge from `start` to `end` ms, with the time `mtime` in microseconds. */
void log_line(int64_t start, int64_t end, int64_t mtime, const char *output, unsigned int hash);
/* A line as Ninja 1.11 writes it: the output is as old as its edge's end. */
void log_edge(int64_t base, int64_t start, int64_t end, const char *output, unsigned int hash);
/* Reads the log and finds its builds. */
void log_end(void);

void unit_is(size_t build, size_t unit, const char *name, size_t n_outputs);
