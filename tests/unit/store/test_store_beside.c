/* The store beside others: operators, readers, checkpoints, checks. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_batch.h"
#include "store_db.h"

/* --- others -------------------------------------------------------------------------------------
 */

/* Another process's transaction is waited for. */
START_TEST(waits_for_operator)
{
    sqlite3 *other = raw_open();
    struct write write = {.seq = 1};
    struct test_job job;

    raw_exec(other, "BEGIN IMMEDIATE; UPDATE runs SET error = 'seen'");
    job_prepare(&job, STORE_WRITE, write_body, &write);
    store_submit(fixture.store, &job.job);
    raw_exec(other, "COMMIT");
    jobs_wait(1);
    ck_assert_int_eq(job.job.result, 0);
    sqlite3_close(other);
}
END_TEST

/* But not for ever, and less when the store is about to close. */
START_TEST(operator_stays)
{
    sqlite3 *other = raw_open();
    struct test_job jobs[3];
    struct write writes[3] = {{.seq = 1}, {.seq = 2}, {.seq = 3}};

    raw_exec(other, "BEGIN IMMEDIATE");
    for (int i = 0; i < 3; i++) {
        job_prepare(&jobs[i], STORE_WRITE, write_body, &writes[i]);
        store_submit(fixture.store, &jobs[i].job);
    }
    store_hurry(fixture.store);
    jobs_wait(3);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(jobs[i].job.result, STORE_BUSY);
        ck_assert_int_eq(writes[i].runs, 0);
    }
    ck_assert(!state_now().failed);
    raw_exec(other, "COMMIT");
    sqlite3_close(other);
    ck_assert_int_eq(append_typed("r", 1, "t"), 0);
}
END_TEST

struct checkpoint_call {
    int64_t wal_pages;
    int64_t checkpointed;
};

static int checkpoint_body(struct store_db *db, void *data)
{
    struct checkpoint_call *call = data;

    return store_checkpoint(db, &call->wal_pages, &call->checkpointed);
}

START_TEST(checkpoint)
{
    struct checkpoint_call call = {-1, -1};
    sqlite3 *other;
    int64_t database;
    int64_t wal;

    batch_submit();
    batch_wait();
    store_sizes(fixture.store, &database, &wal);
    ck_assert_int_gt(wal, 4096);
    ck_assert_int_eq(run_exclusive(checkpoint_body, &call), 0);
    ck_assert_int_gt(call.wal_pages, 0);
    ck_assert_int_eq(call.checkpointed, call.wal_pages);
    store_sizes(fixture.store, &database, &wal);
    ck_assert_int_eq(wal, 0);
    ck_assert_int_gt(database, 4096);
    /* A reader elsewhere keeps the log, not the pages before it. */
    other = raw_open();
    raw_exec(other, "BEGIN");
    ck_assert_int_eq(raw_int(other, "SELECT count(*) FROM events"), BATCH);
    ck_assert_int_eq(append_typed("r", 5000, "t"), 0);
    ck_assert_int_eq(run_exclusive(checkpoint_body, &call), 0);
    ck_assert_int_gt(call.wal_pages, call.checkpointed);
    sqlite3_close(other);
}
END_TEST

/* A step large enough for a checkpoint. */
static int large_step_body(struct store_db *db, void *data)
{
    (void)data;
    return sqlite3_exec(db->handle,
                        "BEGIN IMMEDIATE; WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1"
                        " FROM n WHERE i < 2000) INSERT INTO events (run_id, seq, time, type,"
                        " payload) SELECT 'r', i, 't', 'x', printf('%.*c', 900, 'x') FROM n;"
                        "COMMIT",
                        NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : STORE_FAILED;
}

static int checkpoints_body(struct store_db *db, void *data)
{
    *(int64_t *)data = histogram_count(&db->figures.exclusive_checkpoints);
    return 0;
}

/* What waits for a step does not also wait for the checkpoint behind it. */
START_TEST(batch_before_checkpoint)
{
    struct test_job jobs[2];
    int64_t before = -1;
    int64_t after = -1;
    struct list list;

    list_init(&list);
    job_prepare(&jobs[0], STORE_EXCLUSIVE, large_step_body, NULL);
    job_prepare(&jobs[1], STORE_WRITE, checkpoints_body, &before);
    list_push(&list, &jobs[0].job.node);
    list_push(&list, &jobs[1].job.node);
    store_submit_all(fixture.store, &list);
    jobs_wait(2);
    ck_assert_int_eq(jobs[0].job.result, 0);
    ck_assert_int_eq(before, 0);
    ck_assert_int_eq(run_write(checkpoints_body, &after), 0);
    ck_assert_int_eq(after, 1);
    ck_assert_int_gt(counter_read(&store_figures(fixture.store)->exclusive_longest), 0);
}
END_TEST

/* Closing any descriptor of the database in this process drops SQLite's locks: then another program
 * that comes and goes takes itself for the last one and removes the log. */
START_TEST(log_outlives_guests)
{
    struct checkpoint_call call = {-1, -1};
    struct stat before;
    struct stat now;
    int64_t database;
    int64_t wal;
    char name[256];

    snprintf(name, sizeof(name), "%s-wal", fixture.path);
    batch_submit();
    batch_wait();
    ck_assert_int_eq(stat(name, &before), 0);
    ck_assert_ptr_null(store_lost_file(fixture.store));
    store_sizes(fixture.store, &database, &wal);
    ck_assert_int_eq(elsewhere_int("SELECT count(*) FROM events"), BATCH);
    ck_assert_int_eq(stat(name, &now), 0);
    ck_assert_int_eq(run_exclusive(checkpoint_body, &call), 0);
    ck_assert_int_eq(elsewhere_int("SELECT count(*) FROM events"), BATCH);
    ck_assert_int_eq(stat(name, &now), 0);
    ck_assert_uint_eq(now.st_ino, before.st_ino);
}
END_TEST

/* A read sees every write that came back before it was submitted. */
START_TEST(read_your_writes)
{
    for (int i = 1; i <= 100; i++) {
        ck_assert_int_eq(append_typed("r", 0, "t"), 0);
        ck_assert_int_eq(count_events(), i);
    }
}
END_TEST

struct integrity_call {
    bool quick;
    int (*graph_problem)(void *data, const struct graph_row *row, char *ret_text, size_t size);
    const char *const *problems;
    size_t n_problems;
};

static int integrity_body(struct store_db *db, void *data)
{
    struct integrity_call *call = data;
    const struct integrity_scope scope = {.quick = call->quick,
                                          .graph_problem = call->graph_problem};

    return store_check_integrity(db, &scope, &fixture.arena, &call->problems, &call->n_problems);
}

START_TEST(integrity)
{
    struct integrity_call call = {.quick = _i};

    batch_submit();
    batch_wait();
    ck_assert_int_eq(run_read(integrity_body, &call), 0);
    ck_assert_uint_eq(call.n_problems, 0);
    /* An orphan in a table of version 1 is one, in the daemon's own it is not. */
    file_exec("INSERT INTO run_changes VALUES ('gone', 1000, 1);"
              "INSERT INTO graphs VALUES ('gone', '[]', '[]', '[]')");
    ck_assert_int_eq(run_read(integrity_body, &call), 0);
    ck_assert_uint_eq(call.n_problems, 1);
    ck_assert_msg(strstr(call.problems[0], "graphs"), "%s", call.problems[0]);
}
END_TEST

/* A store that closes does not wait for a long check. */
START_TEST(integrity_cut_short)
{
    struct integrity_call call = {.quick = false};
    struct test_job job;

    file_exec("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
              " INSERT INTO events (run_id, seq, time, type) SELECT 'r', i, 't', 'x' FROM n");
    store_hurry(fixture.store);
    job_prepare(&job, STORE_LONG_READ, integrity_body, &call);
    store_submit(fixture.store, &job.job);
    jobs_wait(1);
    ck_assert_int_eq(job.job.result, STORE_BUSY);
}
END_TEST

static int graph_hurries(void *data, const struct graph_row *row, char *ret_text, size_t size)
{
    static int looked_at;

    (void)data;
    (void)row;
    snprintf(ret_text, size, "is looked at");
    ck_assert_int_eq(++looked_at, 1);
    store_hurry(fixture.store);
    return 1;
}

/* Nor for many graphs. */
START_TEST(graphs_cut_short)
{
    struct integrity_call call = {.graph_problem = graph_hurries};

    file_exec("INSERT INTO runs (id, repo_path, started_at) VALUES ('s', '/r', 't');"
              "INSERT INTO graphs VALUES ('r', '[]', '[]', '[]'), ('s', '[]', '[]', '[]')");
    ck_assert_int_eq(run_read(integrity_body, &call), STORE_BUSY);
}
END_TEST

/* Leaves of tables and indexes from the middle of the file: of events that are neither the oldest
 * nor the newest, which no start reads. */
static void leaves_spoil(void)
{
    char page[4096];
    struct stat status;
    int spoilt = 0;
    int fd = open(fixture.path, O_RDWR);

    ck_assert_int_eq(fstat(fd, &status), 0);
    for (off_t at = status.st_size / 8192 * 4096; at < status.st_size * 3 / 4; at += 4096) {
        ck_assert_int_eq(pread(fd, page, sizeof(page), at), sizeof(page));
        if (page[0] != 10 && page[0] != 13) /* a leaf of an index, of a table */
            continue;
        memset(page, 0x5a, sizeof(page));
        ck_assert_int_eq(pwrite(fd, page, sizeof(page), at), sizeof(page));
        spoilt++;
    }
    close(fd);
    ck_assert_int_gt(spoilt, 10);
}

static int list_body(struct store_db *db, void *data)
{
    const struct event_filter all = {.run_id = "r"};
    int64_t count;

    (void)data;
    return events_count(db, &all, &count);
}

static void history_spoil(void)
{
    file_exec(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO events (run_id, seq, time, type) SELECT 'r', i + 1000, 't', 'x' FROM n");
    fixture_close();
    leaves_spoil();
    fixture_open();
}

/* Damage is what a check looks for: it is told, and nothing ends. */
START_TEST(integrity_of_damage)
{
    struct integrity_call call = {.quick = _i};

    history_spoil();
    ck_assert_int_eq(run_read(integrity_body, &call), 0);
    ck_assert_uint_gt(call.n_problems, 1);
    ck_assert_uint_le(call.n_problems, 100);
    for (size_t i = 0; i < call.n_problems; i++)
        ck_assert_ptr_null(strchr(call.problems[i], '\n'));
    ck_assert(!state_now().failed);
}
END_TEST

/* Damage found by a reader ends the store. */
START_TEST(damage)
{
    history_spoil();
    ck_assert_int_eq(run_read(list_body, NULL), STORE_FAILED);
    ck_assert(state_now().failed);
    ck_assert_int_eq(append_typed("r", 1, "t"), STORE_FAILED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_beside");
    TCase *tests = tcase_create("beside");

    tcase_add_checked_fixture(tests, batch_setup, fixture_teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, waits_for_operator);
    tcase_add_test(tests, operator_stays);
    tcase_add_test(tests, checkpoint);
    tcase_add_test(tests, batch_before_checkpoint);
    tcase_add_test(tests, log_outlives_guests);
    tcase_add_test(tests, read_your_writes);
    tcase_add_loop_test(tests, integrity, 0, 2);
    tcase_add_test(tests, integrity_cut_short);
    tcase_add_test(tests, graphs_cut_short);
    tcase_add_loop_test(tests, integrity_of_damage, 0, 2);
    tcase_add_test(tests, damage);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
