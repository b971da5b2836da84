/*
 * What a user uses of the daemon, counted.
 */
#include <check.h>
#include <stdlib.h>

#include "account.h"

enum { SECOND = 1000000, START = 5 * SECOND };

static const struct quotas quotas = {.connections = 2, .calls = 3, .bytes = 1000};
static struct accounts accounts;
static struct account *account;

static void setup(void)
{
    accounts_init(&accounts);
    ck_assert_int_eq(account_open(&accounts, 7, &quotas, &account), 0);
}

static void teardown(void)
{
    accounts_clear(&accounts);
}

START_TEST(connections_of_each)
{
    struct account *same, *other;

    ck_assert_int_eq(account_open(&accounts, 7, &quotas, &same), 0);
    ck_assert_ptr_eq(same, account);
    ck_assert_int_eq(account_open(&accounts, 7, &quotas, &same), ACCOUNT_FULL);
    /* In the same bucket. */
    ck_assert_int_eq(account_open(&accounts, 7 + ACCOUNT_BUCKETS, &quotas, &other), 0);
    ck_assert_ptr_ne(other, account);
    account_close(account);
    ck_assert_int_eq(account_open(&accounts, 7, &quotas, &same), 0);
    ck_assert_int_eq(account->connections, 2);
    ck_assert_int_eq(account->users, 3);
}
END_TEST

START_TEST(calls_and_bytes)
{
    ck_assert(!account_is_over(account, &quotas));
    account_begin(account, 10);
    account_begin(account, 10);
    ck_assert(!account_is_over(account, &quotas));
    account_begin(account, 10);
    ck_assert(account_is_over(account, &quotas));
    account_end(account, 10);
    ck_assert(!account_is_over(account, &quotas));
    account_begin(account, 0);
    account_end(account, 10);
    account_begin(account, 990);
    ck_assert(account_is_over(account, &quotas));
    account_end(account, 0);
    account_end(account, 990);
    ck_assert_int_eq(account->calls, 1);
    ck_assert_int_eq(account->bytes, 10);
}
END_TEST

/* One may always be under way, be it as large as it likes. */
START_TEST(one_call_goes)
{
    account_begin(account, 5000);
    ck_assert(account_is_over(account, &quotas));
    account_end(account, 5000);
    ck_assert(!account_is_over(account, &quotas));
}
END_TEST

START_TEST(line)
{
    struct list first, second;

    list_init(&first);
    list_init(&second);
    account_wait(&accounts, account, &first);
    account_wait(&accounts, account, &second);
    ck_assert_ptr_eq(accounts.lines.next, &account->line);
    ck_assert_ptr_eq(account->line.next, &accounts.lines);
    ck_assert_ptr_eq(list_pop(&account->waiting), &first);
    ck_assert_ptr_eq(list_pop(&account->waiting), &second);
}
END_TEST

static int64_t moment(int64_t rate, int64_t events, int64_t now)
{
    int64_t at = account_events_moment(account, rate, events, now);

    account_events_take(account, rate, events, now);
    return at;
}

START_TEST(one_second_at_once)
{
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(moment(100, 10, START), START);
    /* That was a second's worth; each tenth of one now has its tenth of a second. */
    for (int i = 1; i <= 10; i++)
        ck_assert_int_eq(moment(100, 10, START), START + i * SECOND / 10);
}
END_TEST

START_TEST(time_gives_back)
{
    ck_assert_int_eq(moment(100, 100, START), START);
    ck_assert_int_eq(moment(100, 50, START + SECOND / 2), START + SECOND / 2);
    ck_assert_int_eq(moment(100, 50, START + SECOND / 2), START + SECOND);
    /* But no more than a second's worth, however long it was quiet. */
    ck_assert_int_eq(moment(100, 100, START + 100 * SECOND), START + 100 * SECOND);
    ck_assert_int_eq(moment(100, 1, START + 100 * SECOND), START + 100 * SECOND + SECOND / 100);
}
END_TEST

/* A call of more than a second's worth waits until nothing is ahead of time. */
START_TEST(more_than_a_second)
{
    ck_assert_int_eq(moment(100, 1000, START), START);
    ck_assert_int_eq(account_events_moment(account, 100, 1, START), START + 9010000);
    ck_assert_int_eq(account_events_moment(account, 100, 1000, START), START + 10 * SECOND);
    /* Asking takes nothing. */
    ck_assert_int_eq(account_events_moment(account, 100, 100, START), START + 10 * SECOND);
}
END_TEST

START_TEST(largest_numbers)
{
    ck_assert_int_eq(moment(1, 100000, START), START);
    ck_assert_int_eq(moment(1, 1, START), START + (int64_t)100000 * SECOND);
    ck_assert_int_ge(moment(1000000000, 100000, START), START);
}
END_TEST

START_TEST(forgotten_when_nothing_is_owed)
{
    struct account *again;

    account_events_take(account, 100, 200, START);
    account_close(account);
    accounts_sweep(&accounts, START + 10 * SECOND);
    ck_assert_int_eq(account_open(&accounts, 7, &quotas, &again), 0);
    ck_assert_int_eq(again->events_paid_us, START + 2 * SECOND);
    account_close(again);
    account_leave(again);
    account_leave(again);
    accounts_sweep(&accounts, START + SECOND);
    ck_assert_int_eq(account_open(&accounts, 7, &quotas, &again), 0);
    ck_assert_int_eq(again->events_paid_us, START + 2 * SECOND);
    account_close(again);
    account_leave(again);
    accounts_sweep(&accounts, START + 2 * SECOND);
    ck_assert_int_eq(account_open(&accounts, 7, &quotas, &again), 0);
    ck_assert_int_eq(again->events_paid_us, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("account");
    TCase *tests = tcase_create("account");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, connections_of_each);
    tcase_add_test(tests, calls_and_bytes);
    tcase_add_test(tests, one_call_goes);
    tcase_add_test(tests, line);
    tcase_add_test(tests, one_second_at_once);
    tcase_add_test(tests, time_gives_back);
    tcase_add_test(tests, more_than_a_second);
    tcase_add_test(tests, largest_numbers);
    tcase_add_test(tests, forgotten_when_nothing_is_owed);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
