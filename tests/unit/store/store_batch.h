/*
 * store_batch: a hundred write jobs in one batch, on a disk whose syncs are counted and can be made
 * to fail.
 */
#pragma once

#include <stdatomic.h>

#include "store_fixture.h"

#define NOW "2026-01-20T14:30:52.000000Z"

extern atomic_int syncs;      /* so far */
extern atomic_int syncs_good; /* how many more work; -1: all */
extern atomic_bool folder_syncs_fail;

/* A store with the run r. */
void batch_setup(void);

struct write {
    int64_t seq;
    const char *payload;
    int result;
    int runs; /* how often it ran */
};

int write_body(struct store_db *db, void *data);

int count_body(struct store_db *db, void *data);
/* The run's events, by a read job. */
int64_t count_events(void);

enum { BATCH = 100 };

struct batch {
    struct write writes[BATCH];
    struct test_job jobs[BATCH];
};
extern struct batch batch;

/* Numbers the writes from 1 and submits them behind a shut gate. */
void batch_submit(void);
/* Opens the gate and waits for all. */
void batch_wait(void);
