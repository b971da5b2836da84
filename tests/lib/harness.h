/*
 * harness: what every test with a real daemon stands on.
 *
 * harness_setup() and harness_teardown() are the checked fixture of every such test case: they run
 * in the test's own process (Check forks one a test). The setup makes a folder of the test's own;
 * the teardown fails the test when a daemon was left running or ended badly, and removes the
 * folder. When the test fails or is killed half-way, a small helper process outlives it, prints the
 * logs of its daemons and removes the folder (HISTORYD_TEST_KEEP=1 keeps it).
 *
 * Memory the helpers of this folder return is kept until teardown: tests free nothing.
 */
#pragma once

#include <check.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void harness_setup(void);
void harness_teardown(void);

/* Calls `release(object)` at teardown, in the opposite order of keeping, and free() behind all
 * others; returns `object`. */
void *harness_keep(void *object, void (*release)(void *object));
/* Zeroed memory, kept; the test fails when there is none. */
void *harness_alloc(size_t size);
/* The same, of a page or more, shared with the processes that the test forks. */
void *harness_shared(size_t size);
/* printf into kept memory. In `format` each ' stands for ", which spares JSON its backslashes;
 * the arguments stay as they are. */
char *harness_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *harness_vtext(const char *format, va_list arguments);
/* A copy of `text` with " for '. */
char *harness_quote(const char *text);
/* A text of `count` times `unit`. */
char *harness_repeat(const char *unit, size_t count);

/* The test's folder, and the path of something in it. */
const char *harness_folder(void);
const char *harness_path(const char *name);
void harness_write_file(const char *path, const void *bytes, size_t size);
/* The whole file, NUL-terminated, kept; NULL when it can't be read. `ret_size` may be NULL. */
char *harness_read_file(const char *path, size_t *ret_size);
bool harness_exists(const char *path);

/* Waiting is always for something, and always bounded: take a deadline, poll with what is left of
 * it, and fail the test when it has passed. Milliseconds of the monotonic clock. */
int64_t harness_now(void);
int64_t harness_deadline(void);
/* How long to wait in one poll(2); fails the test, saying `what` never came, past the deadline. */
int harness_left(int64_t deadline, const char *what);
/* One short turn of a loop that looks for a change nothing tells of (a file, a process); fails the
 * test past the deadline. */
void harness_turn(int64_t deadline, const char *what);

/* `count` times HISTORYD_TEST_SCALE (default 1), but at least `minimum`. */
long harness_scaled(long count, long minimum);

/* Repeatable random numbers; the seed is printed with the log of a failed test. */
uint32_t harness_random(uint32_t below);

/* A test case with the fixture and a time-out of `seconds` (longer where HISTORYD_TEST_SCALE is
 * above 1). */
TCase *harness_case(Suite *suite, const char *name, double seconds);
/* The same with a setup that goes on from harness_setup(). */
TCase *harness_case_with(Suite *suite, const char *name, double seconds, void (*setup)(void));
/* Runs the suite as a program's main(); returns its exit status. */
int harness_main(Suite *suite);
