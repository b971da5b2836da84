/*
 * store_fixture: a store on a temporary folder of its own, for one test.
 *
 * Check runs every test in a process of its own, so that the one fixture is a static object.
 * Teardown fails the test when the folder can't be removed.
 */
#pragma once

#include <check.h>
#include <sqlite3.h>
#include <time.h>

#include "events.h"
#include "graphs.h"
#include "store.h"

struct fixture {
    char folder[64];
    char path[128];
    struct store *store;
    struct store_problem problem;
    struct store_options options;
    struct arena arena; /* for what jobs read */
};

extern struct fixture fixture;

void fixture_setup(void);
void fixture_teardown(void);

/* Opens or closes the store; opening must work. */
void fixture_open(void);
void fixture_close(void);
/* Opening must fail; the problem is in the fixture. */
void fixture_open_fails(bool refused);

/* Runs a body as a job and waits for its result. */
typedef int (*job_body)(struct store_db *db, void *data);
int run_write(job_body body, void *data);
int run_read(job_body body, void *data);
int run_exclusive(job_body body, void *data);

/* Jobs to be submitted together. */
struct test_job {
    struct store_job job;
    job_body body;
    void *data;
    int order; /* in which it came back, from 1 */
};
void job_prepare(struct test_job *job, enum store_job_kind kind, job_body body, void *data);
void jobs_wait(int n_jobs);

/* Holds the writer within a job of its own, so that what is submitted meanwhile is the next batch.
 * Opening the gate lets that job come back as well. */
void gate_shut(void);
void gate_open(void);

struct store_state state_now(void);

/* Plain SQLite on the fixture's path, as another program has it. */
sqlite3 *raw_open(void);
void raw_exec(sqlite3 *handle, const char *sql);
int64_t raw_int(sqlite3 *handle, const char *sql);
/* The same, opened and closed again. */
void file_exec(const char *sql);
int64_t file_int(const char *sql);

/* Runs SQL in a process that ends without closing: what it committed stays in the log. */
void killed_exec(const char *sql);
/* The first integer a query gives to a process of its own. */
int64_t elsewhere_int(const char *sql);

/* The bytes of the database and of the files beside it, and when they were written. */
struct file_image {
    bool exists;
    size_t size;
    struct timespec changed;
    char *bytes;
};
enum { IMAGE_FILES = 4 };
struct database_image {
    struct file_image files[IMAGE_FILES]; /* database, -wal, -shm, -journal */
};
struct database_image image_take(void);
/* Fails the test at a difference; frees the image. */
void image_check(struct database_image *image);

/* Short cuts for one row. */
int insert_run(const char *id, const char *repo_path, const char *started_at, const char *status);
int append_typed(const char *run_id, int64_t seq, const char *type);

/* The statements of version 1, as they are written in the design. */
extern const char *const design_statements[];
extern const size_t n_design_statements;
void version_1_create(void);

int suite_run(Suite *suite);
