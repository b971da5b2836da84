/* The scan at its limits, and among many keys. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "scan.h"

static int scan_nested(int depth, char open, char close, struct fault *ret_fault)
{
    struct buffer text = BUFFER_INIT;
    struct scan scan;
    int r;

    for (int i = 0; i < depth; i++) {
        buffer_append_char(&text, open);
        if (open == '{')
            buffer_append_text(&text, "\"k\":");
    }
    buffer_append_char(&text, '1');
    for (int i = 0; i < depth; i++)
        buffer_append_char(&text, close);
    r = scan_read(text.data, text.size, &limits_default, &scan, ret_fault);
    if (r == 0)
        scan_clear(&scan);
    buffer_clear(&text);
    return r;
}

START_TEST(depth_has_a_limit)
{
    struct fault fault;

    ck_assert_int_eq(scan_nested(64, '[', ']', &fault), 0);
    ck_assert_int_eq(scan_nested(64, '{', '}', &fault), 0);
    ck_assert_int_eq(scan_nested(65, '[', ']', &fault), 1);
    ck_assert_int_eq(fault.kind, FAULT_TOO_LARGE_MESSAGE);
    ck_assert_str_eq(fault.text, "depth");
    ck_assert_int_eq(fault.number, 64);
    ck_assert_int_eq(scan_nested(65, '{', '}', &fault), 1);
    ck_assert_str_eq(fault.text, "depth");
    ck_assert_int_eq(scan_nested(1000000, '[', ']', &fault), 1);
    ck_assert_str_eq(fault.text, "depth");
}
END_TEST

/* An array of `values` - 1 zeros: that many values with itself. */
static int scan_values(size_t values, struct fault *ret_fault)
{
    struct buffer text = BUFFER_INIT;
    struct scan scan;
    int r;

    buffer_append_char(&text, '[');
    for (size_t i = 1; i < values; i++)
        buffer_append_text(&text, i > 1 ? ",0" : "0");
    buffer_append_char(&text, ']');
    r = scan_read(text.data, text.size, &limits_default, &scan, ret_fault);
    if (r == 0) {
        ck_assert_uint_eq(scan.n_slots, values);
        scan_clear(&scan);
    }
    buffer_clear(&text);
    return r;
}

START_TEST(values_have_a_limit)
{
    struct fault fault;

    ck_assert_int_eq(scan_values(500000, &fault), 0);
    ck_assert_int_eq(scan_values(500001, &fault), 1);
    ck_assert_int_eq(fault.kind, FAULT_TOO_LARGE_MESSAGE);
    ck_assert_str_eq(fault.text, "values");
    ck_assert_int_eq(fault.number, 500000);
}
END_TEST

START_TEST(the_message_has_a_limit)
{
    struct limits limits = limits_default;
    struct fault fault;
    struct scan scan;

    limits.message = 5;
    ck_assert_int_eq(scan_read("[1,2]", 5, &limits, &scan, &fault), 0);
    scan_clear(&scan);
    limits.message = 4;
    ck_assert_int_eq(scan_read("[1,2]", 5, &limits, &scan, &fault), 1);
    ck_assert_int_eq(fault.kind, FAULT_TOO_LARGE_MESSAGE);
    ck_assert_str_eq(fault.text, "message");
    ck_assert_int_eq(fault.number, 4);
}
END_TEST

/* --- many keys -------------------------------------------------------------------------------- */

/* An object of `count` different keys, then `extra`. */
static int scan_keys(size_t count, const char *extra, struct fault *ret_fault)
{
    struct buffer text = BUFFER_INIT;
    struct scan scan;
    char member[64];
    int r;

    buffer_append_char(&text, '{');
    for (size_t i = 0; i < count; i++) {
        /* Inner objects with the same keys must not get in the way. */
        snprintf(member, sizeof(member), "%s\"k%zu\":{\"k0\":0,\"k1\":1}", i ? "," : "", i);
        buffer_append_text(&text, member);
    }
    buffer_append_text(&text, extra);
    buffer_append_char(&text, '}');
    r = scan_read(text.data, text.size, &limits_default, &scan, ret_fault);
    if (r == 0)
        scan_clear(&scan);
    else
        ck_assert_mem_eq(text.data + ret_fault->number, extra + 1, strlen(extra) - 1);
    buffer_clear(&text);
    return r;
}

START_TEST(finds_a_duplicate_among_any_number)
{
    static const size_t counts[] = {1, 15, 16, 17, 18, 100, 1000, 100000};
    size_t count = counts[_i];
    struct fault fault;
    char extra[64];

    ck_assert_int_eq(scan_keys(count, "", &fault), 0);
    ck_assert_int_eq(scan_keys(count, ",\"K0\":1", &fault), 0);
    snprintf(extra, sizeof(extra), ",\"k%zu\":1", count - 1);
    ck_assert_int_eq(scan_keys(count, extra, &fault), 1);
    ck_assert_str_eq(fault.text, "duplicate key");
    ck_assert_int_eq(scan_keys(count, ",\"k0\":1", &fault), 1);
    ck_assert_int_eq(scan_keys(count, ",\"\\u006B\\u0030\":1", &fault), 1);
    snprintf(extra, sizeof(extra), ",\"k%zu\":1", count / 2);
    ck_assert_int_eq(scan_keys(count, extra, &fault), 1);
}
END_TEST

START_TEST(large_objects_side_by_side)
{
    struct buffer text = BUFFER_INIT;
    struct scan scan;
    struct fault fault;
    char member[64];

    /* The same 100 keys in 50 objects, one of them inside another. */
    buffer_append_text(&text, "[{\"in\":{");
    for (int i = 0; i < 50; i++) {
        if (i > 0)
            buffer_append_text(&text, i == 1 ? "}},{" : "},{");
        for (int j = 0; j < 100; j++) {
            snprintf(member, sizeof(member), "%s\"key %d\":0", j ? "," : "", j);
            buffer_append_text(&text, member);
        }
    }
    buffer_append_text(&text, "}]");
    ck_assert_int_eq(scan_read(text.data, text.size, &limits_default, &scan, &fault), 0);
    ck_assert_uint_eq(scan.n_slots, 1 + 51 + 5000);
    scan_clear(&scan);
    buffer_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scan_limits");
    TCase *tcase = tcase_create("scan_limits");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, depth_has_a_limit);
    tcase_add_test(tcase, values_have_a_limit);
    tcase_add_test(tcase, the_message_has_a_limit);
    tcase_add_loop_test(tcase, finds_a_duplicate_among_any_number, 0, 8);
    tcase_add_test(tcase, large_objects_side_by_side);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
