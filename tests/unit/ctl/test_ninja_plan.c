/* A build as a run: its id, its events in order, its graph. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_plan.h"

#define BASE INT64_C(1768919452000000) /* 2026-01-20T14:30:52Z */

static struct arena arena;
static struct ninja_log loaded;
static struct ninja_builds builds;
static struct ninja_plan plan;

static void setup(void)
{
    arena = (struct arena)ARENA_INIT;
    loaded = (struct ninja_log){.version = 0};
}

static void teardown(void)
{
    ninja_log_clear(&loaded);
    arena_clear(&arena);
}

/* Makes a plan of the only build in `lines`, whose files are as old as their edges' ends. */
static void plan_make(const char *folder, const char *lines)
{

    ck_assert_int_eq(ninja_log_read(lines, strlen(lines), &loaded), 0);
    ck_assert_int_eq(ninja_builds_find(&loaded, BASE + 5000000, &arena, &builds), 0);
    ck_assert_uint_eq(builds.n_builds, 1);
    ck_assert_int_eq(ninja_plan_open(&plan, &arena, folder, "/repo"), 0);
    ck_assert_int_eq(ninja_plan_add_build(&plan, &builds.builds[0], loaded.version), 0);
}

/* At 100 ms: a ends, c begins and ends in no time, b begins. */
static const char three[] = "# ninja log v5\n"
                            "0\t100\t1768919452100000000\ta\t1\n"
                            "100\t100\t1768919452100000000\tc\t3\n"
                            "100\t300\t1768919452300000000\tb\t2\n"
                            "100\t300\t1768919452300000000\tb.map\t2\n";

START_TEST(events_are_numbered_in_order_of_time)
{
    static const char *const expected[] = {
        "1 run.started - 2026-01-20T14:30:52.000000Z",
        "2 unit.started a 2026-01-20T14:30:52.000000Z",
        "3 unit.completed a 2026-01-20T14:30:52.100000Z",
        "4 unit.started c 2026-01-20T14:30:52.100000Z",
        "5 unit.completed c 2026-01-20T14:30:52.100000Z",
        "6 unit.started b 2026-01-20T14:30:52.100000Z",
        "7 unit.completed b 2026-01-20T14:30:52.300000Z",
        "8 run.completed - 2026-01-20T14:30:52.300000Z",
    };
    struct hd_new_event *events;
    size_t n;

    plan_make("/build", three);
    ck_assert_int_eq(ninja_plan_events(&plan, &events, &n), 0);
    ck_assert_uint_eq(n, 8);
    for (size_t i = 0; i < n; i++) {
        char text[128];

        ck_assert(events[i].has_seq);
        snprintf(text, sizeof(text), "%d %s %s %s", (int)events[i].seq, events[i].type,
                 events[i].unit ? events[i].unit : "-", events[i].time);
        ck_assert_str_eq(text, expected[i]);
    }
    ck_assert_str_eq(events[2].payload, "{\"duration_ms\":100}");
    ck_assert_str_eq(events[6].payload, "{\"duration_ms\":200,\"outputs\":[\"b\",\"b.map\"]}");
    ck_assert_str_eq(events[0].payload,
                     "{\"tool\":\"ninja\",\"build_dir\":\"/build\",\"log_version\":5}");
    ck_assert_str_eq(events[7].payload, "{\"duration_ms\":300,\"units\":3}");
    ck_assert_ptr_null(events[7].error);
}
END_TEST

START_TEST(the_id_tells_builds_apart)
{
    const char *other;

    plan_make("/build", three);
    ck_assert_int_eq(strncmp(plan.run_id, "ninja_20260120_143052_", 22), 0);
    ck_assert_uint_eq(strlen(plan.run_id), 30);
    other = plan.run_id;
    ninja_log_clear(&loaded);
    plan_make("/elsewhere", three);
    ck_assert_str_ne(plan.run_id, other);
    ninja_log_clear(&loaded);
    plan_make("/build", "# ninja log v5\n0\t100\t1768919452100000000\ta\t1\n"
                        "100\t100\t1768919452100000000\tc\t3\n");
    ck_assert_str_ne(plan.run_id, other);
    ninja_log_clear(&loaded);
    plan_make("/build", three);
    ck_assert_str_eq(plan.run_id, other);
}
END_TEST

/* The same build, its lines in another order: as after `ninja -t recompact`. */
START_TEST(the_id_outlives_a_rewritten_log)
{
    const char *id;

    plan_make("/build", three);
    id = plan.run_id;
    ninja_log_clear(&loaded);
    plan_make("/build", "# ninja log v5\n"
                        "100\t300\t1768919452300000000\tb.map\t2\n"
                        "0\t100\t1768919452100000000\ta\t1\n"
                        "100\t300\t1768919452300000000\tb\t2\n"
                        "100\t100\t1768919452100000000\tc\t3\n");
    ck_assert_uint_eq(builds.n_jumbled, 4);
    ck_assert_str_eq(plan.run_id, id);
    ck_assert_uint_eq(plan.n_units, 3);
}
END_TEST

START_TEST(as_many_at_once_as_there_were)
{
    plan_make("/build", three);
    ck_assert_int_eq(ninja_plan_parallelism(&plan), 1);
    ninja_log_clear(&loaded);
    plan_make("/build", "# ninja log v5\n0\t100\t1768919452100000000\ta\t1\n"
                        "0\t200\t1768919452200000000\tb\t2\n"
                        "99\t300\t1768919452300000000\tc\t3\n"
                        "200\t400\t1768919452400000000\td\t4\n");
    ck_assert_int_eq(ninja_plan_parallelism(&plan), 3);
}
END_TEST

START_TEST(failures_are_units_too)
{
    struct ninja_failure failure = {
        .outputs = "x.o x.d", .outputs_size = 7, .command = "cc x", .error = "no\nwhy", .code = 2};
    struct hd_new_event *events;
    size_t n;

    plan_make("/build", three);
    ck_assert_int_eq(ninja_plan_add_failure(&plan, &failure, BASE + 350000, NULL), 0);
    ck_assert_uint_eq(plan.n_failed, 1);
    ck_assert_int_eq(plan.ended, BASE + 350000);
    ck_assert_str_eq(ninja_plan_error(&plan), "1 unit failed: x.o");
    ck_assert_int_eq(ninja_plan_events(&plan, &events, &n), 0);
    ck_assert_uint_eq(n, 10);
    ck_assert_str_eq(events[7].type, "unit.started");
    ck_assert_str_eq(events[8].type, "unit.failed");
    ck_assert_str_eq(events[8].unit, "x.o");
    ck_assert_str_eq(events[8].error, "no\nwhy");
    ck_assert_str_eq(events[8].payload, "{\"exit_code\":2,\"command\":\"cc x\","
                                        "\"outputs\":[\"x.o\",\"x.d\"]}");
    ck_assert_str_eq(events[9].type, "run.failed");
    ck_assert_str_eq(events[9].error, "1 unit failed: x.o");
}
END_TEST

START_TEST(names_the_protocol_refuses_are_left_out)
{
    static char lines[2048];
    char name[1100];

    memset(name, 'n', sizeof(name));
    name[1025] = '\0';
    snprintf(
        lines, sizeof(lines),
        "# ninja log v5\n0\t100\t1768919452100000000\t%s\t1\n0\t200\t1768919452200000000\tb\t2\n",
        name);
    plan_make("/build", lines);
    ck_assert_uint_eq(plan.n_units, 1);
    ck_assert_uint_eq(plan.n_skipped, 1);
}
END_TEST

START_TEST(names_become_text)
{
    plan_make("/build", "# ninja log v5\n0\t100\t1768919452100000000\tcaf\xe9\t1\n");
    ck_assert_str_eq(plan.units[0].name, "caf\xef\xbf\xbd");
}
END_TEST

START_TEST(the_graph_has_units_and_links)
{
    struct ninja_link link = {0, 2};
    struct ninja_links links;
    struct hd_graph graph;

    plan_make("/build", three);
    ck_assert_int_eq(ninja_links_open(&links, plan.n_units, &arena), 0);
    links.links = &link;
    links.n_links = 1;
    links.rules[0] = "CC";
    ck_assert_int_eq(ninja_plan_graph(&plan, &links, &graph), 0);
    ck_assert_uint_eq(graph.n_nodes, 3);
    ck_assert_uint_eq(graph.n_edges, 1);
    ck_assert_str_eq(graph.edges[0].from, "a");
    ck_assert_str_eq(graph.edges[0].to, "b");
    ck_assert_str_eq(graph.nodes[0].status, "completed");
    ck_assert_str_eq(graph.nodes[0].attributes, "{\"rule\":\"CC\"}");
    ck_assert_ptr_null(graph.nodes[1].attributes);
    ck_assert(!graph.nodes[0].has_level);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja plan");
    TCase *tcase = tcase_create("ninja plan");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, events_are_numbered_in_order_of_time);
    tcase_add_test(tcase, the_id_tells_builds_apart);
    tcase_add_test(tcase, the_id_outlives_a_rewritten_log);
    tcase_add_test(tcase, as_many_at_once_as_there_were);
    tcase_add_test(tcase, failures_are_units_too);
    tcase_add_test(tcase, names_the_protocol_refuses_are_left_out);
    tcase_add_test(tcase, names_become_text);
    tcase_add_test(tcase, the_graph_has_units_and_links);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
