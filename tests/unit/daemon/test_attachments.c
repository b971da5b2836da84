/*
 * The book of attached runs: what is found of what an earlier daemon left, and how lost runs are
 * stopped.
 */
#include <stdio.h>
#include <string.h>

#include "attach_machine.h"
#include "store_fixture.h"

/* --- what an earlier daemon left ----------------------------------------------------------------
 */

START_TEST(who_is_found_again)
{
    machine.start[3] = -1; /* /proc hides when it started */
    run_left("same", 1, 11, BOOT);
    run_left("too", 1, 11, BOOT);
    run_left("another", 2, 21, BOOT);
    run_left("booted", 2, 22, OTHER_BOOT);
    run_left("hidden", 3, 33, BOOT);
    run_left("unknown", 2, 0, BOOT);
    run_left("ended", 4, 44, BOOT);
    load();
    is("same", "detached");
    is("too", "detached");
    is("another", "lost");
    is("booted", "lost");
    is("hidden", "detached");
    is("unknown", "detached");
    is("ended", "lost");
    ck_assert_int_eq(machine.n_watches, 3); /* each process once */
}
END_TEST

START_TEST(rows_that_are_not_ours)
{
    char id[200];

    memset(id, 'i', sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    run_left(id, 1, 11, BOOT);
    run_left("nobody", 0, 11, BOOT);
    run_left("negative", -1, 11, BOOT);
    run_left("large", INT64_C(1) << 32 | 1, 11, BOOT);
    run_left("good", 1, 11, BOOT);
    load();
    is("good", "detached");
    ck_assert_uint_eq(book.n_runs, 1);
}
END_TEST

START_TEST(many_are_left)
{
    for (int i = 0; i < 100; i++) {
        char id[16];

        snprintf(id, sizeof(id), "r%d", i);
        run_left(id, 1, 11, BOOT);
    }
    load();
    is("r0", "detached");
    is("r99", "detached");
    ck_assert_uint_eq(book.n_runs, 100);
    ck_assert_int_eq(machine.n_watches, 1);
}
END_TEST

/* --- lost runs ----------------------------------------------------------------------------------
 */

START_TEST(stopped_after_the_grace)
{
    run_left("a", 4, 44, BOOT);
    run_left("b", 1, 11, BOOT);
    load();
    tick(999);
    is("a", "lost");
    ck_assert(runs_status("a", "running"));
    tick(1);
    ck_assert_ptr_null(attachments_state(&book, "a"));
    ck_assert_str_eq(machine.stopped, " a");
    ck_assert(runs_status("a", "stopped"));
    ck_assert(runs_status("b", "running"));
    ck_assert_int_eq(file_int("SELECT count(*) FROM events WHERE type = 'run.stopped' AND payload ="
                              " '{\"reason\":\"orchestrator_lost\"}'"),
                     1);
    ck_assert_int_eq(file_int("SELECT count(*) FROM attachments WHERE run_id = 'a'"), 0);
}
END_TEST

/* The last number is taken: the run is stopped without an event. */
START_TEST(stopped_without_a_number_left)
{
    run_left("a", 4, 44, BOOT);
    ck_assert_int_eq(append_typed("a", INT64_MAX, "x"), 0);
    load();
    tick(1000);
    ck_assert_str_eq(machine.stopped, " a");
    ck_assert(runs_status("a", "stopped"));
    ck_assert_int_eq(file_int("SELECT count(*) FROM events"), 1);
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs WHERE completed_at IS NOT NULL"), 1);
}
END_TEST

/* Between the decision and its transaction another was written: each of them saves the run. */
static const char *const meanwhile[] = {
    "UPDATE attachments SET pid = 1 WHERE run_id = 'a'",
    "UPDATE attachments SET start_ticks = 45 WHERE run_id = 'a'",
    "UPDATE attachments SET boot_id = '" OTHER_BOOT "' WHERE run_id = 'a'",
    "DELETE FROM attachments WHERE run_id = 'a'",
};

START_TEST(claimed_in_the_last_moment)
{
    run_left("a", 4, 44, BOOT);
    load();
    machine.now += 1000;
    attachments_tick(&book, 1000);
    file_exec(meanwhile[_i]); /* the job is not with the store yet */
    settle();
    ck_assert(runs_status("a", "running"));
    ck_assert_str_eq(machine.stopped, "");
    ck_assert_int_eq(file_int("SELECT count(*) FROM events"), 0);
}
END_TEST

START_TEST(completed_in_the_last_moment)
{
    run_left("a", 4, 44, BOOT);
    load();
    machine.now += 1000;
    attachments_tick(&book, 1000);
    file_exec("UPDATE runs SET status = 'completed' WHERE id = 'a'");
    settle();
    ck_assert(runs_status("a", "completed"));
    ck_assert_str_eq(machine.stopped, "");
}
END_TEST

/* A job that failed is tried again: the run stays in the book. */
START_TEST(a_stop_that_fails)
{
    run_left("a", 4, 44, BOOT);
    load();
    file_exec("CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no'); END");
    tick(1000);
    is("a", "lost");
    ck_assert(runs_status("a", "running"));
    file_exec("DROP TRIGGER no");
    tick(1000);
    ck_assert_ptr_null(attachments_state(&book, "a"));
    ck_assert(runs_status("a", "stopped"));
}
END_TEST

/* The book is closed while a job for a run is not yet with the store. */
START_TEST(closed_with_a_stop_under_way)
{
    run_left("a", 4, 44, BOOT);
    load();
    machine.now += 1000;
    attachments_tick(&book, 1000);
    ck_assert_uint_eq(book.n_stops, 1);
    list_init(&writes);
    attachments_clear(&book);
    ck_assert(runs_status("a", "running"));
    book_open();
}
END_TEST

/* --- processes that can't be watched ------------------------------------------------------------
 */

START_TEST(without_pidfds)
{
    machine.pidfds = false;
    run_left("a", 1, 11, BOOT);
    run_left("b", 2, 22, BOOT);
    load();
    tick(1000);
    is("a", "detached");
    machine.start[1] = 0;
    machine.start[2] = 23; /* another process */
    tick(1000);
    is("a", "lost");
    is("b", "lost");
    tick(1000);
    ck_assert_str_eq(machine.stopped, " a b");
}
END_TEST

/* Asked at each tick, it is watched as soon as there is room. */
START_TEST(watched_later)
{
    machine.watches = false;
    run_left("a", 1, 11, BOOT);
    load();
    tick(0);
    ck_assert_int_eq(machine.n_watches, 0);
    machine.watches = true;
    tick(0);
    tick(0);
    ck_assert_int_eq(machine.n_watches, 1);
    is("a", "detached");
}
END_TEST

START_TEST(another_has_the_pid_of_one_unwatched)
{
    machine.watches = false;
    run_left("a", 1, 11, BOOT);
    load();
    machine.watches = true;
    machine.start[1] = 12;
    tick(0);
    is("a", "lost");
    ck_assert_int_eq(machine.n_watches, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attachments");
    TCase *tcase = tcase_create("attachments");

    tcase_add_checked_fixture(tcase, machine_setup, machine_teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, who_is_found_again);
    tcase_add_test(tcase, rows_that_are_not_ours);
    tcase_add_test(tcase, many_are_left);
    tcase_add_test(tcase, stopped_after_the_grace);
    tcase_add_test(tcase, stopped_without_a_number_left);
    tcase_add_loop_test(tcase, claimed_in_the_last_moment, 0,
                        sizeof(meanwhile) / sizeof(meanwhile[0]));
    tcase_add_test(tcase, completed_in_the_last_moment);
    tcase_add_test(tcase, a_stop_that_fails);
    tcase_add_test(tcase, closed_with_a_stop_under_way);
    tcase_add_test(tcase, without_pidfds);
    tcase_add_test(tcase, watched_later);
    tcase_add_test(tcase, another_has_the_pid_of_one_unwatched);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
