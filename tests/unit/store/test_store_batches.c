/* Group commit: what a batch shares and what it does not. */
#include <stdlib.h>
#include <string.h>

#include "store_batch.h"

/* --- batches ------------------------------------------------------------------------------------
 */

START_TEST(one_commit)
{
    int before = syncs;

    batch_submit();
    batch_wait();
    for (int i = 0; i < BATCH; i++) {
        ck_assert_int_eq(batch.jobs[i].job.result, 0);
        ck_assert_int_eq(batch.jobs[i].order, i + 2);
        ck_assert_int_eq(batch.writes[i].runs, 1);
    }
    /* One sync for all, none for the gate, which wrote nothing. */
    ck_assert_int_eq(syncs - before, 1);
    ck_assert_int_eq(count_events(), BATCH);
    ck_assert_int_eq(state_now().events_appended, BATCH);
    ck_assert_int_eq(state_now().last_event_id, BATCH);
}
END_TEST

/* A job that failed after it wrote leaves nothing; the others are as if it had not been. */
START_TEST(one_fails)
{
    batch.writes[40].result = STORE_NO_MEMORY;
    batch.writes[60].result = STORE_OUTCOME_LAST;
    batch.writes[70].result = STORE_FAILED;
    batch_submit();
    batch_wait();
    for (int i = 0; i < BATCH; i++)
        ck_assert_int_eq(batch.jobs[i].job.result, batch.writes[i].result);
    ck_assert_int_eq(count_events(), BATCH - 3);
    ck_assert_int_eq(state_now().events_appended, BATCH - 3);
    /* Ids are given once, in order, without a gap. */
    ck_assert_int_eq(state_now().last_event_id, BATCH - 3);
    ck_assert(!state_now().failed);
    ck_assert_int_eq(state_now().job_failures, 1);
    fixture_close();
    ck_assert_int_eq(file_int("SELECT count(*) FROM events WHERE seq IN (41, 61, 71)"), 0);
    ck_assert_int_eq(file_int("SELECT max(id) FROM events"), BATCH - 3);
}
END_TEST

/* So does one that wrote before it came to its outcome. */
START_TEST(outcome_after_write)
{
    batch.writes[60].result = STORE_OUTCOME_LAST;
    batch_submit();
    batch_wait();
    for (int i = 0; i < BATCH; i++)
        ck_assert_int_eq(batch.jobs[i].job.result, batch.writes[i].result);
    ck_assert_int_eq(count_events(), BATCH - 1);
    ck_assert_int_eq(state_now().last_event_id, BATCH - 1);
}
END_TEST

/* An outcome without a write spoils nothing. */
START_TEST(outcome)
{
    int before = syncs;

    ck_assert_int_eq(append_typed("r", 50, "other"), 0);
    batch_submit();
    batch_wait();
    for (int i = 0; i < BATCH; i++) {
        ck_assert_int_eq(batch.jobs[i].job.result, i == 49 ? STORE_SEQUENCE_CONFLICT : 0);
        ck_assert_int_eq(batch.writes[i].runs, 1);
    }
    ck_assert_int_eq(syncs - before, 2);
    ck_assert_int_eq(count_events(), BATCH);
}
END_TEST

/* A batch is bounded, also by what it writes. */
START_TEST(bounded)
{
    size_t size = 1 << 20;
    char *payload = malloc(size + 1);
    int before = syncs;

    memset(payload, '1', size);
    payload[size] = '\0';
    for (int i = 0; i < BATCH; i++)
        batch.writes[i].payload = i < 20 ? payload : NULL;
    batch_submit();
    batch_wait();
    for (int i = 0; i < BATCH; i++)
        ck_assert_int_eq(batch.jobs[i].job.result, 0);
    ck_assert_int_ge(syncs - before, 3);
    ck_assert_int_eq(count_events(), BATCH);
    free(payload);
}
END_TEST

/* Closing runs what was submitted. */
START_TEST(close_finishes)
{
    batch_submit();
    gate_open();
    fixture_close();
    for (int i = 0; i < BATCH; i++)
        ck_assert_int_eq(batch.jobs[i].job.result, 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM events"), BATCH);
    /* Nothing is left beside the database but the lock's file. */
    ck_assert_int_eq(file_int("SELECT 1"), 1);
}
END_TEST

START_TEST(close_nothing)
{
    store_close(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_batches");
    TCase *tests = tcase_create("batches");

    tcase_add_checked_fixture(tests, batch_setup, fixture_teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, one_commit);
    tcase_add_test(tests, one_fails);
    tcase_add_test(tests, outcome_after_write);
    tcase_add_test(tests, outcome);
    tcase_add_test(tests, bounded);
    tcase_add_test(tests, close_finishes);
    tcase_add_test(tests, close_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
