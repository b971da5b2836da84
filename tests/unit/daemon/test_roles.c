/*
 * Who may call what, and how often the log hears of a refusal.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "denials.h"
#include "op.h"

START_TEST(every_method_has_a_role)
{
    ck_assert_uint_gt(n_op_entries, 0);
    for (size_t i = 0; i < n_op_entries; i++) {
        const struct method_description *method = op_entries[i].method;
        enum role role = ROLE_ANYBODY;

        ck_assert_msg(role_of_method(method->name, &role), "%s has no row in the table of roles",
                      method->name);
        ck_assert_msg(strcmp(method->interface, "dev.historyd.admin") != 0 ||
                          role == ROLE_ADMINISTER,
                      "%s is not for administrators only", method->name);
    }
}
END_TEST

START_TEST(what_writes_needs_more_than_reading)
{
    for (size_t i = 0; i < n_op_entries; i++) {
        enum op_kind kind = op_entries[i].op->kind;
        enum role role = ROLE_ANYBODY;

        role_of_method(op_entries[i].method->name, &role);
        ck_assert_msg((kind != OP_WRITE && kind != OP_EXCLUSIVE && kind != OP_LATE) ||
                          role >= ROLE_RECORD,
                      "%s", op_entries[i].method->name);
    }
}
END_TEST

START_TEST(strangers_do_not_administer)
{
    const struct op_entry *entry = op_find("dev.historyd.admin.Checkpoint");
    enum role needed = ROLE_ANYBODY;

    ck_assert(op_allowed(entry, ROLES_ALL, &needed));
    ck_assert_int_eq(needed, ROLE_ANYBODY);
    ck_assert(!op_allowed(entry, ROLE_BIT(ROLE_RECORD), &needed));
    ck_assert_int_eq(needed, ROLE_ADMINISTER);
    ck_assert(
        op_allowed(op_find("dev.historyd.history.AppendEvents"), ROLE_BIT(ROLE_RECORD), &needed));
}
END_TEST

START_TEST(once_a_minute)
{
    struct denials denials = {0};
    int64_t silent = -1;

    ck_assert(denials_note(&denials, 1, ROLE_ADMINISTER, 5, &silent));
    ck_assert_int_eq(silent, 0);
    ck_assert(!denials_note(&denials, 1, ROLE_ADMINISTER, 6, &silent));
    ck_assert(!denials_note(&denials, 1, ROLE_ADMINISTER, 5 + DENIALS_MS - 1, &silent));
    ck_assert(denials_note(&denials, 2, ROLE_ADMINISTER, 7, &silent));
    ck_assert_int_eq(silent, 0);
    ck_assert(denials_note(&denials, 1, ROLE_RECORD, 7, &silent));
    ck_assert(denials_note(&denials, 1, ROLE_ADMINISTER, 5 + DENIALS_MS, &silent));
    ck_assert_int_eq(silent, 2);
}
END_TEST

/* More peers than places: the oldest goes, the newest stay known. */
START_TEST(many_peers)
{
    struct denials denials = {0};
    int64_t silent;

    for (uid_t uid = 0; uid <= DENIALS_PEERS; uid++)
        ck_assert(denials_note(&denials, uid, ROLE_READ, (int64_t)uid, &silent));
    ck_assert(!denials_note(&denials, DENIALS_PEERS, ROLE_READ, 100, &silent));
    ck_assert(!denials_note(&denials, 1, ROLE_READ, 100, &silent));
    ck_assert(denials_note(&denials, 0, ROLE_READ, 100, &silent));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("roles");
    TCase *tests = tcase_create("roles");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, every_method_has_a_role);
    tcase_add_test(tests, what_writes_needs_more_than_reading);
    tcase_add_test(tests, strangers_do_not_administer);
    tcase_add_test(tests, once_a_minute);
    tcase_add_test(tests, many_peers);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
