/* The strict scan: what passes, what does not, and where it says so. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "scan.h"

/* A text with its size, so that it may hold NUL bytes. */
#define TEXT(literal) literal, sizeof(literal) - 1

/* Exact copies on the heap, so that a sanitizer sees a read behind the end. */
static int scan_exactly(const char *text, size_t size, const struct limits *limits,
                        struct scan *ret_scan, struct fault *ret_fault)
{
    char *copy = malloc(size ? size : 1);
    int r;

    memcpy(copy, text, size);
    r = scan_read(copy, size, limits, ret_scan, ret_fault);
    free(copy);
    return r;
}

static const struct {
    const char *text;
    size_t size;
    int offset;
    const char *reason;
} bad_texts[] = {
    /* ends */
    {TEXT(""), 0, "empty"},
    {TEXT("  \n"), 3, "empty"},
    {TEXT("{"), 1, "too early"},
    {TEXT("{\"a\""), 4, "too early"},
    {TEXT("{\"a\":"), 5, "too early"},
    {TEXT("{\"a\":1"), 6, "too early"},
    {TEXT("{\"a\":1,"), 7, "too early"},
    {TEXT("[1"), 2, "too early"},
    {TEXT("[1,"), 3, "too early"},
    {TEXT("\"abc"), 4, "too early"},
    {TEXT("\"abc\\"), 5, "too early"},
    {TEXT("\"abc\\u12"), 8, "too early"},
    {TEXT("\"\\ud83d\\ude"), 11, "too early"},
    {TEXT("\"\xe2\x82"), 3, "too early"},
    {TEXT("tru"), 3, "too early"},
    {TEXT("-"), 1, "too early"},
    {TEXT("1."), 2, "too early"},
    {TEXT("1e"), 2, "too early"},
    {TEXT("1e+"), 3, "too early"},
    /* grammar */
    {TEXT("{,}"), 1, "expected a key or }"},
    {TEXT("{\"a\":1,}"), 7, "expected a key"},
    {TEXT("{\"a\" 1}"), 5, "expected :"},
    {TEXT("{\"a\":1 \"b\":2}"), 7, "expected , or }"},
    {TEXT("{\"a\":1]"), 6, "expected , or }"},
    {TEXT("{a:1}"), 1, "expected a key or }"},
    {TEXT("{'a':1}"), 1, "expected a key or }"},
    {TEXT("{1:1}"), 1, "expected a key or }"},
    {TEXT("{\"a\":}"), 5, "expected a value"},
    {TEXT("[,1]"), 1, "expected a value"},
    {TEXT("[1,]"), 3, "expected a value"},
    {TEXT("[1,,2]"), 3, "expected a value"},
    {TEXT("[1 2]"), 3, "expected , or ]"},
    {TEXT("[1}"), 2, "expected , or ]"},
    {TEXT("]"), 0, "expected a value"},
    {TEXT("[]]"), 2, "text behind"},
    {TEXT("{} {}"), 3, "text behind"},
    {TEXT("{}x"), 2, "text behind"},
    {TEXT("1 2"), 2, "text behind"},
    {TEXT("// no\n{}"), 0, "expected a value"},
    {TEXT("[1/**/]"), 2, "expected , or ]"},
    {TEXT("\xef\xbb\xbf{}"), 0, "expected a value"},
    {TEXT("[\xc2\xa0]"), 1, "expected a value"},
    {TEXT("[\x0b]"), 1, "expected a value"},
    {TEXT("[\x0c]"), 1, "expected a value"},
    {TEXT("[\0]"), 1, "expected a value"},
    {TEXT("{}\0"), 2, "text behind"},
    /* words */
    {TEXT("True"), 0, "expected a value"},
    {TEXT("NaN"), 0, "expected a value"},
    {TEXT("Infinity"), 0, "expected a value"},
    {TEXT("nul]"), 3, "expected a value"},
    {TEXT("trueish"), 4, "text behind"},
    {TEXT("[falze]"), 4, "expected a value"},
    /* numbers */
    {TEXT("01"), 1, "begins with 0"},
    {TEXT("-01"), 2, "begins with 0"},
    {TEXT("[00]"), 2, "begins with 0"},
    {TEXT("+1"), 0, "expected a value"},
    {TEXT(".5"), 0, "expected a value"},
    {TEXT("-.5"), 1, "digit is missing"},
    {TEXT("[1.]"), 3, "digit is missing"},
    {TEXT("[1.e5]"), 3, "digit is missing"},
    {TEXT("[1e]"), 3, "digit is missing"},
    {TEXT("[1e+]"), 4, "digit is missing"},
    {TEXT("[--1]"), 2, "digit is missing"},
    {TEXT("0x10"), 1, "text behind"},
    {TEXT("1_000"), 1, "text behind"},
    {TEXT("[1.5.5]"), 4, "expected , or ]"},
    {TEXT("[-]"), 2, "digit is missing"},
    {TEXT("[-Infinity]"), 2, "digit is missing"},
    /* strings */
    {TEXT("\"a\nb\""), 2, "raw control byte"},
    {TEXT("\"a\tb\""), 2, "raw control byte"},
    {TEXT("\"a\0b\""), 2, "raw control byte"},
    {TEXT("\"\x1f\""), 1, "raw control byte"},
    {TEXT("\"0123456789abcdef\x01\""), 17, "raw control byte"},
    {TEXT("\"01234\x01-0123456789\""), 6, "raw control byte"},
    {TEXT("\"0123456\x1f-0123456789\""), 8, "raw control byte"},
    {TEXT("\"01234\\-0123456789\""), 6, "invalid escape"},
    {TEXT("\"01234\x80-0123456789\""), 6, "UTF-8"},
    {TEXT("\"01234\"-0123456789\""), 7, "text behind"},
    {TEXT("\"\\x41\""), 1, "invalid escape"},
    {TEXT("\"\\'\""), 1, "invalid escape"},
    {TEXT("\"\\\0\""), 1, "invalid escape"},
    {TEXT("\"ab\\u12g4\""), 3, "invalid escape"},
    {TEXT("\"\\U0041\""), 1, "invalid escape"},
    {TEXT("\"\\u 041\""), 1, "invalid escape"},
    {TEXT("\"x\\u0000\""), 2, "\\u0000"},
    {TEXT("\"\\ud800\""), 1, "lone surrogate"},
    {TEXT("\"\\udc00\""), 1, "lone surrogate"},
    {TEXT("\"\\ud800x\""), 1, "lone surrogate"},
    {TEXT("\"\\ud800\\n\""), 1, "lone surrogate"},
    {TEXT("\"\\ud800\\u0041\""), 1, "lone surrogate"},
    {TEXT("\"\\ud800\\ud800\""), 1, "lone surrogate"},
    {TEXT("\"\\udc00\\udc00\""), 1, "lone surrogate"},
    {TEXT("\"\\ud83d\\ue000\""), 1, "lone surrogate"},
    {TEXT("\"\\udbff\\udbff\""), 1, "lone surrogate"},
    {TEXT("\"\\ude00\\ud83d\""), 1, "lone surrogate"},
    /* UTF-8 */
    {TEXT("\"\x80\""), 1, "UTF-8"},
    {TEXT("\"\xbf\""), 1, "UTF-8"},
    {TEXT("\"\xc0\xaf\""), 1, "UTF-8"},
    {TEXT("\"\xc1\xbf\""), 1, "UTF-8"},
    {TEXT("\"ab\xc3(\""), 3, "UTF-8"},
    {TEXT("\"\xe0\x80\xaf\""), 1, "UTF-8"},
    {TEXT("\"\xe0\x9f\xbf\""), 1, "UTF-8"},
    {TEXT("\"\xe2\x82\""), 1, "UTF-8"},
    {TEXT("\"\xe2(\xa1\""), 1, "UTF-8"},
    {TEXT("\"\xed\xa0\x80\""), 1, "UTF-8"},
    {TEXT("\"\xed\xbf\xbf\""), 1, "UTF-8"},
    {TEXT("\"\xf0\x80\x80\xaf\""), 1, "UTF-8"},
    {TEXT("\"\xf0\x8f\xbf\xbf\""), 1, "UTF-8"},
    {TEXT("\"\xf4\x90\x80\x80\""), 1, "UTF-8"},
    {TEXT("\"\xf5\x80\x80\x80\""), 1, "UTF-8"},
    {TEXT("\"\xf8\x88\x80\x80\x80\""), 1, "UTF-8"},
    {TEXT("\"\xfe\""), 1, "UTF-8"},
    {TEXT("\"\xff\""), 1, "UTF-8"},
    {TEXT("\"0123456789\xc3\""), 11, "UTF-8"},
    {TEXT("{\"\xff\":1}"), 2, "UTF-8"},
    /* keys that come twice */
    {TEXT("{\"a\":1,\"a\":2}"), 7, "duplicate key"},
    {TEXT("{\"a\":1,\"b\":2, \"a\" :2}"), 14, "duplicate key"},
    {TEXT("{\"a\":1,\"\\u0061\":2}"), 7, "duplicate key"},
    {TEXT("{\"\\u0061\":1,\"a\":2}"), 12, "duplicate key"},
    {TEXT("{\"\\/\":1,\"/\":2}"), 8, "duplicate key"},
    {TEXT("{\"\\u00e9\":1,\"\xc3\xa9\":2}"), 12, "duplicate key"},
    {TEXT("{\"\\ud83d\\ude00\":1,\"\xf0\x9f\x98\x80\":2}"), 18, "duplicate key"},
    {TEXT("{\"\":1,\"\":2}"), 6, "duplicate key"},
    {TEXT("[{\"a\":{\"b\":1,\"b\":2}}]"), 13, "duplicate key"},
    {TEXT("{\"a\":{\"b\":1},\"a\":2}"), 13, "duplicate key"},
    /* the first of two faults */
    {TEXT("{\"a\":1,\"a\":01}"), 7, "duplicate key"},
    {TEXT("[01,\"\xff\"]"), 2, "begins with 0"},
};

START_TEST(refuses_with_offset)
{
    struct fault fault;
    struct scan scan;
    int r = scan_exactly(bad_texts[_i].text, bad_texts[_i].size, &limits_default, &scan, &fault);

    ck_assert_int_eq(r, 1);
    ck_assert_int_eq(fault.kind, FAULT_MALFORMED);
    ck_assert_msg(strstr(fault.text, bad_texts[_i].reason), "%s: \"%s\", not \"%s\"",
                  bad_texts[_i].text, fault.text, bad_texts[_i].reason);
    ck_assert_msg(fault.number == bad_texts[_i].offset, "%s: offset %d, not %d", bad_texts[_i].text,
                  (int)fault.number, bad_texts[_i].offset);
}
END_TEST

static const struct {
    const char *text;
    size_t size;
} good_texts[] = {
    {TEXT("{}")},
    {TEXT("[]")},
    {TEXT(" \t\r\n[ \t\r\n] \t\r\n")},
    {TEXT("0")},
    {TEXT("-0")},
    {TEXT("1e400")},
    {TEXT("-1.50E-07")},
    {TEXT("0.0e+0")},
    {TEXT("123456789012345678901234567890")},
    {TEXT("true")},
    {TEXT("false")},
    {TEXT("null")},
    {TEXT("\"\"")},
    {TEXT("\"\x7f\"")},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\\uD83D\\uDE00\\uabcd\\uFFFF\"")},
    {TEXT("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"")},
    {TEXT("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"")},
    {TEXT("{\"a\":{\"a\":{\"a\":1}},\"A\":1,\"a \":2}")},
    {TEXT("[{\"a\":1},{\"a\":2}]")},
    {TEXT("{\"a\":{\"b\":1},\"b\":{\"a\":1}}")},
    {TEXT("[[[[]]],[{}],[\"a\",\"a\"]]")},
};

START_TEST(accepts)
{
    struct fault fault = {0};
    struct scan scan;
    int r = scan_exactly(good_texts[_i].text, good_texts[_i].size, &limits_default, &scan, &fault);

    ck_assert_msg(r == 0, "%s: %s at %d", good_texts[_i].text, fault.text, (int)fault.number);
    ck_assert_uint_le(scan.slots[0].end, good_texts[_i].size);
    scan_clear(&scan);
}
END_TEST

/* Every good text cut short at any byte is refused at its end, or is still good (numbers). */
START_TEST(refuses_every_prefix)
{
    const char text[] =
        "{\"k\\u00e9\xc3\xa9\":[-1.5e+3,true,{\"\\ud83d\\ude00\":null}],\"z\":\"\"}";

    for (size_t size = 1; size < sizeof(text) - 1; size++) {
        struct fault fault;
        struct scan scan;

        ck_assert_int_eq(scan_exactly(text, size, &limits_default, &scan, &fault), 1);
        ck_assert_int_eq(fault.number, (int)size);
    }
}
END_TEST

START_TEST(notes_every_value)
{
    const char text[] = " {\"a\": [1,{\"b\":22},\"x\"],\"c\":{}} ";
    struct scan scan;
    struct fault fault;

    ck_assert_int_eq(scan_read(text, strlen(text), &limits_default, &scan, &fault), 0);
    ck_assert_uint_eq(scan.n_slots, 7);
    ck_assert_uint_eq(scan.spaces, 3);
    for (uint32_t i = 0; i < scan.n_slots; i++) {
        static const char *const values[] = {
            "{\"a\": [1,{\"b\":22},\"x\"],\"c\":{}}",
            "[1,{\"b\":22},\"x\"]",
            "1",
            "{\"b\":22}",
            "22",
            "\"x\"",
            "{}",
        };
        static const char *const keys[] = {NULL, "\"a\"", NULL, NULL, "\"b\"", NULL, "\"c\""};
        static const uint32_t nexts[] = {7, 6, 3, 5, 5, 6, 7};
        const struct scan_slot *slot = &scan.slots[i];

        ck_assert_uint_eq(slot->end - slot->start, strlen(values[i]));
        ck_assert_mem_eq(text + slot->start, values[i], strlen(values[i]));
        ck_assert_uint_eq(slot->next, nexts[i]);
        if (keys[i])
            ck_assert_mem_eq(text + slot->key, keys[i], strlen(keys[i]));
        else
            ck_assert_uint_eq(slot->key, SCAN_NO_KEY);
    }
    scan_clear(&scan);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan");
    TCase *tcase = tcase_create("scan");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, refuses_with_offset, 0, sizeof(bad_texts) / sizeof(bad_texts[0]));
    tcase_add_loop_test(tcase, accepts, 0, sizeof(good_texts) / sizeof(good_texts[0]));
    tcase_add_test(tcase, refuses_every_prefix);
    tcase_add_test(tcase, notes_every_value);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
