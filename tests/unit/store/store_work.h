/*
 * store_work: some of everything a store is asked to do, for tests that let parts of it fail.
 *
 * The store of the fixture is open and has the runs r and ended, which run, and old, which has
 * ended.
 */
#pragma once

/* Reads and writes; `note` gets each result. `ret_acknowledged` is the number of the last event of
 * r that was acknowledged. */
void work_do(int (*note)(int result), int *ret_acknowledged);
/* Makes a backup in the folder. Returns what the step that failed did, or 0. */
int work_back_up(const char *folder);
