/* The writer remembers the last numbers of runs; they are always those of the database. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runs.h"
#include "store_db.h"
#include "store_events.h"
#include "store_log.h"

/* The number the next event of the run gets without one of its own; negative: the failure. */
static int64_t next_seq(const char *run_id)
{
    struct event_new event = {.type = "t"};
    struct append_call call = {.run_id = run_id, .events = &event, .n_events = 1};
    int r = run_write(append_body, &call);

    return r == 0 ? call.appended.first_seq : r;
}

START_TEST(other_process_adds_and_deletes)
{
    for (int64_t i = 1; i <= 5; i++)
        ck_assert_int_eq(next_seq("r"), i);
    killed_exec("DELETE FROM events WHERE run_id = 'r' AND seq > 2");
    ck_assert_int_eq(next_seq("r"), 3);
    killed_exec("INSERT INTO events (run_id, seq, time, type) VALUES ('r', 40, '" NOW "', 't')");
    ck_assert_int_eq(next_seq("r"), 41);
    /* Within one process of the others, and with nothing of ours in between. */
    file_exec("DELETE FROM events WHERE run_id = 'r' AND seq >= 40");
    file_exec("INSERT INTO events (run_id, seq, time, type) VALUES ('r', 50, '" NOW "', 't')");
    ck_assert_int_eq(next_seq("r"), 51);
    killed_exec("DELETE FROM events WHERE run_id = 'r'; DELETE FROM runs WHERE id = 'r'");
    ck_assert_int_eq(next_seq("r"), STORE_RUN_NOT_FOUND);
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
    ck_assert_int_eq(next_seq("r"), 1);
}
END_TEST

static int append_then_body(struct store_db *db, void *data)
{
    int *result = data;
    struct event_new event = {.type = "t"};
    struct events_appended appended;
    int r = events_append(db, "r", &event, 1, NOW, &appended);

    return r != 0 ? r : *result;
}

/* Numbers given in a transaction that is rolled back are given again, by the jobs of the same batch
 * that run anew as by those behind it. */
START_TEST(rolled_back)
{
    int results[6] = {0, 0, STORE_BUSY, 0, STORE_SEQUENCE_CONFLICT, 0};
    struct test_job jobs[6];

    ck_assert_int_eq(next_seq("r"), 1);
    gate_shut();
    for (int i = 0; i < 6; i++) {
        job_prepare(&jobs[i], STORE_WRITE, append_then_body, &results[i]);
        store_submit(fixture.store, &jobs[i].job);
    }
    gate_open();
    jobs_wait(7);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(jobs[i].job.result, results[i]);
    ck_assert_int_eq(next_seq("r"), 6);
    ck_assert_int_eq(run_write(append_then_body, &results[2]), STORE_BUSY);
    ck_assert_int_eq(next_seq("r"), 7);
    ck_assert_int_eq(file_int("SELECT count(*) = 7 AND max(seq) = 7 FROM events"), 1);
}
END_TEST

START_TEST(commit_fails)
{
    ck_assert_int_eq(next_seq("r"), 1);
    log_fault = ENOSPC;
    log_writes_good = 0;
    ck_assert_int_eq(next_seq("r"), STORE_FULL);
    log_writes_good = -1;
    ck_assert_int_eq(next_seq("r"), 2);
}
END_TEST

static int delete_body(struct store_db *db, void *data)
{
    int rc = sqlite3_exec(db->handle, data, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : STORE_FAILED;
}

START_TEST(exclusive_job_deletes)
{
    for (int64_t i = 1; i <= 5; i++)
        ck_assert_int_eq(next_seq("r"), i);
    ck_assert_int_eq(run_exclusive(delete_body, "DELETE FROM events WHERE seq >= 3"), 0);
    ck_assert_int_eq(next_seq("r"), 3);
}
END_TEST

START_TEST(out_of_order)
{
    ck_assert_int_eq(append_typed("r", 10, "t"), 0);
    ck_assert_int_eq(append_typed("r", 5, "t"), 0);
    ck_assert_int_eq(append_typed("r", 10, "t"), 0);
    ck_assert_int_eq(append_typed("r", 10, "other"), STORE_SEQUENCE_CONFLICT);
    ck_assert_int_eq(append_typed("r", 20, "other"), 0);
    ck_assert_int_eq(append_typed("r", 7, "t"), 0);
    ck_assert_int_eq(next_seq("r"), 21);
}
END_TEST

START_TEST(highest)
{
    ck_assert_int_eq(append_typed("r", INT64_MAX - 1, "t"), 0);
    ck_assert_int_eq(next_seq("r"), INT64_MAX);
    ck_assert_int_eq(next_seq("r"), STORE_SEQUENCE_EXHAUSTED);
    ck_assert_int_eq(append_typed("r", INT64_MAX, "t"), 0);
    ck_assert_int_eq(append_typed("r", 1, "t"), 0);
    ck_assert_int_eq(next_seq("r"), STORE_SEQUENCE_EXHAUSTED);
}
END_TEST

enum { MANY = 700, ROUNDS = 3 };

static void many_name(int run, char ret_name[136])
{
    /* Some as long as ids may be, and alike in all but the end; some next to each other. */
    int length = run % 3 == 0 ? 120 : run % 3 == 1 ? 50 : 1;

    snprintf(ret_name, 136, "%0*d.%d", length, 7, run);
}

struct many {
    int round;
    int64_t wrong;
};

static int many_body(struct store_db *db, void *data)
{
    struct many *many = data;

    for (int i = 0; i < MANY; i++) {
        char name[136];
        struct run_row run = {.id = name,
                              .repo_path = "/m",
                              .started_at = NOW,
                              .status = "running",
                              .parallelism = 1};
        struct event_new event = {.type = "t"};
        struct events_appended appended;
        int r;

        many_name(i, name);
        r = many->round == 0 ? runs_insert(db, &run) : 0;
        for (int k = 0; r == 0 && k < 2; k++) {
            r = events_append(db, name, &event, 1, NOW, &appended);
            many->wrong += r == 0 && appended.first_seq != many->round * 2 + k + 1;
        }
        if (r != 0)
            return r;
    }
    return 0;
}

/* More runs than are kept. */
START_TEST(many_runs)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct many many = {.round = round};

        ck_assert_int_eq(run_write(many_body, &many), 0);
        ck_assert_int_eq(many.wrong, 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_last_seq");
    TCase *tests = tcase_create("last_seq");

    tcase_add_checked_fixture(tests, log_setup, fixture_teardown);
    tcase_add_test(tests, other_process_adds_and_deletes);
    tcase_add_test(tests, rolled_back);
    tcase_add_test(tests, commit_fails);
    tcase_add_test(tests, exclusive_job_deletes);
    tcase_add_test(tests, out_of_order);
    tcase_add_test(tests, highest);
    tcase_add_test(tests, many_runs);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
