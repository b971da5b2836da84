/*
 * soak_peers: processes that are beside the load of a soak: readers that hardly read, and one that
 * has backups made. The test kills them.
 */
#pragma once

#include "soak_sender.h"

enum { SOAK_BACKUPS_KEPT = 3 };

/* Eight connections that ask for pages of events or watch, and take a few KiB a second. */
pid_t soak_slow_readers_start(struct soak_ledger *ledger, const char *socket);

/* A backup each `every_s` seconds; the newest SOAK_BACKUPS_KEPT stay. Faults go to the book. */
pid_t soak_backups_start(struct kill_book *book, struct soak_ledger *ledger, const char *socket,
                         int every_s);
