/*
 * store_faults: memory and system calls of the store and of SQLite, one of which fails when it is
 * armed.
 *
 * Allocations come here by ld's --wrap and by SQLite's own hook, system calls because the program
 * defines them. Those of a thread that is exempt, as the test's own is but where it says otherwise,
 * are neither counted nor fail.
 */
#pragma once

#include <stdbool.h>

enum fault_kind_of_store {
    FAULTS_MEMORY, /* no allocation */
    FAULTS_DISK,   /* EIO where the disk is read, written or synced, EMFILE for a file to open */
    FAULTS_FULL,   /* ENOSPC for what takes room */
};

/* Before SQLite is used. */
void faults_setup(void);
/* From now on the fault is counted; the one numbered `number` from 1 fails, and with `for_good` all
 * behind it. 0: none does. */
void faults_arm(enum fault_kind_of_store kind, long number, bool for_good);
/* Returns how many there were. */
long faults_disarm(void);
/* Of this thread. */
void faults_exempt(bool exempt);
