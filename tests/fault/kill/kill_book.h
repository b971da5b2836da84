/*
 * kill_book: what recorders were promised and watchers were shown, kept where no death of the
 * daemon reaches it.
 *
 * One piece of memory shared by the test and the processes it forks; the test owns it. Each place
 * has one writer: a recorder writes what its own run was acknowledged, a watcher what it was shown.
 *
 * Event number n of a run is the same whoever sends it and however often: its payload is made from
 * the run and n, and can be told from the row again (kill_book_query_strange).
 */
#pragma once

#include <historyd/historyd.h>
#include <stdatomic.h>
#include <stdint.h>

enum {
    KILL_RECORDERS = 16,
    KILL_WATCHERS = 8,
    KILL_RUNS = KILL_RECORDERS + 1, /* the last one is the test's own */
    KILL_PAD = 200,
    KILL_PAUSE_US = 8000,
};

/* For SQL: the runs of those who number their events and send them until they are acknowledged. */
#define KILL_RUNS_OF_SENDERS "run_id NOT GLOB 'visitor-*'"

struct kill_book {
    _Atomic int64_t acknowledged[KILL_RUNS]; /* up to this number of the run */
    _Atomic int64_t seen[KILL_WATCHERS][KILL_RUNS];
    _Atomic int64_t repeated;  /* calls answered with duplicates */
    _Atomic int64_t resumed;   /* streams begun again */
    _Atomic uint32_t pause_us; /* recorders pause so long at most between two calls; not 0 */
    unsigned int in_flight;    /* calls of the library's recorder at a time; 0: its own choice */
    atomic_bool others;        /* other runs are recorded as well, and watchers pass over them */
    atomic_bool full;          /* the disk may be: a call that StorageFull answers is made again */
    _Atomic int64_t refused;   /* calls so answered */
    atomic_bool ending;        /* recorders finish what is under way */
    atomic_int faults;
    char fault[512]; /* the first */
};

struct kill_book *kill_book_new(void);

/* A promise was broken; any process. */
void kill_book_fault(struct kill_book *book, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The name of a run; the repository is even or odd as its number. */
struct kill_names {
    char run[16];
    char repo[16];
};
void kill_book_name(int run, struct kill_names *ret_names);
/* The number of a run by its name, -1 for none of ours. */
int kill_book_run(const char *name);

struct kill_payload {
    char text[KILL_PAD + 64];
};
/* The event points into `ret_payload`. */
struct hd_new_event kill_book_event(int run, int64_t n, struct kill_payload *ret_payload);
/* The same of a run that is not one of the book's. */
struct hd_new_event kill_book_event_of(const char *run, int64_t n,
                                       struct kill_payload *ret_payload);
/* Rows that are not what was sent. */
const char *kill_book_query_strange(void);

/* A process's own random numbers. */
uint32_t kill_random(uint32_t *state, uint32_t below);
