/*
 * strangers: connections of users other than the daemon's own.
 *
 * Only root can make them: strangers_possible() says whether this is root, and a test that needs
 * them has nothing to try elsewhere.
 */
#pragma once

#include <sys/types.h>

#include "scene.h"

bool strangers_possible(void);

/* A connection to `subject` as the kernel shows it of a process with these ids; `groups` are the
 * supplementary ones, up to a 0. NULL: none. NULL when connecting is refused. */
struct wire *stranger_try(uid_t uid, gid_t gid, const gid_t *groups);
/* The same for a user whose group has the same number; the test fails when it is refused. */
struct wire *stranger_wire(uid_t uid);

/* Stops `subject`, configures it, and starts it; `wire` is a connection of root's. */
void strangers_restart(const char *config);
/* Configures it and has it read that. */
void strangers_reload(const char *config);

/* A metric without labels. */
int64_t strangers_metric(const char *name);
