/*
 * quiet: what must hold around every test of the library.
 *
 * A checked fixture: in between nothing is written to stdout or stderr, no descriptor stays open,
 * and SIGPIPE would kill the program.
 */
#pragma once

#include <check.h>

void quiet_setup(void);
void quiet_teardown(void);

/* A test case with the fixture and time enough for sanitizers. */
TCase *quiet_tcase(const char *name);

/* Runs the suite; the exit status of main(). */
int quiet_run(Suite *suite);
