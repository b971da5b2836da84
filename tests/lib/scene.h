/*
 * scene: the usual test case, one daemon on an empty database and one connection to it.
 */
#pragma once

#include "answers.h"
#include "bare_wire.h"
#include "harness.h"
#include "subject.h"

/* Valid within a test of a scene_case(). */
extern struct subject *subject;
extern struct wire *wire;

/* A test case whose fixture starts `subject` and opens `wire`. */
TCase *scene_case(Suite *suite, const char *name, double seconds);

/* Makes a run with this id in the repository /r. */
void scene_run(const char *id);
/* Each thread of the daemon that reads does so, very likely: what it opens at its first look is
 * open then, and its cache knows of the last commit. */
void scene_read_everywhere(void);
/* Appends one event of the type and returns its number. */
int64_t scene_event(const char *run, const char *type);
