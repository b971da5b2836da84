/*
 * bench: one run of the benchmark, what its rows share.
 *
 * Rows run one after another on the main thread. Everything that is made on the disk is in one
 * folder, which the supervising process in main.c removes however the run ends; a daemon dies with
 * the process that started it. So what can't go on says why and exits.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "generator.h"
#include "report.h"
#include "shape.h"

struct bench_options {
    bool quick;
    bool json;
    bool help;
    int rounds;
    const char *rows;   /* names joined by commas, NULL: all but those that must be asked for */
    const char *folder; /* the temporary folder is made in it */
    const char *daemon; /* the program */
    int64_t seed_events;
    unsigned connections; /* most that the memory row opens */
    unsigned payload;     /* bytes */
    unsigned runs;        /* active */
    unsigned units;       /* of each run */
    struct load_spec custom;
    unsigned readers;  /* of the custom row */
    unsigned watchers; /* of the custom row */
    double seconds;    /* of a slice with an arrival rate; 0: the row's own */
};

struct pair;

struct bench {
    struct bench_options options;
    char folder[64];
    double started;
    struct shape shape;
    struct report report;
    struct pair *pair;     /* NULL while none is open */
    int64_t seeded_events; /* in seed.db; 0: not made yet */
    int64_t grown_events;  /* in grown.db; 0: not made yet */
};

struct bench_row {
    const char *name;
    const char *about;
    bool asked; /* runs only when it is named */
    void (*run)(struct bench *bench);
};

extern const struct bench_row bench_rows[];
extern const size_t n_bench_rows;

/* Fills `options`; exits on wrong ones. */
void bench_options_read(int argc, char **argv, struct bench_options *options);
void bench_usage(void);

/* How many of something in the mode chosen. */
int64_t bench_size(const struct bench *bench, int64_t full, int64_t quick);

/* Seconds on the monotonic clock. */
double bench_now(void);
void bench_sleep_until(double moment);

/* A path in the run's folder; a text of the bench, valid for the next 15 calls. */
const char *bench_path(const struct bench *bench, const char *name);
/* Copies a file within the folder and syncs it, or exits. */
void bench_copy(const struct bench *bench, const char *from, const char *to);

/* A line of progress, behind the row and the seconds so far. */
void bench_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* malloc() that exits without memory. */
void *bench_alloc(size_t size);

void row_bulk(struct bench *bench);
void row_pipelined(struct bench *bench);
void row_parallel(struct bench *bench);
void row_single(struct bench *bench);
void row_open(struct bench *bench);
void row_events(struct bench *bench);
void row_runs(struct bench *bench);
void row_growth(struct bench *bench);
void row_watchers(struct bench *bench);
void row_readers(struct bench *bench);
void row_idle(struct bench *bench);
void row_memory(struct bench *bench);
void row_recorder(struct bench *bench);
void row_redaction(struct bench *bench);
void row_durability(struct bench *bench);
void row_retention(struct bench *bench);
void row_custom(struct bench *bench);
