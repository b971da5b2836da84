/*
 * subject: the daemon under test, a process of its own.
 *
 * A subject owns its process and knows its paths. Several may live in one test. It is made by
 * subject_new() and kept by the harness: at teardown one that still runs is stopped with SIGTERM,
 * which must end with exit status 0 and leave no socket and no write-ahead log. The program is the
 * environment's HISTORYD_BINARY, else the one of this build; the environment's
 * HISTORYD_TEST_WRAPPER may name a program, with arguments between blanks, that is started in its
 * place and given its command line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct subject {
    const char *socket;
    const char *database;
    const char *config; /* passed with --config once subject_configure() was called */
    const char *log;    /* its stdout and stderr, all starts one after another */
    bool configured;
    const char *fault; /* NULL, or the file that says how its disk fails (failing_disk.c) */
    const char *environment[6]; /* NAME=VALUE, from the next start on; ended by NULL; %d in a value
                                   is the daemon's pid */
    int passed_fds[3];          /* descriptors it gets as its numbers from 3 on; ended by 0 */
    pid_t pid;                  /* 0: not running */
};

/* Paths in the test's folder: `name`.socket, `name`.db, … Nothing is started. */
struct subject *subject_new(const char *name);
/* Writes the configuration file used from the next start on; ' stays '. */
void subject_configure(struct subject *subject, const char *text);

/* From the next start on its disk may fail. */
void subject_make_fallible(struct subject *subject);
/* How it fails from now on: "full", "sync", or NULL for a sound one. */
void subject_fail(const struct subject *subject, const char *fault);

/* The program itself: the environment's HISTORYD_BINARY, else the one of this build. */
const char *subject_program(void);

/* Starts it and waits until it answers a Ping; the test fails when it ends instead. */
void subject_start(struct subject *subject);
/* Only starts it. */
void subject_spawn(struct subject *subject);
/* The same with arguments of one's own (ended by NULL) instead of the paths. */
void subject_spawn_with(struct subject *subject, const char *const arguments[]);
/* Waits until a started one answers a Ping. */
void subject_wait_ready(struct subject *subject);
/* Waits until a started one has a handler for SIGTERM: its loop is there, it need not serve yet. */
void subject_wait_signals(const struct subject *subject);
/* True once it has ended, with its status as subject_wait() has it. Does not wait. */
bool subject_has_ended(struct subject *subject, int *ret_status);

/* Sends a signal. */
void subject_signal(struct subject *subject, int signal);
/* Starts it; it must say something with `words` in it, end with `status` and leave no socket. */
void subject_gives_up(struct subject *subject, int status, const char *words);
/* Waits for the end: its exit status, or minus the number of the signal that killed it. */
int subject_wait(struct subject *subject);
/* SIGKILL, and waits. */
void subject_kill(struct subject *subject);
/* SIGTERM, waits, and fails the test unless it ended with 0 and left nothing behind. */
void subject_stop(struct subject *subject);

/* Resident memory in KiB. */
int64_t subject_memory(const struct subject *subject);
/* Open file descriptors. */
int subject_descriptors(const struct subject *subject);
/* All it wrote to stdout and stderr. */
const char *subject_output(const struct subject *subject);
