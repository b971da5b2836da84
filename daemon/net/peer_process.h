/*
 * peer_process: whether another process lives, and whether it still is the one it was.
 *
 * A pid alone names a process only while that lives; with the moment it started, and the boot of
 * the machine, it does so for good. A pidfd (pidfd_open(2)) goes on naming it by itself. /proc may
 * hide the processes of other users: what it does not say is unknown, never a sign of death.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

enum { BOOT_ID_SIZE = 40, PROCESS_START_UNKNOWN = 0 };

/* Reads the line of /proc/PID/stat: when the process started, in clock ticks after the boot.
 * Returns 0, -ESRCH for one that has ended and only waits to be reaped, or -EINVAL. */
int process_stat_read(const char *line, int64_t *ret_start);

/* Asks /proc. `ret_start` is PROCESS_START_UNKNOWN where that does not say; -ESRCH is returned only
 * where it says that the process has ended. `pidfd` (may be -1) is the process: what was read is
 * of the process only if it still lives afterwards, else -ESRCH. */
int process_start(pid_t pid, int pidfd, int64_t *ret_start);

/* A pidfd, -ESRCH when there is no such process, or -errno when there may be. */
int process_open(pid_t pid);

/* Finds a process by its pid: `ret_pidfd` is -1 where there was none to be had. Returns 0, or
 * -ESRCH when it is gone. */
int process_find(pid_t pid, int *ret_pidfd, int64_t *ret_start);

/* Now, in the unit of a start. */
int64_t process_ticks(void);

/* The boot of the machine; empty where it can't be read. */
void process_boot(char id[static BOOT_ID_SIZE]);
