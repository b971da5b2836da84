/* The book of attached runs: the connections that hold them. */
#include <errno.h>

#include "attach_machine.h"
#include "store_fixture.h"

enum { HELD_MS = 30000 };

static struct attach_holder holder;

START_TEST(held_by_a_connection)
{
    attach_holder_init(&holder, 1, NULL);
    run_make("a");
    claim(&holder, "a");
    is("a", "attached");
    attach_holder_close(&book, &holder);
    is("a", "detached");
}
END_TEST

/* A call that attached none after all. */
START_TEST(nothing_to_attach)
{
    attach_holder_init(&holder, 1, NULL);
    claim(&holder, NULL);
    ck_assert_uint_eq(book.n_runs, 0);
    ck_assert_int_eq(attachments_prepare(&book, &holder), 0); /* its call never comes back */
    attach_holder_close(&book, &holder);
}
END_TEST

START_TEST(a_peer_that_cannot_be_seen)
{
    attach_holder_init(&holder, 0, NULL);
    ck_assert_int_eq(attachments_prepare(&book, &holder), -EOPNOTSUPP);
    attach_holder_close(&book, &holder);
}
END_TEST

/* What it has sent before it ended may not be read yet: its runs wait for the connection's end. */
START_TEST(a_peer_that_is_gone_already)
{
    attach_holder_init(&holder, 4, NULL);
    run_left("a", 4, 0, BOOT);
    claim(&holder, "a");
    is("a", "lost");
    tick(HELD_MS);
    is("a", "lost");
    tick(1000);
    ck_assert_ptr_null(attachments_state(&book, "a"));
    attach_holder_close(&book, &holder);
}
END_TEST

/* A process that lives has its pid to itself: the one that had it before has ended. */
START_TEST(a_new_process_with_an_old_pid)
{
    struct attach_holder later;

    attach_holder_init(&holder, 1, NULL);
    run_make("a");
    claim(&holder, "a");
    machine.start[1] = 12;
    attach_holder_init(&later, 1, NULL);
    run_make("b");
    claim(&later, "b");
    is("a", "lost");
    is("b", "attached");
    attach_holder_close(&book, &holder);
    attach_holder_close(&book, &later);
    is("b", "detached");
}
END_TEST

/* The entries of a process without a start are one with any of its pid. */
START_TEST(one_process_by_two_connections)
{
    struct attach_holder second;

    attach_holder_init(&holder, 1, NULL);
    attach_holder_init(&second, 1, NULL);
    run_make("a");
    run_make("b");
    claim(&holder, "a");
    machine.start[1] = -1;
    claim(&second, "b");
    is("a", "attached");
    ck_assert_int_eq(machine.n_watches, 1);
    attach_holder_close(&book, &holder);
    attach_holder_close(&book, &second);
    is("a", "detached");
    is("b", "detached");
}
END_TEST

START_TEST(touched)
{
    struct attach_holder stranger;

    attach_holder_init(&holder, 1, NULL);
    attach_holder_init(&stranger, 2, NULL);
    attachments_touch(&book, &holder, "a"); /* no run is attached at all */
    attachments_forget(&book, "a");
    run_left("a", 1, 11, BOOT);
    run_left("gone", 4, 44, BOOT);
    load();
    attachments_touch(&book, &holder, "none");
    attachments_forget(&book, "none");
    attachments_touch(&book, &stranger, "a");
    is("a", "detached");
    attachments_touch(&book, &holder, "a");
    is("a", "attached");
    attachments_touch(&book, &holder, "a");
    is("a", "attached");
    attachments_touch(&book, &stranger, "gone");
    is("gone", "lost");
    attach_holder_close(&book, &stranger);
    is("a", "attached");
    attachments_forget(&book, "a");
    ck_assert_ptr_null(attachments_state(&book, "a"));
    attach_holder_close(&book, &holder);
}
END_TEST

/* The pid is right and the process is not. */
START_TEST(touched_by_another_process)
{
    attach_holder_init(&holder, 1, NULL);
    run_left("a", 1, 11, BOOT);
    load();
    machine.start[1] = 12;
    attachments_touch(&book, &holder, "a");
    is("a", "lost");
    attach_holder_close(&book, &holder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attach holders");
    TCase *tcase = tcase_create("attach holders");

    tcase_add_checked_fixture(tcase, machine_setup, machine_teardown);
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, held_by_a_connection);
    tcase_add_test(tcase, nothing_to_attach);
    tcase_add_test(tcase, a_peer_that_cannot_be_seen);
    tcase_add_test(tcase, a_peer_that_is_gone_already);
    tcase_add_test(tcase, a_new_process_with_an_old_pid);
    tcase_add_test(tcase, one_process_by_two_connections);
    tcase_add_test(tcase, touched);
    tcase_add_test(tcase, touched_by_another_process);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
