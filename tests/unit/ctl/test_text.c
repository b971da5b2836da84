/* Text, tables and times for people. */
#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "display.h"
#include "event_text.h"
#include "moment.h"
#include "text_columns.h"

static struct buffer buffer;

static void setup(void)
{
    buffer = (struct buffer)BUFFER_INIT;
    setlocale(LC_CTYPE, "C.UTF-8");
    setenv("TZ", "America/New_York", 1);
    tzset();
}

static void teardown(void)
{
    buffer_clear(&buffer);
}

static const char *text_of(void)
{
    buffer_append_char(&buffer, '\0');
    ck_assert(!buffer.failed);
    return buffer.data;
}

static const struct {
    const char *text;
    const char *escaped;
} escapes[] = {
    {"", ""},
    {"plain text, caf\xc3\xa9 \xe2\x9c\x93", "plain text, caf\xc3\xa9 \xe2\x9c\x93"},
    {"\x1b[31m", "\\x1b[31m"},
    {"a\tb\nc\rd\x07", "a\\tb\\nc\\rd\\x07"},
    {"\x7f", "\\x7f"},
    {"\xc2\x9b"
     "31m",
     "\\x9b31m"}, /* CSI as one character */
    {"\xff\xfe", "\\xff\\xfe"},
    {"\xc3", "\\xc3"},
    {"\xe2\x80\xae", "\\u202e"},
    {"\xe2\x81\xa6", "\\u2066"},
    {"\xd8\x9c", "\\u061c"},
    {"\xe2\x80\xa8", "\\u2028"},
    {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* a surrogate */
    {"\xc0\xaf", "\\xc0\\xaf"},          /* written too long */
    {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
    {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond Unicode */
    {"\xf3\xa0\x81\x81", "\\U000e0041"},          /* a tag nobody sees */
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
};

START_TEST(what_could_steer_a_terminal_is_shown)
{
    display_escape(&buffer, escapes[_i].text, strlen(escapes[_i].text));
    ck_assert_str_eq(text_of(), escapes[_i].escaped);
}
END_TEST

START_TEST(json_says_the_same_when_it_is_made_safe)
{
    static const char json[] = "{\"a\":\"\xc2\x9b\x7f\xe2\x80\xae\xf3\xa0\x81\x81\xc3\xa9\"}\n";

    display_escape_json(&buffer, json, sizeof(json) - 1);
    ck_assert_str_eq(text_of(), "{\"a\":\"\\u009b\\u007f\\u202e\\udb40\\udc41\xc3\xa9\"}\n");
}
END_TEST

START_TEST(widths_are_columns)
{
    ck_assert_uint_eq(display_width("abc", 3), 3);
    ck_assert_uint_eq(display_width("caf\xc3\xa9", 5), 4);
    ck_assert_uint_eq(display_width("\xe6\x97\xa5\xe6\x9c\xac", 6), 4);
    ck_assert_uint_eq(display_width("e\xcc\x81", 3), 1);
}
END_TEST

START_TEST(broken_text_is_repaired)
{
    display_repair(&buffer, "a\xff\0b\xc3\xa9", 6);
    ck_assert_str_eq(text_of(), "a\xef\xbf\xbd\xef\xbf\xbd"
                                "b\xc3\xa9");
}
END_TEST

/* Prints a small table into `result`. */
static void table_print(bool headings, bool colour, char *result, size_t size)
{
    static const struct column list[] = {{"NAME", false}, {"N", true}, {"LAST", false}};
    struct columns columns;
    struct output output;
    int ends[2];
    ssize_t n;

    ck_assert_int_eq(pipe(ends), 0);
    output_open(&output, ends[1]);
    columns_open(&columns, list, 3);
    columns_add(&columns, STYLE_GOOD, "\xe6\x97\xa5");
    columns_add(&columns, STYLE_PLAIN, "5");
    columns_add(&columns, STYLE_PLAIN, "x");
    columns_add(&columns, STYLE_PLAIN,
                "a\x1b"
                "b");
    columns_format(&columns, STYLE_PLAIN, "%d", 1234);
    columns_add(&columns, STYLE_PLAIN, NULL);
    ck_assert_int_eq(columns_print(&columns, headings, &output, colour), 0);
    columns_close(&columns);
    ck_assert_int_eq(output_flush(&output), 0);
    output_close(&output);
    close(ends[1]);
    n = read(ends[0], result, size - 1);
    ck_assert_int_ge(n, 0);
    result[n] = '\0';
    close(ends[0]);
}

START_TEST(tables_are_aligned)
{
    char result[512];

    table_print(true, false, result, sizeof(result));
    ck_assert_str_eq(result, "NAME       N  LAST\n"
                             "\xe6\x97\xa5         5  x\n"
                             "a\\x1bb  1234\n");
    table_print(false, true, result, sizeof(result));
    ck_assert_str_eq(result, "\x1b[32m\xe6\x97\xa5\x1b[0m         5  x\n"
                             "a\\x1bb  1234\n");
}
END_TEST

static const struct {
    int64_t microseconds;
    const char *text;
} durations[] = {
    {0, "0 ms"},
    {999, "0 ms"},
    {118000, "118 ms"},
    {999999, "999 ms"},
    {1000000, "1.00 s"},
    {59999999, "59.99 s"},
    {60000000, "1m 00s"},
    {3599000000, "59m 59s"},
    {3600000000, "1h 00m"},
    {86399000000, "23h 59m"},
    {90000000000, "1d 01h"},
    {-118000, "-118 ms"},
};

START_TEST(durations_are_short)
{
    char text[MOMENT_SIZE];

    moment_write_duration(durations[_i].microseconds, text);
    ck_assert_str_eq(text, durations[_i].text);
}
END_TEST

START_TEST(times_are_local_or_not)
{
    char text[MOMENT_SIZE];

    moment_write_text("2026-01-20T14:30:52.123456Z", true, 0, false, text);
    ck_assert_str_eq(text, "2026-01-20 14:30:52");
    moment_write_text("2026-01-20T14:30:52.123456Z", true, 3, true, text);
    ck_assert_str_eq(text, "2026-01-20 14:30:52.123 UTC");
    moment_write_text("2026-01-20T14:30:52.123456Z", false, 6, true, text);
    ck_assert_str_eq(text, "2026-01-20 09:30:52.123456 -0500");
    moment_write(-1, true, 6, false, text);
    ck_assert_str_eq(text, "1969-12-31 23:59:59.999999");
    moment_write_text("no time", true, 0, false, text);
    ck_assert_str_eq(text, "no time");
}
END_TEST

#define NOW INT64_C(1768919452000000) /* 2026-01-20T14:30:52Z, 09:30:52 in New York */

static const struct {
    const char *text;
    bool utc;
    int64_t seconds; /* from NOW; INT64_MIN: refused */
} moments[] = {
    {"now", false, 0},
    {"90s", false, -90},
    {"30m", false, -1800},
    {"2h", false, -7200},
    {"7d", false, -604800},
    {"1w", false, -604800},
    {"2026-01-20T14:30:00Z", false, -52},
    {"2026-01-20T15:30:00+01:00", false, -52},
    {"2026-01-20", true, -52252},
    {"2026-01-20", false, -34252},
    {"2026-01-20 14:30", true, -52},
    {"2026-01-20 09:30:51", false, -1},
    {"2026-01-20T14:30:51", true, -1},
    {"today", true, -52252},
    {"today", false, -34252},
    {"yesterday", true, -138652},
    {"", false, INT64_MIN},
    {"2026-02-31", true, INT64_MIN},
    {"2026-01-20 25:00", true, INT64_MIN},
    {"2026-01-20 14:30 ", true, INT64_MIN},
    {"5", false, INT64_MIN},
    {"5x", false, INT64_MIN},
    {"5mm", false, INT64_MIN},
    {"9999999999999s", false, INT64_MIN},
    {"tomorrow", false, INT64_MIN},
};

START_TEST(times_are_read_as_people_write_them)
{
    int64_t found = 0;
    bool valid = moment_read(moments[_i].text, moments[_i].utc, NOW, &found);

    ck_assert_msg(valid == (moments[_i].seconds != INT64_MIN), "%s", moments[_i].text);
    if (valid)
        ck_assert_int_eq((found - NOW) / 1000000, moments[_i].seconds);
}
END_TEST

static const struct {
    struct hd_event event;
    const char *detail;
} details[] = {
    {{.type = "a"}, ""},
    {{.type = "a", .payload = "{\"x\":1}"}, "{\"x\":1}"},
    {{.type = "a", .payload = "{\"duration_ms\":1500,\"x\":1}"}, "1.50 s"},
    {{.type = "a", .payload = "{\"x\":{\"duration_ms\":1500}}"}, "{\"x\":{\"duratio…"},
    {{.type = "a", .payload = "{\"duration_ms\":1.5}"}, "{\"duration_ms\"…"},
    {{.type = "a", .error = "\nfirst\nan error: x\n"}, "an error: x"},
    {{.type = "a", .error = "\nfirst\nsecond"}, "first"},
    {{.type = "a", .error = ""}, ""},
    {{.type = "a", .has_task = true, .task = 3, .has_pr = true, .pr = 7}, "task 3, pull request 7"},
    {{.type = "a", .has_task = true, .task = 3, .error = "e"}, "task 3: e"},
    {{.type = "a",
      .error = "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
               "\xe6\x97\xa5\xe6\x97\xa5"},
     "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5…"},
};

START_TEST(events_are_told_in_a_line)
{
    event_text_detail(&details[_i].event, 14, &buffer);
    ck_assert_str_eq(text_of(), details[_i].detail);
}
END_TEST

#define LOOP(test, table) tcase_add_loop_test(tcase, test, 0, sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("text");
    TCase *tcase = tcase_create("text");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    LOOP(what_could_steer_a_terminal_is_shown, escapes);
    tcase_add_test(tcase, json_says_the_same_when_it_is_made_safe);
    tcase_add_test(tcase, widths_are_columns);
    tcase_add_test(tcase, broken_text_is_repaired);
    tcase_add_test(tcase, tables_are_aligned);
    LOOP(durations_are_short, durations);
    tcase_add_test(tcase, times_are_local_or_not);
    LOOP(times_are_read_as_people_write_them, moments);
    LOOP(events_are_told_in_a_line, details);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
