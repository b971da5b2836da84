/* The lines of a .ninja_log. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_log.h"

START_TEST(every_known_version_is_read)
{
    struct ninja_log log;
    char text[200];

    snprintf(text, sizeof(text), "# ninja log v%d\n1\t20\t1700000000123456789\tout\tdeadBEEF\n",
             _i);
    ck_assert_int_eq(ninja_log_read(text, strlen(text), &log), 0);
    ck_assert_uint_eq(log.n_broken, 1);
    ninja_log_clear(&log);
    snprintf(text, sizeof(text),
             "# ninja log v%d\n1\t20\t1700000000123456789\tout put\tffffffffffffffff\n", _i);
    ck_assert_int_eq(ninja_log_read(text, strlen(text), &log), 0);
    ck_assert_int_eq(log.version, _i);
    ck_assert_uint_eq(log.n_entries, 1);
    ck_assert_uint_eq(log.n_broken, 0);
    ck_assert_int_eq(log.entries[0].start, 1);
    ck_assert_int_eq(log.entries[0].end, 20);
    ck_assert_int_eq(log.entries[0].mtime, 1700000000123456789);
    ck_assert_uint_eq(log.entries[0].output_size, 7);
    ck_assert_mem_eq(log.entries[0].output, "out put", 7);
    ck_assert_uint_eq(log.entries[0].hash, UINT64_MAX);
    ninja_log_clear(&log);
}
END_TEST

START_TEST(other_versions_are_refused_by_number)
{
    static const int versions[] = {1, 4, 8, 99};
    struct ninja_log log = {.version = 0};
    char text[64];

    snprintf(text, sizeof(text), "# ninja log v%d\n", versions[_i]);
    ck_assert_int_eq(ninja_log_read(text, strlen(text), &log), NINJA_LOG_VERSION);
    ck_assert_int_eq(log.version, versions[_i]);
}
END_TEST

START_TEST(other_files_are_refused)
{
    static const char *const texts[] = {"",
                                        "\n",
                                        "# ninja log v\n",
                                        "# ninja log v5x\n",
                                        "# ninja log v-5\n",
                                        "# ninja log\n",
                                        "1\t2\t3\tout\tab\n",
                                        "# ninja log v99999999999999999999\n"};
    struct ninja_log log = {.version = 0};

    ck_assert_int_eq(ninja_log_read(texts[_i], strlen(texts[_i]), &log), NINJA_LOG_NO_LOG);
}
END_TEST

START_TEST(a_log_without_builds)
{
    static const char *const texts[] = {"# ninja log v5\n", "# ninja log v5"};
    struct ninja_log log;

    ck_assert_int_eq(ninja_log_read(texts[_i], strlen(texts[_i]), &log), 0);
    ck_assert_uint_eq(log.n_entries, 0);
    ninja_log_clear(&log);
}
END_TEST

START_TEST(lines_that_are_no_entries)
{
    static const char *const lines[] = {
        "",
        "1\t2\t3\tout",
        "1\t2\t3\tout\tab\tmore",
        "1\t2\t3\t\tab",
        "1\t2\t3\tout\t",
        "1\t2\t3\tout\txyz",
        "1\t2\t3\tout\t0123456789abcdef0",
        "-1\t2\t3\tout\tab",
        "1\t\t3\tout\tab",
        "5\t2\t3\tout\tab",
        "1\t99999999999999999999\t3\tout\tab",
        "1\t9000000000000000\t3\tout\tab",
        "1 2 3 out ab",
    };
    struct ninja_entry entry;

    ck_assert_int_eq(ninja_log_read_line(lines[_i], strlen(lines[_i]), &entry), -EINVAL);
}
END_TEST

START_TEST(a_line_being_written_is_left_out)
{
    static const char text[] = "# ninja log v6\n0\t1\t2\ta\t1\n0\t5\t2\tb\t2\n0\t7\t2\tc";
    struct ninja_log log;

    ck_assert_int_eq(ninja_log_read(text, strlen(text), &log), 0);
    ck_assert_uint_eq(log.n_entries, 2);
    ck_assert_uint_eq(log.n_broken, 0);
    ninja_log_clear(&log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja log");
    TCase *tcase = tcase_create("ninja log");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, every_known_version_is_read, 5, 8);
    tcase_add_loop_test(tcase, other_versions_are_refused_by_number, 0, 4);
    tcase_add_loop_test(tcase, other_files_are_refused, 0, 8);
    tcase_add_loop_test(tcase, a_log_without_builds, 0, 2);
    tcase_add_loop_test(tcase, lines_that_are_no_entries, 0, 13);
    tcase_add_test(tcase, a_line_being_written_is_left_out);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
