/*
 * attach_machine: processes that a test of attached runs makes up, and the book of those runs on a
 * real store: who lives, who has whose pid, and what can be watched.
 *
 * Every pidfd that the machine hands out must be closed again, else machine_teardown() fails the
 * test.
 */
#pragma once

#include <stdbool.h>

#include "attachments.h"

#define BOOT       "0f0e0d0c"
#define OTHER_BOOT "ffffffff"

enum { PIDS = 8 };

/* 1 and 2 live at first, and all can be watched. */
struct machine {
    int64_t start[PIDS]; /* of the process that has the pid, 0: none does, -1: not to be seen */
    bool pidfds;         /* the kernel has them */
    bool watches;        /* and there is room to watch one */
    int open_pidfds;
    int n_watches; /* ever */
    int64_t now;
    char stopped[64]; /* runs, each behind a blank */
};

extern struct machine machine;
extern struct attachments book;
extern struct list writes; /* jobs of the book that are not with the store yet */

void machine_setup(void);
void machine_teardown(void);
void book_open(void);

/* Hands the store what waits for it, and takes back all it was given. */
void settle(void);

void run_make(const char *id);
/* A run whose row an earlier daemon left. */
void run_left(const char *id, int64_t pid, int64_t start, const char *boot);
bool runs_status(const char *run, const char *status);

/* Reads what was left. */
void load(void);
/* The state of a run that is in the book. */
void is(const char *run, const char *state);
/* So much later, with a grace of one second. */
void tick(int64_t after_ms);
/* A call of the holder's connection attached the run, or none (NULL). */
void claim(struct attach_holder *holder, const char *run);
