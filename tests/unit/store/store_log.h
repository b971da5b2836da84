/*
 * store_log: the writes of the fixture's write-ahead log, counted and made to fail, below SQLite.
 */
#pragma once

#include <stdatomic.h>

#include "store_fixture.h"

extern atomic_int log_writes;      /* system calls so far */
extern atomic_int log_writes_good; /* how many more work; -1: all */
extern atomic_int log_fault;       /* errno of those that fail */
extern atomic_bool log_halves;     /* each writes half of what it was given */

/* A store with the run r, whose connections have hardly any memory for pages: a transaction of any
 * size is written to the log while it runs. */
void log_setup(void);

/* Appends events, about `kib` KiB of them, then returns `result`. */
struct bulk {
    int kib;
    int result;
    void (*meanwhile)(void); /* called before it returns; may be NULL */
};
enum { BULK_EVENT_KIB = 8 };
int bulk_body(struct store_db *db, void *data);

/* The run's events, counted by a process of its own that finds the database sound. */
int64_t process_count(void);
/* Fails the test unless the run has so many events and the database is sound, for this process and
 * another one. */
void log_check(int64_t n_events);
