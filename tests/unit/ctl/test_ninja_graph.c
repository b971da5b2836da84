/* What `ninja -t graph` draws, and the joins of the edges that ran. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_graph.h"

enum { UNITS_MOST = 8 };

static struct arena arena;
static struct ninja_graph graph;
static struct ninja_links links;
static struct ninja_outputs units[UNITS_MOST];
static const char *paths[UNITS_MOST][2];
static size_t sizes[UNITS_MOST][2];
static size_t n_units;

static void setup(void)
{
    arena = (struct arena)ARENA_INIT;
    graph = (struct ninja_graph){.ids = NAMES_INIT, .labels = NAMES_INIT};
    links = (struct ninja_links){.links = NULL};
    n_units = 0;
}

static void teardown(void)
{
    ninja_links_clear(&links);
    ninja_graph_clear(&graph);
    arena_clear(&arena);
}

static void unit_add(const char *first, const char *second)
{
    paths[n_units][0] = first;
    paths[n_units][1] = second;
    sizes[n_units][0] = strlen(first);
    sizes[n_units][1] = second ? strlen(second) : 0;
    units[n_units] = (struct ninja_outputs){paths[n_units], sizes[n_units], second ? 2 : 1};
    n_units++;
}

static void join(const char *drawing, bool order_only)
{
    char whole[4096];

    snprintf(whole, sizeof(whole),
             "digraph ninja {\nrankdir=\"LR\"\nnode [fontsize=10, shape=box, height=0.25]\n"
             "edge [fontsize=10]\n%s}\n",
             drawing);
    ck_assert_int_eq(ninja_graph_read(whole, strlen(whole), &graph), 0);
    ck_assert_int_eq(ninja_links_open(&links, n_units, &arena), 0);
    ck_assert_int_eq(ninja_graph_join(&graph, units, order_only, 100, &arena, &links), 0);
    ninja_links_settle(&links);
    /* The labels were in `whole`. */
    ninja_graph_clear(&graph);
}

/* The links as "from>to …", in order. */
static const char *joined(void)
{
    static char text[256];
    size_t size = 0;

    text[0] = '\0';
    for (size_t i = 0; i < links.n_links; i++)
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%zu>%zu", i ? " " : "",
                                 links.links[i].from, links.links[i].to);
    return text;
}

#define FILE_A "\"0x1\" [label=\"a\"]\n"
#define FILE_B "\"0x2\" [label=\"b\"]\n"
#define FILE_C "\"0x3\" [label=\"c\"]\n"

START_TEST(a_direct_arrow_is_an_edge)
{
    unit_add("a", NULL);
    unit_add("b", NULL);
    join(FILE_B "\"0x1\" -> \"0x2\" [label=\" CC\"]\n" FILE_A
                "\"0x9\" -> \"0x1\" [label=\" GEN thing\"]\n\"0x9\" [label=\"src\"]\n",
         true);
    ck_assert_str_eq(joined(), "0>1");
    ck_assert_str_eq(links.rules[0], "GEN thing");
    ck_assert_str_eq(links.rules[1], "CC");
    ck_assert(links.found[0] && links.found[1]);
}
END_TEST

START_TEST(an_ellipse_is_an_edge)
{
    unit_add("a", NULL);
    unit_add("b", NULL);
    unit_add("c", NULL);
    join(FILE_C "\"0xe\" [label=\"LINK\", shape=ellipse]\n\"0xe\" -> \"0x3\"\n"
                "\"0x1\" -> \"0xe\" [arrowhead=none]\n\"0x2\" -> \"0xe\" [arrowhead=none]\n" FILE_A
                "\"0x8\" -> \"0x1\" [label=\" CC\"]\n" FILE_B
                "\"0x8\" -> \"0x2\" [label=\" CC\"]\n",
         true);
    ck_assert_str_eq(joined(), "0>2 1>2");
    ck_assert_str_eq(links.rules[2], "LINK");
}
END_TEST

/* x.h and x.c come from one edge; only x.c is used and has a label. */
START_TEST(an_output_without_a_label)
{
    unit_add("x.h", "x.c");
    unit_add("b", NULL);
    join(FILE_B "\"0x7\" -> \"0x2\" [label=\" CC\"]\n\"0x7\" [label=\"x.c\"]\n"
                "\"0xe\" [label=\"YACC\", shape=ellipse]\n\"0xe\" -> \"0x6\"\n\"0xe\" -> \"0x7\"\n"
                "\"0x5\" -> \"0xe\" [arrowhead=none]\n\"0x5\" [label=\"x.y\"]\n",
         true);
    ck_assert_str_eq(joined(), "0>1");
    ck_assert(links.found[0]);
    ck_assert_str_eq(links.rules[0], "YACC");
}
END_TEST

/* a <- phony (arrow) <- phony (ellipse) <- b, and over an edge that did not run. */
#define CHAIN                                                                                      \
    FILE_B "\"0x20\" -> \"0x2\" [label=\" CC\"]\n\"0x20\" [label=\"all-headers\"]\n"               \
           "\"0xf\" [label=\"phony\", shape=ellipse]\n\"0xf\" -> \"0x20\"\n"                       \
           "\"0x21\" -> \"0xf\" [arrowhead=none]\n\"0x22\" -> \"0xf\" [arrowhead=none]\n"          \
           "\"0x21\" [label=\"headers\"]\n\"0x30\" -> \"0x21\" [label=\" phony\"]\n"               \
           "\"0x30\" [label=\"idle\"]\n\"0x1\" -> \"0x30\" [label=\" COPY\"]\n" FILE_A             \
           "\"0x31\" -> \"0x1\" [label=\" GEN\"]\n"

START_TEST(what_did_not_run_is_passed_through)
{
    unit_add("a", NULL);
    unit_add("b", NULL);
    join(CHAIN, true);
    ck_assert_str_eq(joined(), "0>1");
}
END_TEST

START_TEST(a_unit_in_between_ends_the_walk)
{
    unit_add("a", NULL);
    unit_add("b", NULL);
    unit_add("idle", NULL);
    join(CHAIN, true);
    ck_assert_str_eq(joined(), "2>1 0>2");
}
END_TEST

START_TEST(order_only_inputs_may_be_left_out)
{
    static const char drawing[] =
        FILE_B "\"0xe\" [label=\"CC\", shape=ellipse]\n\"0xe\" -> \"0x2\"\n"
               "\"0x1\" -> \"0xe\" [arrowhead=none style=dotted]\n"
               "\"0x3\" -> \"0xe\" [arrowhead=none]\n" FILE_A
               "\"0x8\" -> \"0x1\" [label=\" X\"]\n" FILE_C "\"0x8\" -> \"0x3\" [label=\" X\"]\n";

    unit_add("a", NULL);
    unit_add("b", NULL);
    unit_add("c", NULL);
    join(drawing, _i);
    ck_assert_str_eq(joined(), _i ? "0>1 2>1" : "2>1");
}
END_TEST

START_TEST(two_ways_are_one_link)
{
    unit_add("a", NULL);
    unit_add("b", NULL);
    join(FILE_B "\"0xe\" [label=\"CC\", shape=ellipse]\n\"0xe\" -> \"0x2\"\n"
                "\"0x1\" -> \"0xe\" [arrowhead=none]\n\"0x5\" -> \"0xe\" [arrowhead=none]\n"
                "\"0x5\" [label=\"p\"]\n\"0x1\" -> \"0x5\" [label=\" phony\"]\n" FILE_A
                "\"0x8\" -> \"0x1\" [label=\" X\"]\n",
         true);
    ck_assert_str_eq(joined(), "0>1");
}
END_TEST

START_TEST(a_unit_the_drawing_does_not_have)
{
    unit_add("gone", NULL);
    unit_add("b", NULL);
    join(FILE_B "\"0x8\" -> \"0x2\" [label=\" X\"]\n", true);
    ck_assert_str_eq(joined(), "");
    ck_assert(!links.found[0] && links.found[1]);
    ck_assert_ptr_null(links.rules[0]);
}
END_TEST

START_TEST(a_drawing_that_runs_in_circles_ends)
{
    unit_add("a", NULL);
    unit_add("b", NULL);
    join(FILE_A FILE_B "\"0x1\" -> \"0x2\" [label=\" X\"]\n\"0x2\" -> \"0x1\" [label=\" X\"]\n",
         true);
    ck_assert_str_eq(joined(), "1>0 0>1");
}
END_TEST

START_TEST(labels_are_taken_as_they_are)
{
    unit_add("we\"ird] name", NULL);
    unit_add("b", NULL);
    join(FILE_B "\"0x5\" -> \"0x2\" [label=\" X\"]\n\"0x5\" [label=\"we\"ird] name\"]\n"
                "\"0x8\" -> \"0x5\" [label=\" X\"]\n",
         true);
    ck_assert_str_eq(joined(), "0>1");
}
END_TEST

START_TEST(too_many_links_stop_the_join)
{
    static const char drawing[] =
        "digraph ninja {\n" FILE_B "\"0x1\" -> \"0x2\" [label=\" X\"]\n" FILE_A
        "\"0x3\" -> \"0x1\" [label=\" X\"]\n" FILE_C "\"0x8\" -> \"0x3\" [label=\" X\"]\n}\n";

    unit_add("a", NULL);
    unit_add("b", NULL);
    unit_add("c", NULL);
    ck_assert_int_eq(ninja_graph_read(drawing, strlen(drawing), &graph), 0);
    ck_assert_int_eq(ninja_links_open(&links, n_units, &arena), 0);
    ck_assert_int_eq(ninja_graph_join(&graph, units, true, 1, &arena, &links), 1);
    ck_assert_uint_eq(links.n_links, 1);
}
END_TEST

START_TEST(other_texts_are_no_drawing)
{
    static const char *const texts[] = {"", "ninja: error: loading", "graph {}"};

    ck_assert_int_eq(ninja_graph_read(texts[_i], strlen(texts[_i]), &graph), 1);
}
END_TEST

START_TEST(paths_with_blanks_are_found)
{
    static const char drawing[] =
        "digraph ninja {\n\"0x1\" [label=\"a b\"]\n\"0x2\" [label=\"a\"]\n"
        "\"0x3\" [label=\"c\"]\n}\n";

    ck_assert_int_eq(ninja_graph_read(drawing, strlen(drawing), &graph), 0);
    ck_assert_uint_eq(ninja_graph_leading_path(&graph, "a b c", 5), 3);
    ck_assert_uint_eq(ninja_graph_leading_path(&graph, "a c", 3), 1);
    ck_assert_uint_eq(ninja_graph_leading_path(&graph, "ab", 2), 0);
    ck_assert_uint_eq(ninja_graph_leading_path(&graph, "c", 1), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja graph");
    TCase *tcase = tcase_create("ninja graph");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_direct_arrow_is_an_edge);
    tcase_add_test(tcase, an_ellipse_is_an_edge);
    tcase_add_test(tcase, an_output_without_a_label);
    tcase_add_test(tcase, what_did_not_run_is_passed_through);
    tcase_add_test(tcase, a_unit_in_between_ends_the_walk);
    tcase_add_loop_test(tcase, order_only_inputs_may_be_left_out, 0, 2);
    tcase_add_test(tcase, two_ways_are_one_link);
    tcase_add_test(tcase, a_unit_the_drawing_does_not_have);
    tcase_add_test(tcase, a_drawing_that_runs_in_circles_ends);
    tcase_add_test(tcase, labels_are_taken_as_they_are);
    tcase_add_test(tcase, too_many_links_stop_the_join);
    tcase_add_loop_test(tcase, other_texts_are_no_drawing, 0, 3);
    tcase_add_test(tcase, paths_with_blanks_are_found);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
