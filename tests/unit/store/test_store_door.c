/* The log starts anew in spite of readers, and neither they nor the writer wait for long. */
#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <unistd.h>

#include "store_batch.h"
#include "store_db.h"

enum {
    LOG_PAGES = 20,
    PAYLOAD = 20000,
    PAGES_A_WRITE = 6, /* of the log, at least */
    CHAIN_PATIENCE = 20,
    WAITING = 5,
    MOST_WRITES = 300,
};

static char payload[PAYLOAD + 1];

static void door_setup(void)
{
    fixture_setup();
    fixture.options.checkpoint_pages = LOG_PAGES;
    fixture.options.journal_bytes = 0;
    fixture_open();
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
    memset(payload, '1', PAYLOAD);
}

static void write_once(int64_t seq)
{
    struct write write = {.seq = seq, .payload = payload};

    ck_assert_int_eq(run_write(write_body, &write), 0);
}

static int64_t log_pages(void)
{
    int64_t database;
    int64_t wal;

    store_sizes(fixture.store, &database, &wal);
    return wal / 4096;
}

/* --- readers without a gap ----------------------------------------------------------------------
 */

static atomic_int submitted;
static atomic_int entered;

/* Reads, and stays inside until the next one has come; for a while longer until it is in too. */
static int chain_body(struct store_db *db, void *data)
{
    int mine = atomic_fetch_add(&entered, 1) + 1;
    int64_t count;
    int r = count_body(db, &count);

    (void)data;
    while (atomic_load(&submitted) == mine)
        usleep(1000);
    for (int i = 0; i < CHAIN_PATIENCE && atomic_load(&entered) == mine; i++)
        usleep(1000);
    return r;
}

/* Each write has a read on either side, and there is always one under way or waiting. */
static void log_keeps_short(enum store_job_kind kind, int n_writes)
{
    struct test_job reads[MOST_WRITES];
    struct test_job writes[MOST_WRITES];
    struct write bodies[MOST_WRITES];

    for (int i = 0; i < n_writes; i++) {
        job_prepare(&reads[i], kind, chain_body, NULL);
        store_submit(fixture.store, &reads[i].job);
        atomic_fetch_add(&submitted, 1);
        bodies[i] = (struct write){.seq = i + 1, .payload = payload};
        job_prepare(&writes[i], STORE_WRITE, write_body, &bodies[i]);
        store_submit(fixture.store, &writes[i].job);
        jobs_wait(i == 0 ? 1 : 2);
    }
    atomic_fetch_add(&submitted, 1);
    jobs_wait(1);
    for (int i = 0; i < n_writes; i++) {
        ck_assert_int_eq(reads[i].job.result, 0);
        ck_assert_int_eq(writes[i].job.result, 0);
    }
    ck_assert_int_lt(log_pages(), n_writes * PAGES_A_WRITE / 2);
}

START_TEST(log_bounded)
{
    log_keeps_short(STORE_READ, MOST_WRITES);
}
END_TEST

START_TEST(log_bounded_by_long_reads)
{
    log_keeps_short(STORE_LONG_READ, MOST_WRITES / 3);
}
END_TEST

/* --- one that stays -----------------------------------------------------------------------------
 */

static sem_t inside;
static sem_t leave;

static int staying_body(struct store_db *db, void *data)
{
    int64_t count;
    int r = count_body(db, &count);

    (void)data;
    sem_post(&inside);
    while (sem_wait(&leave) < 0)
        ck_assert_int_eq(errno, EINTR);
    return r;
}

static void staying_submit(struct test_job *job, enum store_job_kind kind)
{
    sem_init(&inside, 0, 0);
    sem_init(&leave, 0, 0);
    job_prepare(job, kind, staying_body, NULL);
    store_submit(fixture.store, &job->job);
    while (sem_wait(&inside) < 0)
        ck_assert_int_eq(errno, EINTR);
}

/* Writes go on while it is inside, and so do reads, when they have waited for a while. */
START_TEST(nobody_stays_outside)
{
    const enum store_job_kind kinds[] = {STORE_READ, STORE_LONG_READ};
    struct test_job staying;

    staying_submit(&staying, kinds[_i]);
    for (int i = 1; i <= 3 * LOG_PAGES / PAGES_A_WRITE; i++)
        write_once(i);
    ck_assert_int_ge(log_pages(), 2 * LOG_PAGES);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(count_events(), 3 * LOG_PAGES / PAGES_A_WRITE);
    ck_assert_int_eq(staying.job.result, 12345);
    sem_post(&leave);
    jobs_wait(1);
    ck_assert_int_eq(staying.job.result, 0);
}
END_TEST

static int aside_body(struct store_db *db, void *data)
{
    (void)data;
    ck_assert(sqlite3_get_autocommit(db->handle));
    sem_post(&inside);
    while (sem_wait(&leave) < 0)
        ck_assert_int_eq(errno, EINTR);
    return 0;
}

/* Who reads no rows may take long: the log starts anew beside it, readers or not. */
START_TEST(aside_is_not_inside)
{
    struct test_job aside;

    sem_init(&inside, 0, 0);
    sem_init(&leave, 0, 0);
    job_prepare(&aside, STORE_LONG_READ, aside_body, NULL);
    aside.job.aside = true;
    store_submit(fixture.store, &aside.job);
    while (sem_wait(&inside) < 0)
        ck_assert_int_eq(errno, EINTR);
    log_keeps_short(STORE_READ, MOST_WRITES);
    ck_assert_int_eq(aside.job.result, 12345);
    sem_post(&leave);
    jobs_wait(1);
    ck_assert_int_eq(aside.job.result, 0);
}
END_TEST

/* A store without writes opens the door by itself: readers wait for a writer that sleeps. */
START_TEST(idle_writer_opens)
{
    struct test_job staying;
    struct test_job waiting[WAITING];
    int64_t counts[WAITING];

    staying_submit(&staying, STORE_READ);
    for (int i = 1; i <= 3 * LOG_PAGES / PAGES_A_WRITE; i++)
        write_once(i);
    for (int i = 0; i < WAITING; i++) {
        job_prepare(&waiting[i], STORE_READ, count_body, &counts[i]);
        store_submit(fixture.store, &waiting[i].job);
    }
    usleep(50000); /* the writer has gone to sleep by now */
    sem_post(&leave);
    jobs_wait(1 + WAITING);
    for (int i = 0; i < WAITING; i++)
        ck_assert_int_eq(counts[i], 3 * LOG_PAGES / PAGES_A_WRITE);
    /* All of the log was moved: the next write is over its start, and the rest is cut off. */
    write_once(100);
    ck_assert_int_lt(log_pages(), LOG_PAGES);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_door");
    TCase *tests = tcase_create("door");

    tcase_add_checked_fixture(tests, door_setup, fixture_teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, log_bounded);
    tcase_add_test(tests, log_bounded_by_long_reads);
    tcase_add_test(tests, aside_is_not_inside);
    tcase_add_loop_test(tests, nobody_stays_outside, 0, 2);
    tcase_add_test(tests, idle_writer_opens);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
