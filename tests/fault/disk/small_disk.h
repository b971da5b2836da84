/*
 * small_disk: a disk for one daemon's database that can be filled up and emptied.
 *
 * Where this process may mount it is a tmpfs in a mount namespace of its own, which runs out of
 * room where a real disk does: in the log, in the database when the log is put into it, in the
 * shared memory. Elsewhere it is a folder, and the shim (fault_orders.h) answers ENOSPC to every
 * write to a file. The test's process owns it; it goes with the process.
 */
#pragma once

#include <stdbool.h>

#include "subject.h"

/* Puts the subject's database there, before it starts. */
void small_disk_make(struct subject *subject, bool simulated);
bool small_disk_is_real(void);
/* Takes all the room that there is; may be called again while it is full. */
void small_disk_fill(void);
void small_disk_free(void);
/* No daemon runs. */
void small_disk_remove(void);
