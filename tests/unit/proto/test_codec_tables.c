/* Every table there is: read, checked, written and read again; and checking structs made by hand.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "sample.h"
#include "tables.h"

static struct arena arena;
static struct json_document *document;
static struct buffer json;
static struct buffer written;

static void setup(void)
{
    arena = (struct arena)ARENA_INIT;
    document = NULL;
    json = (struct buffer)BUFFER_INIT;
    written = (struct buffer)BUFFER_INIT;
}

static void teardown(void)
{
    json_document_free(document);
    arena_clear(&arena);
    buffer_clear(&json);
    buffer_clear(&written);
}

static void round_trip(const struct table *table, bool everything)
{
    struct fault fault = {0};
    void *record = arena_alloc(&arena, table->size);

    json.size = 0;
    written.size = 0;
    sample_write(&json, table, everything);
    ck_assert_int_eq(json_read(json.data, json.size, &limits_default, &document, &fault), 0);
    ck_assert_msg(codec_read(table, json_root(document), &limits_default, CODEC_STRICT, &arena,
                             record, &fault) == 0,
                  "%s: %s", table->name, fault.text);
    json_document_free(document);
    document = NULL;
    ck_assert_msg(codec_check(table, record, &limits_default, &fault) == 0, "%s: %s", table->name,
                  fault.text);
    codec_write(table, record, &written);
    buffer_append_char(&json, '\0');
    buffer_append_char(&written, '\0');
    ck_assert_str_eq(written.data, json.data);
}

START_TEST(every_struct_comes_back)
{
    for (size_t i = 0; i < n_method_descriptions; i++) {
        round_trip(method_descriptions[i]->parameters, true);
        round_trip(method_descriptions[i]->parameters, false);
        round_trip(method_descriptions[i]->result, true);
        round_trip(method_descriptions[i]->result, false);
    }
    for (size_t i = 0; i < n_error_descriptions; i++) {
        round_trip(error_descriptions[i].parameters, true);
        round_trip(error_descriptions[i].parameters, false);
    }
}
END_TEST

static const char *write_record(const struct table *table, const void *record)
{
    written.size = 0;
    codec_write(table, record, &written);
    buffer_append_char(&written, '\0');
    return written.data;
}

START_TEST(absent_and_empty_lists_differ)
{
    struct hd_event none;
    struct hd_watch_result watch = {.last_id = 5};
    struct hd_list_runs_result runs = {.has_more = false};
    struct hd_get_status_result status = {.version = "1"};

    ck_assert_str_eq(write_record(&hd_watch_result_table, &watch), "{\"last_id\":5}");
    watch.events = &none;
    ck_assert_str_eq(write_record(&hd_watch_result_table, &watch), "{\"events\":[],\"last_id\":5}");
    ck_assert_str_eq(write_record(&hd_list_runs_result_table, &runs),
                     "{\"runs\":[],\"has_more\":false}");
    ck_assert_ptr_nonnull(
        strstr(write_record(&hd_get_status_result_table, &status), ",\"limits\":{}}"));
}
END_TEST

/* Written element by element, a result is what it is when it is written at once. */
START_TEST(a_list_comes_one_by_one)
{
    struct hd_event events[2] = {
        {.id = 1, .run_id = "r", .seq = 1, .time = "t", .type = "a\"b", .unit = "\xc3\xa9"},
        {.id = 2, .run_id = "r", .seq = 2, .time = "t", .type = "a", .payload = "{}", .error = ""},
    };
    struct hd_list_events_result result = {
        .events = events, .n_events = (size_t)_i, .has_more = true, .last_seq = 7};
    struct codec_list list;

    codec_write(&hd_list_events_result_table, &result, &json);
    buffer_append_char(&json, '\0');
    result.events = NULL;
    buffer_append_text(&written, "before");
    codec_list_begin(&list, &hd_list_events_result_table, &written);
    for (int i = 0; i < _i; i++)
        codec_list_add(&list, &events[i]);
    codec_list_end(&list, &result);
    buffer_append_char(&written, '\0');
    ck_assert_str_eq(written.data + strlen("before"), json.data);
}
END_TEST

START_TEST(an_empty_list_is_read_as_one)
{
    const char text[] = "{\"events\":[],\"last_id\":1}";
    struct hd_watch_result watch;
    struct fault fault;

    ck_assert_int_eq(json_read(text, strlen(text), &limits_default, &document, &fault), 0);
    ck_assert_int_eq(codec_read(&hd_watch_result_table, json_root(document), &limits_default,
                                CODEC_LENIENT, &arena, &watch, &fault),
                     0);
    ck_assert_ptr_nonnull(watch.events);
    ck_assert_uint_eq(watch.n_events, 0);
    ck_assert_ptr_null(watch.run);
    ck_assert(!watch.has_ready);
}
END_TEST

/* --- checking without JSON -------------------------------------------------------------------- */

static char long_text[70000];

static const struct {
    struct hd_new_event event;
    enum fault_kind kind;
    const char *path;
} events[] = {
    {{.type = "a"}, FAULT_NONE, NULL},
    {{.type = "a", .has_seq = true, .seq = 1, .payload = " { \"a\" : 1 } "}, FAULT_NONE, NULL},
    {{.type = NULL}, FAULT_INVALID_PARAMETER, "type"},
    {{.type = "A"}, FAULT_INVALID_PARAMETER, "type"},
    {{.type = "a", .has_seq = true, .seq = 0}, FAULT_INVALID_PARAMETER, "seq"},
    {{.type = "a", .seq = -1}, FAULT_NONE, NULL},
    {{.type = "a", .time = "soon"}, FAULT_INVALID_PARAMETER, "time"},
    {{.type = "a", .time = "2026-01-20T14:30:52Z"}, FAULT_NONE, NULL},
    {{.type = "a", .unit = ""}, FAULT_INVALID_PARAMETER, "unit"},
    {{.type = "a", .unit = "a\xff"}, FAULT_INVALID_PARAMETER, "unit"},
    {{.type = "a", .error = "\xc3("}, FAULT_INVALID_PARAMETER, "error"},
    {{.type = "a", .payload = ""}, FAULT_INVALID_PARAMETER, "payload"},
    {{.type = "a", .payload = "[]"}, FAULT_INVALID_PARAMETER, "payload"},
    {{.type = "a", .payload = "{\"a\":1,\"a\":2}"}, FAULT_INVALID_PARAMETER, "payload"},
    {{.type = "a", .payload = "{}}"}, FAULT_INVALID_PARAMETER, "payload"},
    {{.type = "a", .payload = "{\"a\":01}"}, FAULT_INVALID_PARAMETER, "payload"},
    {{.type = "a", .error = long_text}, FAULT_TOO_LARGE, "error"},
    {{.type = "a", .unit = long_text}, FAULT_TOO_LARGE, "unit"},
    {{.type = long_text}, FAULT_TOO_LARGE, "type"},
};

START_TEST(checks_events)
{
    struct fault fault = {0};
    int r;

    memset(long_text, 'x', sizeof(long_text) - 1);
    r = codec_check(&hd_new_event_table, &events[_i].event, &limits_default, &fault);
    ck_assert_msg(r == (events[_i].kind != FAULT_NONE), "%s", fault.text);
    ck_assert_int_eq(fault.kind, events[_i].kind);
    if (events[_i].path)
        ck_assert_str_eq(fault.text, events[_i].path);
}
END_TEST

START_TEST(checks_what_is_inside)
{
    struct hd_new_event batch[2] = {{.type = "a", .has_seq = true, .seq = 1}, {.type = "a"}};
    struct hd_append_events_params params = {.run_id = "r", .events = batch, .n_events = 2};
    struct hd_node node = {.id = "n", .attributes = "x"};
    struct hd_graph graph = {.nodes = &node, .n_nodes = 1};
    struct hd_create_run_params create = {.repo_path = "/r", .graph = &graph};
    struct fault fault;

    ck_assert_int_eq(codec_check(&hd_append_events_params_table, &params, &limits_default, &fault),
                     1);
    ck_assert_str_eq(fault.text, "events[1].seq");
    params.n_events = 0;
    ck_assert_int_eq(codec_check(&hd_append_events_params_table, &params, &limits_default, &fault),
                     1);
    ck_assert_str_eq(fault.text, "events");
    ck_assert_int_eq(codec_check(&hd_create_run_params_table, &create, &limits_default, &fault), 1);
    ck_assert_str_eq(fault.text, "graph.nodes[0].attributes");
    create.graph = NULL;
    ck_assert_int_eq(codec_check(&hd_create_run_params_table, &create, &limits_default, &fault), 0);
}
END_TEST

/* What passes for one event passes in a call too: a message of 64 levels. */
START_TEST(checks_depth_as_a_call_has_it)
{
    for (int depth = 59; depth <= 61; depth++) {
        struct hd_new_event event = {.type = "a"};
        struct hd_append_events_params params = {.run_id = "r", .events = &event, .n_events = 1};
        struct buffer payload = BUFFER_INIT;
        struct fault fault;
        int expected = depth > 60;

        for (int i = 0; i < depth; i++)
            buffer_append_text(&payload, "{\"a\":");
        buffer_append_char(&payload, '1');
        for (int i = 0; i < depth; i++)
            buffer_append_char(&payload, '}');
        buffer_append_char(&payload, '\0');
        event.payload = payload.data;
        ck_assert_int_eq(codec_check(&hd_new_event_table, &event, &limits_default, &fault),
                         expected);
        written.size = 0;
        buffer_append_text(&written, "{\"parameters\":");
        codec_write(&hd_append_events_params_table, &params, &written);
        buffer_append_char(&written, '}');
        ck_assert_int_eq(
            json_check_object(written.data, written.size, &limits_default, NULL, &fault), expected);
        buffer_clear(&payload);
    }
}
END_TEST

START_TEST(checks_values_as_a_call_has_them)
{
    for (size_t values = (size_t)limits_default.values - 70; values < (size_t)limits_default.values;
         values += 5) {
        struct hd_new_event event = {.type = "a", .unit = "u", .error = "e", .time = NULL};
        struct hd_append_events_params params = {.run_id = "r", .events = &event, .n_events = 1};
        struct buffer payload = BUFFER_INIT;
        struct fault fault;
        int r;

        buffer_append_text(&payload, "{\"a\":[0");
        for (size_t i = 3; i < values; i++)
            buffer_append_text(&payload, ",0");
        buffer_append(&payload, "]}", sizeof("]}"));
        event.payload = payload.data;
        r = codec_check(&hd_new_event_table, &event, &limits_default, &fault);
        written.size = 0;
        message_write_call(&written, "a.B", (struct message_flags){0},
                           &hd_append_events_params_table, &params);
        if (r == 0)
            ck_assert_int_eq(
                json_check_object(written.data, written.size - 1, &limits_default, NULL, &fault),
                0);
        else
            ck_assert_str_eq(fault.text, "payload");
        ck_assert_int_eq(r, values > (size_t)limits_default.values - 64);
        buffer_clear(&payload);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec_tables");
    TCase *tcase = tcase_create("codec_tables");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, every_struct_comes_back);
    tcase_add_test(tcase, absent_and_empty_lists_differ);
    tcase_add_loop_test(tcase, a_list_comes_one_by_one, 0, 3);
    tcase_add_test(tcase, an_empty_list_is_read_as_one);
    tcase_add_loop_test(tcase, checks_events, 0, sizeof(events) / sizeof(events[0]));
    tcase_add_test(tcase, checks_what_is_inside);
    tcase_add_test(tcase, checks_depth_as_a_call_has_it);
    tcase_add_test(tcase, checks_values_as_a_call_has_them);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
