/* The envelope of calls and replies, and frames. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"
#include "message.h"
#include "tables.h"

static const struct {
    const char *text;
    int offset; /* -1: it is a call */
    const char *reason;
} calls[] = {
    {"{\"method\":\"a.B\"}", -1, NULL},
    {"{\"method\":\"a.B\",\"parameters\":{}}", -1, NULL},
    {"{\"method\":\"a.B\",\"parameters\":null}", -1, NULL},
    {" { \"parameters\" : { \"x\" : 1 } , \"method\" : \"a.B\" } ", -1, NULL},
    {"{\"method\":\"\"}", -1, NULL},
    {"{\"method\":\"no dot\"}", -1, NULL},
    {"{\"method\":\"a.B\",\"more\":true}", -1, NULL},
    {"{\"method\":\"a.B\",\"oneway\":true}", -1, NULL},
    {"{\"method\":\"a.B\",\"upgrade\":true}", -1, NULL},
    {"{\"method\":\"a.B\",\"more\":false,\"oneway\":false,\"upgrade\":false}", -1, NULL},
    {"{\"method\":\"a.B\",\"more\":true,\"oneway\":false}", -1, NULL},
    {"{\"\\u006dethod\":\"a.B\"}", -1, NULL},
    {"", 0, "empty"},
    {"   ", 3, "empty"},
    {"[]", 0, "not an object"},
    {" \"x\"", 1, "not an object"},
    {"null", 0, "not an object"},
    {"{}", 1, "no `method`"},
    {"{\"parameters\":{}} ", 16, "no `method`"},
    {"{\"method\":null}", 10, "`method` is not a string"},
    {"{\"method\":1}", 10, "`method` is not a string"},
    {"{\"method\": [\"a\"]}", 11, "`method` is not a string"},
    {"{\"method\":\"a.B\",\"parameters\":[]}", 29, "`parameters` is not an object"},
    {"{\"method\":\"a.B\",\"parameters\":\"{}\"}", 29, "`parameters` is not an object"},
    {"{\"method\":\"a.B\",\"parameters\":false}", 29, "`parameters` is not an object"},
    {"{\"method\":\"a.B\",\"parameters\":0}", 29, "`parameters` is not an object"},
    {"{\"method\":\"a.B\",\"more\":null}", 23, "`more` is not a boolean"},
    {"{\"method\":\"a.B\",\"more\":1}", 23, "`more` is not a boolean"},
    {"{\"method\":\"a.B\",\"more\":\"true\"}", 23, "`more` is not a boolean"},
    {"{\"method\":\"a.B\",\"oneway\":0}", 25, "`oneway` is not a boolean"},
    {"{\"method\":\"a.B\",\"oneway\":null}", 25, "`oneway` is not a boolean"},
    {"{\"method\":\"a.B\",\"upgrade\":{}}", 26, "`upgrade` is not a boolean"},
    {"{\"method\":\"a.B\",\"oneway\":true,\"more\":true}", 30, "`oneway` with `more`"},
    {"{\"more\":true,\"method\":\"a.B\",\"oneway\":true}", 28, "`oneway` with `more`"},
    {"{\"method\":\"a.B\",\"flags\":1}", 16, "unknown header key"},
    {"{\"Method\":\"a.B\"}", 1, "unknown header key"},
    {"{\"method\":\"a.B\",\"error\":\"x\"}", 16, "unknown header key"},
    {"{\"method\":\"a.B\",\"continues\":true}", 16, "unknown header key"},
    {"{\"method\":\"a.B\",\"\":1}", 16, "unknown header key"},
    {"{\"method\":\"a.B\",\"method\":\"a.B\"}", 16, "duplicate key"},
    {"{\"method\":\"a.B\"}x", 16, "text behind"},
    /* the first in the order of the message */
    {"{\"bogus\":1,\"method\":1}", 1, "unknown header key"},
    {"{\"method\":1,\"bogus\":1}", 10, "`method` is not a string"},
    {"{\"oneway\":true,\"more\":true,\"bogus\":1}", 15, "`oneway` with `more`"},
    {"{\"oneway\":true,\"bogus\":1,\"more\":true}", 15, "unknown header key"},
};

START_TEST(reads_calls)
{
    struct message message;
    struct fault fault = {0};
    int r = message_read_call(calls[_i].text, strlen(calls[_i].text), &limits_default, &message,
                              &fault);

    if (calls[_i].offset < 0) {
        ck_assert_msg(r == 0, "%s: %s", calls[_i].text, fault.text);
        message_clear(&message);
        return;
    }
    ck_assert_int_eq(r, 1);
    ck_assert_int_eq(fault.kind, FAULT_MALFORMED);
    ck_assert_msg(strstr(fault.text, calls[_i].reason), "%s: %s", calls[_i].text, fault.text);
    ck_assert_msg(fault.number == calls[_i].offset, "%s: offset %d", calls[_i].text,
                  (int)fault.number);
}
END_TEST

START_TEST(reads_the_header_of_a_call)
{
    const char text[] = "{\"method\":\"a.b.C\\u0044\",\"more\":true,\"upgrade\":true,"
                        "\"parameters\":{\"x\":1}}";
    struct message message;
    struct fault fault;

    ck_assert_int_eq(message_read_call(text, strlen(text), &limits_default, &message, &fault), 0);
    ck_assert_str_eq(message.method, "a.b.CD");
    ck_assert(message.more && message.upgrade && !message.oneway);
    ck_assert_uint_eq(json_count(message.parameters), 1);
    message_clear(&message);
    message_clear(&message);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
    bool continues;
    bool parameters;
    int offset;
} replies[] = {
    {"{}", NULL, false, false, -1},
    {"{\"parameters\":{}}", NULL, false, true, -1},
    {"{\"parameters\":null,\"error\":null}", NULL, false, false, -1},
    {"{\"parameters\":{},\"continues\":true}", NULL, true, true, -1},
    {"{\"error\":\"a.B\",\"parameters\":{\"x\":1}}", "a.B", false, true, -1},
    {"{\"parameters\":{},\"extension\":[1,2],\"method\":3}", NULL, false, true, -1},
    {"{\"error\":1}", NULL, false, false, 9},
    {"{\"parameters\":[]}", NULL, false, false, 14},
    {"{\"continues\":1}", NULL, false, false, 13},
    {"[]", NULL, false, false, 0},
};

START_TEST(reads_replies)
{
    struct message message;
    struct fault fault;
    int r = message_read_reply(replies[_i].text, strlen(replies[_i].text), &limits_reply, &message,
                               &fault);

    if (replies[_i].offset >= 0) {
        ck_assert_int_eq(r, 1);
        ck_assert_int_eq(fault.number, replies[_i].offset);
        return;
    }
    ck_assert_int_eq(r, 0);
    ck_assert_pstr_eq(message.error, replies[_i].error);
    ck_assert(message.continues == replies[_i].continues);
    ck_assert((message.parameters.node != NULL) == replies[_i].parameters);
    message_clear(&message);
}
END_TEST

/* --- writing ---------------------------------------------------------------------------------- */

static void expect_written(struct buffer *buffer, const char *expected)
{
    ck_assert(!buffer->failed);
    ck_assert_str_eq(buffer->data, expected);
    ck_assert_uint_eq(buffer->size, strlen(expected) + 1);
    buffer_clear(buffer);
}

START_TEST(writes_calls)
{
    struct hd_get_run_params params = {.run_id = "r\"1"};
    struct buffer buffer = BUFFER_INIT;

    message_write_call(&buffer, "a.B", (struct message_flags){0}, &hd_get_run_params_table,
                       &params);
    expect_written(&buffer, "{\"method\":\"a.B\",\"parameters\":{\"run_id\":\"r\\\"1\"}}");
    message_write_call(&buffer, "a.B", (struct message_flags){.more = true}, &hd_empty_table, NULL);
    expect_written(&buffer, "{\"method\":\"a.B\",\"more\":true,\"parameters\":{}}");
    message_write_call_text(&buffer, "a.B", (struct message_flags){.oneway = true},
                            "{\"x\":1e400}");
    expect_written(&buffer, "{\"method\":\"a.B\",\"oneway\":true,\"parameters\":{\"x\":1e400}}");
    message_write_call_text(&buffer, "a.B", (struct message_flags){0}, NULL);
    expect_written(&buffer, "{\"method\":\"a.B\",\"parameters\":{}}");
}
END_TEST

START_TEST(writes_replies)
{
    struct hd_append_events_result result = {1, 2, 2, 0};
    struct hd_run_not_found_error error = {"r1"};
    struct buffer buffer = BUFFER_INIT;

    message_write_reply(&buffer, false, &hd_append_events_result_table, &result);
    expect_written(
        &buffer,
        "{\"parameters\":{\"first_seq\":1,\"last_seq\":2,\"inserted\":2,\"duplicates\":0}}");
    message_write_reply(&buffer, true, &hd_empty_table, NULL);
    expect_written(&buffer, "{\"parameters\":{},\"continues\":true}");
    message_write_error(&buffer, "a.E", &hd_run_not_found_error_table, &error);
    expect_written(&buffer, "{\"error\":\"a.E\",\"parameters\":{\"run_id\":\"r1\"}}");
    message_write_error(&buffer, "a.E", &hd_empty_table, NULL);
    expect_written(&buffer, "{\"error\":\"a.E\",\"parameters\":{}}");
}
END_TEST

START_TEST(what_is_written_is_read)
{
    struct hd_get_run_params params = {.run_id = "r1"};
    struct buffer buffer = BUFFER_INIT;
    struct message message;
    struct fault fault;

    message_write_call(&buffer, hd_get_run_method.name, (struct message_flags){.more = true},
                       hd_get_run_method.parameters, &params);
    ck_assert_int_eq(
        message_read_call(buffer.data, buffer.size - 1, &limits_default, &message, &fault), 0);
    ck_assert_ptr_eq(method_find(message.method), &hd_get_run_method);
    ck_assert(message.more);
    message_clear(&message);
    buffer_clear(&buffer);
}
END_TEST

/* --- frames ----------------------------------------------------------------------------------- */

/* Three messages, one of them empty, arriving in two pieces, cut at every byte. */
START_TEST(finds_frames_at_every_split)
{
    static const char stream[] = "{\"a\":1}\0\0{\"b\":2}";
    static const char *const expected[] = {"{\"a\":1}", "", "{\"b\":2}"};

    for (size_t split = 0; split <= sizeof(stream); split++) {
        struct buffer buffer = BUFFER_INIT;
        size_t found = 0;
        size_t size;

        for (int piece = 0; piece < 2; piece++) {
            if (piece == 0)
                buffer_append(&buffer, stream, split);
            else
                buffer_append(&buffer, stream + split, sizeof(stream) - split);
            while (frame_find(buffer.data, buffer.size, &size)) {
                ck_assert_uint_eq(size, strlen(expected[found]));
                ck_assert_mem_eq(buffer.data, expected[found], size);
                buffer_consume(&buffer, size + 1);
                found++;
            }
        }
        ck_assert_uint_eq(found, 3);
        ck_assert_uint_eq(buffer.size, 0);
        buffer_clear(&buffer);
    }
}
END_TEST

START_TEST(half_a_frame_is_none)
{
    size_t size = 42;

    ck_assert(!frame_find(NULL, 0, &size));
    ck_assert(!frame_find("{}", 2, &size));
    ck_assert_uint_eq(size, 42);
}
END_TEST

/* --- what the .varlink files say -------------------------------------------------------------- */

START_TEST(finds_methods_errors_and_interfaces)
{
    int before = 0;

    ck_assert_uint_eq(n_interface_descriptions, 3);
    for (size_t i = 0; i < n_interface_descriptions; i++)
        ck_assert_ptr_eq(interface_find(interface_descriptions[i].name),
                         &interface_descriptions[i]);
    for (size_t i = 0; i < n_method_descriptions; i++) {
        const struct method_description *method = method_descriptions[i];
        size_t size = strlen(method->interface);

        ck_assert_ptr_eq(method_find(method->name), method);
        ck_assert_ptr_nonnull(interface_find(method->interface));
        ck_assert_mem_eq(method->name, method->interface, size);
        ck_assert_int_eq(method->name[size], '.');
        ck_assert(method->streams == (method == &hd_watch_method));
    }
    for (size_t i = 0; i < n_error_descriptions; i++) {
        const struct error_description *error = &error_descriptions[i];

        ck_assert_ptr_eq(error_find(error->name), error);
        ck_assert_ptr_eq(error_describe(error->code), error);
        ck_assert_uint_gt(strlen(error->summary), 10);
        ck_assert_int_gt((int)error->code, before);
        before = (int)error->code;
    }
    ck_assert_ptr_null(interface_find("dev.historyd"));
    ck_assert_ptr_null(method_find("dev.historyd.history.ping"));
    ck_assert_ptr_null(error_find("RunNotFound"));
    ck_assert_ptr_null(error_describe(HD_OK));
    ck_assert_ptr_null(error_describe(HD_UNKNOWN_ERROR));
}
END_TEST

START_TEST(error_numbers_never_change)
{
    ck_assert_int_eq(HD_OK, 0);
    ck_assert_int_eq(HD_RUN_NOT_FOUND, 1);
    ck_assert_int_eq(HD_GRAPH_NOT_FOUND, 2);
    ck_assert_int_eq(HD_RUN_CONFLICT, 3);
    ck_assert_int_eq(HD_SEQUENCE_CONFLICT, 4);
    ck_assert_int_eq(HD_INVALID_TRANSITION, 5);
    ck_assert_int_eq(HD_INVALID_GRAPH, 6);
    ck_assert_int_eq(HD_INVALID_CURSOR, 7);
    ck_assert_int_eq(HD_HISTORY_TRUNCATED, 8);
    ck_assert_int_eq(HD_TOO_LARGE, 9);
    ck_assert_int_eq(HD_TOO_MANY_CONNECTIONS, 10);
    ck_assert_int_eq(HD_BUSY, 11);
    ck_assert_int_eq(HD_STORAGE_FULL, 12);
    ck_assert_int_eq(HD_STORAGE_FAILED, 13);
    ck_assert_int_eq(HD_SHUTTING_DOWN, 14);
    ck_assert_int_eq(HD_MALFORMED_MESSAGE, 15);
    ck_assert_int_eq(HD_INTERFACE_NOT_FOUND, 201);
    ck_assert_int_eq(HD_METHOD_NOT_FOUND, 202);
    ck_assert_int_eq(HD_METHOD_NOT_IMPLEMENTED, 203);
    ck_assert_int_eq(HD_INVALID_PARAMETER, 204);
    ck_assert_int_eq(HD_PERMISSION_DENIED, 205);
    ck_assert_int_eq(HD_EXPECTED_MORE, 206);
    ck_assert_int_eq(HD_UNKNOWN_ERROR, 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("message");
    TCase *tcase = tcase_create("message");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, reads_calls, 0, sizeof(calls) / sizeof(calls[0]));
    tcase_add_test(tcase, reads_the_header_of_a_call);
    tcase_add_loop_test(tcase, reads_replies, 0, sizeof(replies) / sizeof(replies[0]));
    tcase_add_test(tcase, writes_calls);
    tcase_add_test(tcase, writes_replies);
    tcase_add_test(tcase, what_is_written_is_read);
    tcase_add_test(tcase, finds_frames_at_every_split);
    tcase_add_test(tcase, half_a_frame_is_none);
    tcase_add_test(tcase, finds_methods_errors_and_interfaces);
    tcase_add_test(tcase, error_numbers_never_change);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
