/* Graphs as text, for Graphviz and for Mermaid. */
#include <check.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drawing.h"

static const struct hd_node nodes[] = {
    {.id = "tool", .has_level = true, .level = 1},
    {.id = "a.o", .has_level = true, .level = 0, .label = "A \"quoted\" \\ label"},
    {.id = "b\x1b.o", .has_level = true, .level = 0, .status = "queued"},
};
static const struct hd_edge edges[] = {{"a.o", "tool"}, {"b\x1b.o", "tool"}};
static const struct hd_graph graph = {nodes, 3, edges, 2};

static struct drawing drawing;
static struct output output;
static int ends[2];
static char text[4096];

static void setup(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    ck_assert_int_eq(pipe(ends), 0);
    output_open(&output, ends[1]);
    ck_assert_int_eq(drawing_open(&drawing, &graph), 0);
}

static void teardown(void)
{
    drawing_close(&drawing);
    output_close(&output);
    close(ends[0]);
    close(ends[1]);
}

static void add(const char *type, const char *unit, const char *time, const char *payload,
                const char *error)
{
    struct hd_event event = {
        .type = type, .unit = unit, .time = time, .payload = payload, .error = error};

    ck_assert_int_eq(drawing_add_event(&drawing, &event), 0);
}

static const char *printed(void)
{
    ssize_t n;

    ck_assert_int_eq(output_flush(&output), 0);
    n = read(ends[0], text, sizeof(text) - 1);
    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    return text;
}

START_TEST(as_text)
{
    add("unit.started", "a.o", "2026-01-20T14:30:52Z", NULL, NULL);
    add("unit.completed", "a.o", "2026-01-20T14:30:53.5Z", NULL, NULL);
    add("unit.started", "b\x1b.o", "2026-01-20T14:30:52Z", NULL, NULL);
    add("unit.failed", "b\x1b.o", "2026-01-20T14:30:53Z", "{\"duration_ms\":7}", "no\n\x1b[1mwhy");
    add("unit.completed", "unknown", "2026-01-20T14:30:53Z", NULL, NULL);
    add("run.completed", NULL, "2026-01-20T14:30:53Z", NULL, NULL);
    ck_assert_int_eq(drawing.levels, 2);
    drawing_print_text(&drawing, &output, false);
    ck_assert_str_eq(printed(),
                     "level 0, 2 units\n"
                     "  completed  a.o (A \"quoted\" \\ label)    1.50 s\n"
                     "  failed     b\\x1b.o                       7 ms\n"
                     "             | no\n"
                     "             | \\x1b[1mwhy\n"
                     "level 1, 1 unit\n"
                     "  waiting    tool                                ← a.o, b\\x1b.o\n");
}
END_TEST

/* A unit that is tried again is what it was last. */
START_TEST(the_last_event_counts)
{
    add("unit.failed", "a.o", "2026-01-20T14:30:53Z", NULL, "no");
    add("unit.started", "a.o", "2026-01-20T14:30:54Z", NULL, NULL);
    ck_assert_str_eq(drawing.nodes[1].status, "running");
    ck_assert_ptr_null(drawing.nodes[1].error);
    add("unit.completed", "a.o", "2026-01-20T14:30:55Z", NULL, NULL);
    ck_assert_str_eq(drawing.nodes[1].status, "completed");
    ck_assert_int_eq(drawing.nodes[1].duration, 1000000);
}
END_TEST

START_TEST(for_graphviz)
{
    add("unit.failed", "tool", "2026-01-20T14:30:53Z", NULL, "no");
    drawing_print_dot(&drawing, "run \"1\"", &output);
    ck_assert_str_eq(
        printed(), "digraph \"run \\\"1\\\"\" {\n  rankdir=LR;\n  node [shape=box, style=filled];\n"
                   "  n0 [label=\"tool\", tooltip=\"failed\", fillcolor=\"#f8c8c8\"];\n"
                   "  n1 [label=\"A \\\"quoted\\\" \\\\ label\", tooltip=\"waiting\", "
                   "fillcolor=\"#ffffff\"];\n"
                   "  n2 [label=\"b\\\\x1b.o\", tooltip=\"queued\", fillcolor=\"#f6f6f6\"];\n"
                   "  n1 -> n0;\n  n2 -> n0;\n}\n");
}
END_TEST

START_TEST(for_mermaid)
{
    add("unit.failed", "tool", "2026-01-20T14:30:53Z", NULL, "no");
    drawing_print_mermaid(&drawing, &output);
    ck_assert_str_eq(printed(), "flowchart LR\n"
                                "  n0[\"tool\"]\n"
                                "  n1[\"A #34;quoted#34; #92; label\"]\n"
                                "  n2[\"b#92;x1b.o\"]\n"
                                "  n1 --> n0\n  n2 --> n0\n"
                                "  class n0 failed\n  classDef failed fill:#f8c8c8\n"
                                "  class n2 queued\n  classDef queued fill:#f6f6f6\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("drawing");
    TCase *tcase = tcase_create("drawing");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, as_text);
    tcase_add_test(tcase, the_last_event_counts);
    tcase_add_test(tcase, for_graphviz);
    tcase_add_test(tcase, for_mermaid);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
