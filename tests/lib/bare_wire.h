/*
 * wire: a bare connection to the daemon, byte by byte where a test wants it.
 *
 * Knows nothing of the project's own code: it writes bytes and cuts what comes back at NULs. Every
 * wait has the harness's deadline. While it writes it goes on reading, so that a daemon that waits
 * for its answers to be read can't block it. Kept by the harness.
 *
 * Names of methods and errors may be given short: GetRun, InvalidParameter. In texts ' stands for "
 * (see harness_text()).
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

#include "subject.h"

struct wire;

/* Connects, or fails the test; wire_try() returns NULL where connecting is refused. */
struct wire *wire_open(const struct subject *subject);
struct wire *wire_try(const char *socket_path);
/* Closes now instead of at teardown. */
void wire_close(struct wire *wire);
/* No more is sent; answers still come. */
void wire_half_close(struct wire *wire);
int wire_fd(const struct wire *wire);

/* Writes all bytes; false when the daemon has closed the connection. */
bool wire_send(struct wire *wire, const void *bytes, size_t size);
/* One write(2) for each byte. */
bool wire_send_slowly(struct wire *wire, const void *bytes, size_t size);
/* As many bytes as go without waiting: their number, 0 when none go, -1 when the daemon has closed.
 */
ssize_t wire_send_some(struct wire *wire, const void *bytes, size_t size);
/* A text and its NUL. */
bool wire_send_text(struct wire *wire, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The next message without its NUL (one stands behind it), valid until the next call with this
 * wire; NULL when the connection has ended cleanly between messages. */
const char *wire_receive(struct wire *wire, size_t *ret_size);
/* As wire_receive(), but NULL also when nothing whole has arrived; never waits. `ret_ended` (may be
 * NULL) tells the two apart. */
const char *wire_receive_now(struct wire *wire, bool *ret_ended);
/* Nothing more arrives and the daemon closes; anything else fails the test. */
void wire_expect_end(struct wire *wire);

/* Sends a call; `parameters` may be NULL. `flags` is JSON members to add, e.g. "'more':true", or
 * NULL. */
void wire_start(struct wire *wire, const char *method, const char *flags, const char *parameters);
/* The next message as JSON (the whole reply), or NULL at the end of the connection. */
cJSON *wire_reply(struct wire *wire);
/* The parameters of the next reply, which must be no error, or must be the one named. */
cJSON *wire_result(struct wire *wire);
cJSON *wire_error(struct wire *wire, const char *error);

/* A call and its one reply's parameters. `format` of the parameters may be NULL. */
cJSON *wire_call(struct wire *wire, const char *method, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A call that must be answered with `error`, and the error's parameters. */
cJSON *wire_call_error(struct wire *wire, const char *error, const char *method, const char *format,
                       ...) __attribute__((format(printf, 4, 5)));

/* The full name for a short one. */
const char *wire_name(const char *name);
