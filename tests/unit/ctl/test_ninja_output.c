/* Failures in what Ninja prints. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_output.h"

enum { FAILURES_MOST = 4 };

struct kept {
    char outputs[128];
    char command[128];
    char error[65536];
    int64_t code;
    int64_t before;
};

static struct ninja_output output;
static struct kept kept[FAILURES_MOST];
static size_t n_kept;

static int keep(void *userdata, const struct ninja_failure *failure)
{
    struct kept *slot = &kept[n_kept++];

    ck_assert_ptr_null(userdata);
    ck_assert_uint_le(n_kept, FAILURES_MOST);
    ck_assert_uint_eq(failure->outputs_size, strlen(failure->outputs));
    snprintf(slot->outputs, sizeof(slot->outputs), "%s", failure->outputs);
    snprintf(slot->command, sizeof(slot->command), "%s", failure->command);
    snprintf(slot->error, sizeof(slot->error), "%s", failure->error);
    slot->code = failure->code;
    slot->before = failure->before;
    return 0;
}

static void setup(void)
{
    n_kept = 0;
    ninja_output_open(&output, keep, NULL);
}

static void teardown(void)
{
    ninja_output_close(&output);
}

/* Feeds all at once, or a byte at a time. */
static void feed(const char *text, bool slowly)
{
    size_t size = strlen(text);
    size_t step = slowly ? 1 : size;

    for (size_t i = 0; i < size; i += step)
        ck_assert_int_eq(ninja_output_feed(&output, text + i, step), 0);
    ck_assert_int_eq(ninja_output_end(&output), 0);
}

START_TEST(as_ninja_1_11_prints_it)
{
    feed("[1/5] cc -c a.c -o a.o\n"
         "[2/5] cc -c b.c -o b.o\n"
         "FAILED: b.o \n"
         "cc -c b.c -o b.o\n"
         "b.c:1: error: no\n"
         "\n"
         "  1 | x\n"
         "[3/5] cc -c c.c -o c.o\n"
         "FAILED: c.o c.d \n"
         "cc -c c.c -o c.o\n"
         "[4/5] cc -c d.c -o d.o\n"
         "warning: d.c is odd\n"
         "ninja: build stopped: cannot make progress due to previous errors.\n",
         _i);
    ck_assert_uint_eq(n_kept, 2);
    ck_assert_str_eq(kept[0].outputs, "b.o");
    ck_assert_str_eq(kept[0].command, "cc -c b.c -o b.o");
    ck_assert_str_eq(kept[0].error, "b.c:1: error: no\n\n  1 | x");
    ck_assert_int_eq(kept[0].code, -1);
    ck_assert_int_eq(kept[0].before, 1);
    ck_assert_str_eq(kept[1].outputs, "c.o c.d");
    ck_assert_str_eq(kept[1].error, "");
    ck_assert_int_eq(kept[1].before, 1);
    ck_assert_int_eq(output.finished, 4);
    ck_assert_int_eq(output.total, 5);
    ck_assert_int_eq(output.failed, 2);
}
END_TEST

START_TEST(as_newer_ninja_prints_it)
{
    feed("[1/2] LINK tool\n"
         "FAILED: [code=2] tool tool.map \n"
         "ld -o tool\n"
         "ld: no\n"
         "ninja: build stopped: subcommand failed.\n",
         _i);
    ck_assert_uint_eq(n_kept, 1);
    ck_assert_str_eq(kept[0].outputs, "tool tool.map");
    ck_assert_str_eq(kept[0].command, "ld -o tool");
    ck_assert_str_eq(kept[0].error, "ld: no");
    ck_assert_int_eq(kept[0].code, 2);
    ck_assert_int_eq(kept[0].before, 0);
}
END_TEST

START_TEST(a_status_that_says_more)
{
    feed("[ 9/12 0.2 5.0  75%] Building a\nFAILED: a\nmake a\nbroken [3/4] inside\n"
         "[10/12 0.3 5.0  80%] Building b\n",
         _i);
    ck_assert_uint_eq(n_kept, 1);
    ck_assert_str_eq(kept[0].error, "broken [3/4] inside");
    ck_assert_int_eq(kept[0].before, 8);
}
END_TEST

/* As `script` catches it: written over itself, in colours, with a line end of two bytes. */
START_TEST(as_a_terminal_shows_it)
{
    feed("\r[0/2] CC a.o\x1b[K\r[1/2] CC a.o\x1b[K\r\n"
         "\x1b[31mFAILED: \x1b[0ma.o \r\n"
         "cc a.c\r\n"
         "\x1b[01;31merror:\x1b[0m no\r\n",
         _i);
    ck_assert_uint_eq(n_kept, 1);
    ck_assert_str_eq(kept[0].outputs, "a.o");
    ck_assert_str_eq(kept[0].command, "cc a.c");
    ck_assert_str_eq(kept[0].error, "error: no");
}
END_TEST

START_TEST(output_without_failures)
{
    feed("[1/1] echo FAILED: no\nsaid FAILED: in the middle\n[code] FAILED: x\n", _i);
    ck_assert_uint_eq(n_kept, 0);
    ck_assert_int_eq(output.finished, 1);
}
END_TEST

START_TEST(an_end_without_a_line_feed)
{
    feed("[1/1] x\nFAILED: x\nrun x\nlast words", _i);
    ck_assert_uint_eq(n_kept, 1);
    ck_assert_str_eq(kept[0].error, "last words");
}
END_TEST

START_TEST(an_end_right_after_the_name)
{
    feed("FAILED: x", _i);
    ck_assert_uint_eq(n_kept, 1);
    ck_assert_str_eq(kept[0].outputs, "x");
    ck_assert_str_eq(kept[0].command, "");
    ck_assert_int_eq(kept[0].before, 0);
}
END_TEST

START_TEST(bytes_that_are_no_text)
{
    feed("FAILED: a\nrun\n\xff\xfe caf\xc3\xa9\n", _i);
    ck_assert_uint_eq(n_kept, 1);
    ck_assert_str_eq(kept[0].error, "\xef\xbf\xbd\xef\xbf\xbd caf\xc3\xa9");
}
END_TEST

START_TEST(a_long_text_is_cut)
{
    static char line[1001];

    memset(line, 'x', 999);
    line[999] = '\n';
    ck_assert_int_eq(ninja_output_feed(&output, "FAILED: a\nrun\n", 14), 0);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(ninja_output_feed(&output, line, 1000), 0);
    ck_assert_uint_le(output.error.size, 50 * 1024);
    ck_assert_int_eq(ninja_output_end(&output), 0);
    ck_assert_uint_eq(n_kept, 1);
    ck_assert_uint_gt(strlen(kept[0].error), 40 * 1024);
    ck_assert_ptr_nonnull(strstr(kept[0].error, "… (cut)"));
}
END_TEST

START_TEST(an_endless_line_takes_bounded_memory)
{
    static char block[65536];

    memset(block, 'y', sizeof(block));
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(ninja_output_feed(&output, block, sizeof(block)), 0);
    ck_assert_uint_le(output.line.capacity, 1024 * 1024);
}
END_TEST

static int stop(void *userdata, const struct ninja_failure *failure)
{
    (void)userdata;
    (void)failure;
    return -5;
}

START_TEST(the_callback_stops_it)
{
    output.callback = stop;
    ck_assert_int_eq(ninja_output_feed(&output, "FAILED: a\nrun\n[1/2] x\n", 23), -5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja output");
    TCase *tcase = tcase_create("ninja output");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, as_ninja_1_11_prints_it, 0, 2);
    tcase_add_loop_test(tcase, as_newer_ninja_prints_it, 0, 2);
    tcase_add_loop_test(tcase, a_status_that_says_more, 0, 2);
    tcase_add_loop_test(tcase, as_a_terminal_shows_it, 0, 2);
    tcase_add_loop_test(tcase, output_without_failures, 0, 2);
    tcase_add_loop_test(tcase, an_end_without_a_line_feed, 0, 2);
    tcase_add_loop_test(tcase, an_end_right_after_the_name, 0, 2);
    tcase_add_loop_test(tcase, bytes_that_are_no_text, 0, 2);
    tcase_add_test(tcase, a_long_text_is_cut);
    tcase_add_test(tcase, an_endless_line_takes_bounded_memory);
    tcase_add_test(tcase, the_callback_stops_it);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
