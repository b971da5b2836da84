/* The builds in a log: where one ends and the next begins, when they were, which lines are one
 * edge.
 */
#include "log_text.h"

START_TEST(one_build)
{
    log_begin(5);
    log_edge(FIRST, 0, 100, "a", 1);
    log_edge(FIRST, 0, 150, "b", 2);
    log_edge(FIRST, 150, 150, "c", 3);
    log_edge(FIRST, 100, 300, "d", 4);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 1);
    ck_assert_uint_eq(builds.n_jumbled, 0);
    ck_assert_uint_eq(builds.builds[0].n_units, 4);
    ck_assert_int_eq(builds.builds[0].base, FIRST);
    ck_assert_int_eq(builds.builds[0].units[3].start, 100);
    ck_assert_int_eq(builds.builds[0].units[3].end, 300);
}
END_TEST

START_TEST(an_edge_with_several_outputs_is_one_unit)
{
    log_begin(5);
    log_edge(FIRST, 0, 100, "a.h", 7);
    log_edge(FIRST, 0, 100, "a.c", 7);
    log_edge(FIRST, 0, 100, "a.y", 7);
    log_edge(FIRST, 0, 100, "other", 8);
    log_edge(FIRST, 1, 100, "third", 8);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 1);
    ck_assert_uint_eq(builds.builds[0].n_units, 3);
    unit_is(0, 0, "a.h", 3);
    unit_is(0, 1, "other", 1);
    unit_is(0, 2, "third", 1);
}
END_TEST

START_TEST(a_falling_end_starts_a_build)
{
    log_begin(5);
    log_edge(FIRST, 0, 100, "a", 1);
    log_edge(FIRST, 100, 900, "b", 2);
    log_edge(SECOND, 3, 80, "c", 3);
    log_edge(SECOND, 80, 950, "d", 2);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 2);
    unit_is(0, 1, "b", 1);
    unit_is(1, 0, "c", 1);
    unit_is(1, 1, "d", 1);
    ck_assert_int_eq(builds.builds[0].base, FIRST);
    ck_assert_int_eq(builds.builds[1].base, SECOND);
}
END_TEST

/* The first build was shorter than the second one's first edge. */
START_TEST(an_output_made_again_starts_a_build)
{
    log_begin(5);
    log_edge(FIRST, 0, 50, "a", 1);
    log_edge(FIRST, 50, 60, "b", 2);
    log_edge(SECOND, 0, 70, "a", 1);
    log_edge(SECOND, 70, 90, "b", 2);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 2);
    ck_assert_uint_eq(builds.builds[0].n_units, 2);
    ck_assert_int_eq(builds.builds[1].base, SECOND);
}
END_TEST

START_TEST(files_too_new_start_a_build)
{
    log_begin(5);
    log_edge(FIRST, 0, 50, "a", 1);
    log_edge(SECOND, 0, 70, "b", 2);
    log_edge(SECOND, 70, 90, "c", 3);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 2);
    unit_is(1, 0, "b", 1);
    ck_assert_int_eq(builds.builds[0].base, FIRST);
}
END_TEST

/* Where the files have no times, the log's own order is all there is. */
START_TEST(builds_without_times)
{
    log_begin(5);
    log_line(0, 50, 0, "a", 1);
    log_line(50, 900, 0, "b", 2);
    log_line(0, 40, 0, "c", 3);
    log_line(40, 950, 0, "d", 4);
    log_line(0, 960, 0, "c", 3);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 3);
    unit_is(1, 0, "c", 1);
    unit_is(1, 1, "d", 1);
    unit_is(2, 0, "c", 1);
}
END_TEST

/* A command that leaves its output alone (restat) has an old file; its build is the one it ran in.
 */
START_TEST(an_output_that_stayed_old)
{
    log_begin(5);
    log_edge(FIRST, 0, 50, "version.h", 1);
    log_edge(FIRST, 50, 800, "a", 2);
    log_line(0, 20, FIRST + 50000, "version.h", 1);
    log_edge(SECOND, 20, 900, "a", 2);
    log_edge(SECOND, 900, 950, "b", 3);
    log_end();
    ck_assert_uint_eq(builds.n_jumbled, 0);
    ck_assert_uint_eq(builds.n_builds, 2);
    ck_assert_uint_eq(builds.builds[1].n_units, 3);
    ck_assert_int_eq(builds.builds[1].base, SECOND);
}
END_TEST

/* Ninja 1.12 and later log when the command was started. */
START_TEST(times_of_the_start)
{
    log_begin(6);
    log_line(0, 800, FIRST, "a", 1);
    log_line(200, 900, FIRST + 200000, "b", 2);
    log_line(800, 1500, FIRST + 800000, "c", 3);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 1);
    ck_assert_int_eq(builds.builds[0].base, FIRST);
}
END_TEST

/* One edge alone leaves open which of the two its time is; the version says what is likely. */
START_TEST(one_edge_alone)
{
    log_begin(_i);
    log_line(100, 800, FIRST + (_i == 5 ? 800000 : 100000), "a", 1);
    log_end();
    ck_assert_int_eq(builds.builds[0].base, FIRST);
}
END_TEST

START_TEST(the_median_forgives_strays)
{
    char name[16];
    int64_t base;

    log_begin(5);
    for (int i = 0; i < 21; i++) {
        snprintf(name, sizeof(name), "o%d", i);
        /* Every fifth file is hours old, or from tomorrow. */
        log_line(i * 10, i * 10 + 10,
                 i % 5 ? FIRST + (i * 10 + 10) * 1000 - i % 3 * 1000
                       : FIRST + (i % 2 ? -1 : 1) * INT64_C(7200000000),
                 name, (unsigned int)i);
    }
    ck_assert_int_eq(ninja_log_read(text.data, text.size, &loaded), 0);
    ck_assert_int_eq(ninja_builds_base(loaded.entries, loaded.n_entries, 5, 0, 0, &base), 0);
    ck_assert_int_ge(base, FIRST - 3000);
    ck_assert_int_le(base, FIRST + 3000);
}
END_TEST

START_TEST(without_times_the_logs_own_counts)
{
    log_begin(5);
    log_line(0, 100, 0, "a", 1);
    log_line(100, 400, 0, "b", 2);
    log_end();
    ck_assert_int_eq(builds.builds[0].base, SECOND + 900000000 - 400000);
}
END_TEST

START_TEST(a_build_of_the_manifest_alone)
{
    log_begin(5);
    log_edge(FIRST, 0, 50, "build.ninja", 77);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 1);
    ck_assert_int_eq(builds.builds[0].base, FIRST);
}
END_TEST

START_TEST(an_empty_log_has_no_builds)
{
    log_begin(7);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 0);
}
END_TEST

/* What a later build appends changes nothing of what was told before. */
START_TEST(later_builds_leave_earlier_ones_alone)
{
    int64_t base;

    log_begin(5);
    log_edge(FIRST, 0, 100, "a", 1);
    log_edge(FIRST, 100, 233, "b", 2);
    log_end();
    base = builds.builds[0].base;
    ninja_log_clear(&loaded);
    log_edge(SECOND, 0, 90, "b", 2);
    log_edge(SECOND, 90, 95, "c", 4);
    log_end();
    ck_assert_uint_eq(builds.n_builds, 2);
    ck_assert_uint_eq(builds.builds[0].n_entries, 2);
    ck_assert_int_eq(builds.builds[0].base, base);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja builds");
    TCase *tcase = tcase_create("ninja builds");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, log_setup, log_teardown);
    tcase_add_test(tcase, one_build);
    tcase_add_test(tcase, an_edge_with_several_outputs_is_one_unit);
    tcase_add_test(tcase, a_falling_end_starts_a_build);
    tcase_add_test(tcase, an_output_made_again_starts_a_build);
    tcase_add_test(tcase, files_too_new_start_a_build);
    tcase_add_test(tcase, builds_without_times);
    tcase_add_test(tcase, an_output_that_stayed_old);
    tcase_add_test(tcase, times_of_the_start);
    tcase_add_loop_test(tcase, one_edge_alone, 5, 8);
    tcase_add_test(tcase, the_median_forgives_strays);
    tcase_add_test(tcase, without_times_the_logs_own_counts);
    tcase_add_test(tcase, a_build_of_the_manifest_alone);
    tcase_add_test(tcase, an_empty_log_has_no_builds);
    tcase_add_test(tcase, later_builds_leave_earlier_ones_alone);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
