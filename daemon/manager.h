/*
 * manager: what the service manager is told of the daemon.
 *
 * Ready, reloading, stopping; a line of status for people, at most one in five seconds and only
 * when it changed; and the watchdog, which is fed as long as the write thread goes on: it has
 * nothing to do, or it got on since it was looked at. A writer that has work and stands still for a
 * whole interval of the watchdog is not vouched for, and the manager starts the daemon anew. That
 * the feeding is done by the loop's thread vouches for the loop. Loop thread only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "notify.h"

enum { MANAGER_STATUS_MS = 5000, MANAGER_STATUS_SIZE = 1536 };

struct manager {
    struct notify notify;
    char status[MANAGER_STATUS_SIZE]; /* as it was told */
    int64_t status_at;                /* loop_now() when it was */
    bool status_told;
    bool was_busy; /* the writer, when it was last looked at */
    int64_t turns;
};

/* Before any thread starts: the environment is read and changed. */
void manager_open(struct manager *ret_manager);
void manager_close(struct manager *manager);

/* Milliseconds between two calls of manager_watchdog(), half the watchdog's interval; 0 when no
 * watchdog is wanted. */
int64_t manager_watchdog_ms(const struct manager *manager);
/* Feeds the watchdog if the writer deserves it. `busy`: it has something to do; `turns` changes
 * whenever it gets on. */
void manager_watchdog(struct manager *manager, bool busy, int64_t turns);

/* Still starting: `words` say with what. */
void manager_starting(struct manager *manager, const char *words);
/* Serving from now on, or again after a reload; `words` is the status. */
void manager_ready(struct manager *manager, const char *words);
void manager_reloading(struct manager *manager);
/* Final. `words` say why. */
void manager_stopping(struct manager *manager, const char *words);

/* The status now, if it is time and if it differs from the last. `now` is loop_now(). */
void manager_status(struct manager *manager, int64_t now, const char *words);
