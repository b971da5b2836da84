#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "slack.h"

enum { MIB = 1 << 20, PIECES = 64 << 10, PIECE = 1000 };

/* What was there before anything grew is not looked for. */
START_TEST(first_look)
{
    struct slack slack = {0};

    ck_assert(!slack_judge(&slack, 100 * MIB, 10 * MIB));
    ck_assert(!slack_judge(&slack, 100 * MIB, 10 * MIB));
}
END_TEST

START_TEST(what_is_used_may_grow)
{
    struct slack slack = {0};

    ck_assert(!slack_judge(&slack, 10 * MIB, 1 * MIB));
    ck_assert(!slack_judge(&slack, 110 * MIB, 101 * MIB));
}
END_TEST

START_TEST(what_is_not_used_is_given_back)
{
    struct slack slack = {0};

    ck_assert(!slack_judge(&slack, 10 * MIB, 1 * MIB));
    ck_assert(!slack_judge(&slack, 110 * MIB, 101 * MIB));
    ck_assert(slack_judge(&slack, 110 * MIB, 50 * MIB));
}
END_TEST

/* Gaps that closed are slack when they open again. */
START_TEST(least_counts)
{
    struct slack slack = {.known = true, .left = 50 * MIB};

    ck_assert(!slack_judge(&slack, 60 * MIB, 50 * MIB));
    ck_assert(slack_judge(&slack, 60 * MIB, 40 * MIB));
}
END_TEST

static char *volatile pieces[PIECES];

/* The allocator keeps what lies below a piece that stays. */
START_TEST(it_is_given_back)
{
    struct slack slack = {0};

    slack_look(&slack);
    for (int i = 0; i < PIECES; i++) {
        pieces[i] = malloc(PIECE);
        memset(pieces[i], i, PIECE);
    }
    for (int i = 0; i < PIECES - 1; i++)
        free(pieces[i]);
    slack_look(&slack);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    ck_assert_int_lt(slack.left, 16 * MIB);
#endif
    free(pieces[PIECES - 1]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slack");
    TCase *test_case = tcase_create("slack");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, test_case);
    tcase_add_test(test_case, first_look);
    tcase_add_test(test_case, what_is_used_may_grow);
    tcase_add_test(test_case, what_is_not_used_is_given_back);
    tcase_add_test(test_case, least_counts);
    tcase_add_test(test_case, it_is_given_back);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
