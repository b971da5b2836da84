/* The graph of a plan, from a drawing that somebody kept: how large it may be. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message_limits.h"
#include "ninja_draw.h"

static struct arena arena;
static struct ninja_plan plan;
static struct ninja_source source;
static struct hd_graph graph;

static void setup(void)
{
    arena = (struct arena)ARENA_INIT;
    source = (struct ninja_source){.build_dir = "/nowhere", .file = "kept", .text = BUFFER_INIT};
    ck_assert_int_eq(ninja_plan_open(&plan, &arena, "/build", "/repo"), 0);
    plan.run_id = "ninja_1";
}

static void teardown(void)
{
    ninja_source_close(&source);
    arena_clear(&arena);
}

static void units_add(size_t n)
{
    char name[32];

    for (size_t i = 0; i < n; i++) {
        size_t size = (size_t)snprintf(name, sizeof(name), "u%zu", i);
        struct ninja_entry entry = {.output = arena_copy(&arena, name, size), .output_size = size};
        struct ninja_unit unit = {&entry, 1, 0, 1};

        ck_assert_int_eq(ninja_plan_add_unit(&plan, &unit, 0), 0);
    }
}

static void drawing_line(const char *format, size_t a, size_t b)
{
    char line[128];

    snprintf(line, sizeof(line), format, a, b);
    buffer_append_text(&source.text, line);
}

/* Draws n files, and the arrows between those of them for which `style(from, to)` names one. */
static void drawing_make(size_t n, const char *(*style)(size_t from, size_t to))
{
    buffer_append_text(&source.text, "digraph ninja {\n");
    for (size_t i = 0; i < n; i++)
        drawing_line("\"0x%zx\" [label=\"u%zu\"]\n", i + 1, i);
    for (size_t to = 0; to < n; to++) {
        /* An edge with two inputs and more is an ellipse of its own. */
        drawing_line("\"edge%zx\" [label=\"join\", shape=ellipse]\n", to, 0);
        drawing_line("\"edge%zx\" -> \"0x%zx\"\n", to, to + 1);
        for (size_t from = 0; from < to; from++) {
            const char *line = style(from, to);

            if (line)
                drawing_line(line, from + 1, to);
        }
    }
    buffer_append_text(&source.text, "}\n");
    ck_assert_int_eq(ninja_graph_read(source.text.data, source.text.size, &source.graph), 0);
    source.has_graph = true;
}

static const char needs[] = "\"0x%zx\" -> \"edge%zx\" [arrowhead=none]\n";
static const char after[] = "\"0x%zx\" -> \"edge%zx\" [arrowhead=none style=dotted]\n";

static const char *all_needed(size_t from, size_t to)
{
    return from < to ? needs : NULL;
}

/* Half of all only order. */
static const char *half_needed(size_t from, size_t to)
{
    return (from + to) % 2 ? needs : after;
}

enum { MANY = 1002 }; /* MANY * (MANY - 1) / 2 edges are more than a graph may have */

START_TEST(a_small_one)
{
    units_add(3);
    drawing_make(3, half_needed);
    ck_assert_int_eq(ninja_draw(&source, &plan, &graph), 1);
    ck_assert_uint_eq(graph.n_nodes, 3);
    ck_assert_uint_eq(graph.n_edges, 3);
}
END_TEST

START_TEST(without_a_drawing_or_a_unit)
{
    ck_assert_int_eq(ninja_draw(&source, &plan, &graph), 0);
    drawing_make(1, all_needed);
    ck_assert_int_eq(ninja_draw(&source, &plan, &graph), 0);
}
END_TEST

/* What only orders is left out first: it matters least. */
START_TEST(too_many_edges_that_order)
{
    ck_assert_int_gt(MANY * (MANY - 1) / 2, limits_default.edges);
    units_add(MANY);
    drawing_make(MANY, half_needed);
    ck_assert_int_eq(ninja_draw(&source, &plan, &graph), 1);
    ck_assert_uint_eq(graph.n_edges, MANY * MANY / 4);
}
END_TEST

START_TEST(too_many_edges)
{
    units_add(MANY);
    drawing_make(MANY, all_needed);
    ck_assert_int_eq(ninja_draw(&source, &plan, &graph), 0);
}
END_TEST

START_TEST(too_many_units)
{
    drawing_make(1, all_needed);
    units_add((size_t)limits_default.nodes);
    ck_assert_int_eq(ninja_draw(&source, &plan, &graph), 1);
    ck_assert_uint_eq(graph.n_nodes, (size_t)limits_default.nodes);
    units_add(1);
    ck_assert_int_eq(ninja_draw(&source, &plan, &graph), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja draw");
    TCase *tcase = tcase_create("ninja draw");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 20);
    tcase_add_test(tcase, a_small_one);
    tcase_add_test(tcase, without_a_drawing_or_a_unit);
    tcase_add_test(tcase, too_many_edges_that_order);
    tcase_add_test(tcase, too_many_edges);
    tcase_add_test(tcase, too_many_units);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
