/* Reading parameters: limits, and values as they arrive in the structs. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "method_input.h"
#include "tables.h"

/* --- limits ----------------------------------------------------------------------------------- */

static const struct {
    const char *method;
    const char *before; /* then `limit` times `piece`, then `after`: as much as is allowed */
    const char *piece;
    const char *after;
    const char *path;
    int limit;
} limits[] = {
    {"StopRun", "{\"run_id\":\"r\",\"reason\":\"", "x", "\"}", "reason", 1024},
    {"StopRun", "{\"run_id\":\"r\",\"reason\":\"", "\\n", "\"}", "reason", 1024},
    {"CreateRun", "{\"repo_path\":\"", "x", "\"}", "repo_path", 4096},
    {"CreateRun", "{\"repo_path\":\"/\",\"tasks_dir\":\"", "x", "\"}", "tasks_dir", 4096},
    {"ListRuns", "{\"repo_path\":\"", "x", "\"}", "repo_path", 4096},
    {"Watch", "{\"type\":\"", "x", "\"}", "type", 128},
    {"Watch", "{\"unit\":\"", "x", "\"}", "unit", 1024},
    {"CompleteRun", "{\"run_id\":\"r\",\"status\":\"failed\",\"error\":\"", "x", "\"}", "error",
     65536},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"", "x", "\"}]}", "events[0].type",
     128},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"error\":\"", "x", "\"}]}",
     "events[0].error", 65536},
    {"AppendEvents", "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"unit\":\"", "x", "\"}]}",
     "events[0].unit", 1024},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"edges\":[],\"nodes\":[{\"id\":\"", "x", "\"}]}}",
     "graph.nodes[0].id", 1024},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"edges\":[],\"nodes\":[{\"id\":\"i\",\"label\":\"",
     "x", "\"}]}}", "graph.nodes[0].label", 1024},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"edges\":[],\"nodes\":[{\"id\":\"i\",\"status\":\"",
     "x", "\"}]}}", "graph.nodes[0].status", 1024},
    {"PutGraph", "{\"run_id\":\"r\",\"graph\":{\"nodes\":[],\"edges\":[{\"to\":\"i\",\"from\":\"",
     "x", "\"}]}}", "graph.edges[0].from", 1024},
};

START_TEST(texts_have_limits)
{
    size_t limit = (size_t)limits[_i].limit;

    ck_assert_int_eq(parameters_read_repeated(limits[_i].method, limits[_i].before,
                                              limits[_i].piece, limit, limits[_i].after),
                     0);
    ck_assert_int_eq(parameters_read_repeated(limits[_i].method, limits[_i].before,
                                              limits[_i].piece, limit + 1, limits[_i].after),
                     1);
    ck_assert_int_eq(parameters_fault.kind, FAULT_TOO_LARGE);
    ck_assert_str_eq(parameters_fault.text, limits[_i].path);
    ck_assert_int_eq(parameters_fault.number, limits[_i].limit);
}
END_TEST

START_TEST(run_ids_have_a_size)
{
    ck_assert_int_eq(parameters_read_repeated("GetRun", "{\"run_id\":\"", "x", 128, "\"}"), 0);
    ck_assert_int_eq(parameters_read_repeated("GetRun", "{\"run_id\":\"", "x", 129, "\"}"), 1);
    ck_assert_int_eq(parameters_fault.kind, FAULT_INVALID_PARAMETER);
    ck_assert_str_eq(parameters_fault.text, "run_id");
}
END_TEST

/* A payload of {"k":"…"} is 8 bytes more than its text. White space does not count. */
START_TEST(payloads_are_measured_compact)
{
    const char before[] = "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"payload\": { \"k\" : \"";
    const char after[] = "\" }\n}]}";
    const size_t most = 1048576 - 8;

    ck_assert_int_eq(parameters_read_repeated("AppendEvents", before, "x", most, after), 0);
    ck_assert_int_eq(parameters_read_repeated("AppendEvents", before, "x", most + 1, after), 1);
    ck_assert_int_eq(parameters_fault.kind, FAULT_TOO_LARGE);
    ck_assert_str_eq(parameters_fault.text, "events[0].payload");
    ck_assert_int_eq(parameters_fault.number, 1048576);
}
END_TEST

START_TEST(batches_have_limits)
{
    const char before[] = "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\"}";

    ck_assert_int_eq(
        parameters_read_repeated("AppendEvents", before, ",{\"type\":\"a\"}", 9999, "]}"), 0);
    /* What its elements hold does not matter any more. */
    ck_assert_int_eq(
        parameters_read_repeated("AppendEvents", before, ",{\"bogus\":1}", 10000, "]}"), 1);
    ck_assert_int_eq(parameters_fault.kind, FAULT_TOO_LARGE);
    ck_assert_str_eq(parameters_fault.text, "events");
    ck_assert_int_eq(parameters_fault.number, 10000);
    ck_assert_int_eq(parameters_read_repeated(
                         "PutGraph", "{\"run_id\":\"r\",\"graph\":{\"edges\":[],\"nodes\":[0", ",0",
                         100000, "]}}"),
                     1);
    ck_assert_str_eq(parameters_fault.text, "graph.nodes");
    ck_assert_int_eq(parameters_fault.number, 100000);
}
END_TEST

/* 500,000 edges do not fit into a message of 500,000 values; with a smaller limit they are told. */
START_TEST(edges_have_a_limit)
{
    const char json[] = "{\"nodes\":[],\"edges\":[0,0,0]}";
    struct limits small = limits_default;
    struct arena arena = ARENA_INIT;
    struct json_document *document;
    struct hd_graph graph;
    struct fault fault;

    small.edges = 2;
    ck_assert_int_eq(json_read(json, strlen(json), &small, &document, &fault), 0);
    ck_assert_int_eq(codec_read(&hd_graph_table, json_root(document), &small, CODEC_STRICT, &arena,
                                &graph, &fault),
                     1);
    ck_assert_int_eq(fault.kind, FAULT_TOO_LARGE);
    ck_assert_str_eq(fault.text, "edges");
    ck_assert_int_eq(fault.number, 2);
    json_document_free(document);
    arena_clear(&arena);
}
END_TEST

START_TEST(long_names_are_cut)
{
    static const char cut[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

    ck_assert_int_eq(parameters_read_repeated("Ping", "{\"", "x", 64, "\":1}"), 1);
    ck_assert_str_eq(parameters_fault.text, cut);
    ck_assert_int_eq(parameters_read_repeated("Ping", "{\"", "x", 65, "\":1}"), 1);
    ck_assert_mem_eq(parameters_fault.text, cut, 64);
    ck_assert_str_eq(parameters_fault.text + 64, "…");
    /* Never within a character: 64 is no multiple of 3. */
    ck_assert_int_eq(parameters_read_repeated("Ping", "{\"", "\xe2\x82\xac", 1000, "\":1}"), 1);
    ck_assert_uint_eq(strlen(parameters_fault.text), 63 + strlen("…"));
    ck_assert_str_eq(parameters_fault.text + 63, "…");
}
END_TEST

/* --- values ----------------------------------------------------------------------------------- */

START_TEST(reads_an_event_whole)
{
    const char json[] =
        "{\"events\":[{\"payload\": {\"n\": [9007199254740993, 1e400]},\"error\":\"e\\u00e9\","
        "\"pr\":-9223372036854775808,\"task\":9223372036854775807,\"unit\":\"a/b.o\","
        "\"type\":\"unit.failed\",\"time\":\"2026-01-20T15:30:52.1234567+01:00\",\"seq\":7}],"
        "\"run_id\":\"r1\"}";
    const struct hd_append_events_params *params;
    const struct hd_new_event *event;
    const void *record = NULL;

    ck_assert_int_eq(parameters_read("AppendEvents", json, CODEC_STRICT, &record), 0);
    /* Nothing may point into the document. */
    parameters_drop_document();
    params = record;
    ck_assert_str_eq(params->run_id, "r1");
    ck_assert_uint_eq(params->n_events, 1);
    event = params->events;
    ck_assert(event->has_seq && event->has_task && event->has_pr);
    ck_assert_int_eq(event->seq, 7);
    ck_assert_int_eq(event->task, INT64_MAX);
    ck_assert_int_eq(event->pr, INT64_MIN);
    ck_assert_str_eq(event->time, "2026-01-20T14:30:52.123456Z");
    ck_assert_str_eq(event->type, "unit.failed");
    ck_assert_str_eq(event->unit, "a/b.o");
    ck_assert_str_eq(event->payload, "{\"n\":[9007199254740993,1e400]}");
    ck_assert_str_eq(event->error, "e\xc3\xa9");
}
END_TEST

START_TEST(short_times_grow)
{
    const char json[] = "{\"started_after\":\"2026-01-20T14:30:52Z\"}";
    const struct hd_list_runs_params *params;
    const void *record = NULL;

    ck_assert_int_eq(parameters_read("ListRuns", json, CODEC_STRICT, &record), 0);
    params = record;
    ck_assert_str_eq(params->started_after, "2026-01-20T14:30:52.000000Z");
}
END_TEST

START_TEST(null_is_absent)
{
    const char json[] = "{\"run_id\":\"r\",\"events\":[{\"type\":\"a\",\"task\":null,\"unit\":null,"
                        "\"payload\":null,\"time\":null}]}";
    const struct hd_append_events_params *params;
    const void *record = NULL;

    ck_assert_int_eq(parameters_read("AppendEvents", json, CODEC_STRICT, &record), 0);
    params = record;
    ck_assert(!params->events[0].has_task);
    ck_assert_ptr_null(params->events[0].unit);
    ck_assert_ptr_null(params->events[0].payload);
    ck_assert_ptr_null(params->events[0].time);
}
END_TEST

START_TEST(lenient_reading_takes_what_it_knows)
{
    const char json[] = "{\"future\":[1],\"run_id\":\"not a run id\",\"events\":[{\"type\":\"A B\","
                        "\"seq\":1,\"time\":\"soon\",\"new\":{}},{\"type\":\"\"}]}";
    const struct hd_append_events_params *params;
    const void *record = NULL;

    ck_assert_int_eq(parameters_read("AppendEvents", json, CODEC_LENIENT, &record), 0);
    params = record;
    ck_assert_str_eq(params->run_id, "not a run id");
    ck_assert_uint_eq(params->n_events, 2);
    ck_assert_str_eq(params->events[0].time, "soon");
    ck_assert_int_eq(parameters_read("AppendEvents", "{\"events\":[]}", CODEC_LENIENT, &record), 1);
    ck_assert_str_eq(parameters_fault.text, "run_id");
    ck_assert_int_eq(parameters_read("GetRun", "{\"run_id\":1}", CODEC_LENIENT, &record), 1);
}
END_TEST

START_TEST(absent_parameters_are_empty_ones)
{
    struct hd_list_runs_params params;
    struct hd_get_run_params get = {.run_id = "untouched"};
    struct json_value absent = {0};
    struct arena arena = ARENA_INIT;
    struct fault fault;

    ck_assert_int_eq(codec_read(&hd_list_runs_params_table, absent, &limits_default, CODEC_STRICT,
                                &arena, &params, &fault),
                     0);
    ck_assert(!params.has_limit && !params.repo_path && !params.has_count);
    ck_assert_int_eq(
        codec_read(&hd_empty_table, absent, &limits_default, CODEC_STRICT, &arena, NULL, &fault),
        0);
    ck_assert_int_eq(codec_read(&hd_get_run_params_table, absent, &limits_default, CODEC_STRICT,
                                &arena, &get, &fault),
                     1);
    ck_assert_str_eq(fault.text, "run_id");
    ck_assert_str_eq(get.run_id, "untouched");
    arena_clear(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("codec_read");
    TCase *tcase = tcase_create("codec_read");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, NULL, parameters_clear);
    tcase_add_loop_test(tcase, texts_have_limits, 0, sizeof(limits) / sizeof(limits[0]));
    tcase_add_test(tcase, run_ids_have_a_size);
    tcase_add_test(tcase, payloads_are_measured_compact);
    tcase_add_test(tcase, batches_have_limits);
    tcase_add_test(tcase, edges_have_a_limit);
    tcase_add_test(tcase, long_names_are_cut);
    tcase_add_test(tcase, reads_an_event_whole);
    tcase_add_test(tcase, short_times_grow);
    tcase_add_test(tcase, null_is_absent);
    tcase_add_test(tcase, lenient_reading_takes_what_it_knows);
    tcase_add_test(tcase, absent_parameters_are_empty_ones);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
