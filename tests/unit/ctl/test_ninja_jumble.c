/* Logs that were rewritten in no order. */
#include "log_text.h"

static const int jumbled_order[] = {5, 0, 7, 3, 8, 1, 6, 2, 9, 4};

/* Ten edges of two builds, in no order, as after `ninja -t recompact`. */
static void log_jumbled(bool times)
{
    char name[16];

    for (size_t i = 0; i < 10; i++) {
        int edge = jumbled_order[i];
        int64_t base = edge % 2 ? FIRST : SECOND - 50000000;

        snprintf(name, sizeof(name), "old%d", edge);
        log_line(edge * 100, edge * 100 + 100, times ? base + edge * 100000 + 100000 : 0, name,
                 (unsigned int)edge + 50);
    }
}

/* Of what was rewritten, the newest build is whole. */
START_TEST(the_newest_build_of_a_rewritten_log_is_told)
{
    static const char *const names[] = {"old0", "old2", "old4", "old6", "old8"};

    log_begin(5);
    log_jumbled(true);
    log_end();
    ck_assert_uint_eq(builds.n_jumbled, 10);
    ck_assert_uint_eq(builds.n_left_out, 5);
    ck_assert_uint_eq(builds.n_builds, 1);
    ck_assert_uint_eq(builds.builds[0].n_units, 5);
    for (size_t i = 0; i < 5; i++)
        unit_is(0, i, names[i], 1);
    ck_assert_int_eq(builds.builds[0].base, SECOND - 50000000);
}
END_TEST

START_TEST(a_rewritten_log_without_times_tells_nothing)
{
    log_begin(5);
    log_jumbled(false);
    log_end();
    ck_assert_uint_eq(builds.n_jumbled, 10);
    ck_assert_uint_eq(builds.n_left_out, 10);
    ck_assert_uint_eq(builds.n_builds, 0);
}
END_TEST

START_TEST(builds_after_a_rewritten_log_are_told)
{
    log_begin(5);
    log_jumbled(true);
    log_edge(SECOND, 2, 1200, "old3", 53);
    log_edge(SECOND, 1200, 1300, "new", 70);
    log_edge(SECOND + 5000000, 2, 700, "old4", 54);
    log_end();
    ck_assert_uint_eq(builds.n_jumbled, 10);
    ck_assert_uint_eq(builds.n_builds, 3);
    unit_is(0, 0, "old0", 1);
    unit_is(1, 0, "old3", 1);
    unit_is(1, 1, "new", 1);
    unit_is(2, 0, "old4", 1);
    ck_assert_int_eq(builds.builds[1].base, SECOND);
}
END_TEST

/* Lines of one edge lie apart; a command without a file belongs to the newest build; a file from
 * tomorrow belongs to none. */
START_TEST(outputs_in_a_rewritten_log_find_together)
{
    log_begin(5);
    log_line(0, 400, FIRST + 399000, "/abs/gen.h", 7);
    log_edge(FIRST, 400, 600, "b", 2);
    log_edge(FIRST, 0, 100, "a", 1);
    log_line(600, 650, 0, "stamp", 9);
    log_line(100, 120, SECOND + 950000000, "tomorrow", 8);
    log_line(0, 400, FIRST + 399000, "gen.h", 7);
    log_line(0, 400, FIRST + 398000, "gen.c", 7);
    log_edge(FIRST, 50, 60, "c", 3);
    log_end();
    ck_assert_uint_eq(builds.n_jumbled, 8);
    ck_assert_uint_eq(builds.n_builds, 1);
    ck_assert_uint_eq(builds.n_left_out, 2);
    ck_assert_uint_eq(builds.builds[0].n_units, 4);
    unit_is(0, 0, "c", 1);
    unit_is(0, 1, "a", 1);
    unit_is(0, 2, "gen.c", 3);
    unit_is(0, 3, "b", 1);
}
END_TEST

/* CMake sets the time of build.ninja in the log anew each time: that is no build. */
START_TEST(the_manifest_does_not_count)
{
    log_begin(5);
    log_jumbled(true);
    log_line(0, 50, SECOND + 70000000, "build.ninja", 77);
    log_line(0, 50, SECOND + 70000000, "sub/install.cmake", 77);
    log_edge(SECOND + 71000000, 1, 40, "old9", 59);
    log_end();
    ck_assert_uint_eq(builds.n_jumbled, 12);
    ck_assert_uint_eq(builds.n_builds, 2);
    unit_is(0, 0, "old0", 1);
    ck_assert_uint_eq(builds.builds[0].n_units, 5);
    unit_is(1, 0, "old9", 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja jumble");
    TCase *tcase = tcase_create("ninja jumble");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, log_setup, log_teardown);
    tcase_add_test(tcase, the_newest_build_of_a_rewritten_log_is_told);
    tcase_add_test(tcase, a_rewritten_log_without_times_tells_nothing);
    tcase_add_test(tcase, builds_after_a_rewritten_log_are_told);
    tcase_add_test(tcase, outputs_in_a_rewritten_log_find_together);
    tcase_add_test(tcase, the_manifest_does_not_count);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
