#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "graph.h"

static struct arena arena;

static void setup(void)
{
    arena = (struct arena)ARENA_INIT;
}

static void teardown(void)
{
    arena_clear(&arena);
}

/* Node ids and edges as words: "a b c", "a>b b>c". */
static struct hd_graph graph_of(const char *ids, const char *joins)
{
    struct hd_node *nodes = arena_alloc(&arena, 32 * sizeof(*nodes));
    struct hd_edge *edges = arena_alloc(&arena, 32 * sizeof(*edges));
    char *words = arena_strdup(&arena, ids), *pairs = arena_strdup(&arena, joins), *rest;
    size_t n_nodes = 0, n_edges = 0;

    for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        nodes[n_nodes++].id = word;
    for (char *pair = strtok_r(pairs, " ", &rest); pair; pair = strtok_r(NULL, " ", &rest)) {
        char *arrow = strchr(pair, '>');

        *arrow = '\0';
        edges[n_edges++] = (struct hd_edge){.from = pair, .to = arrow + 1};
    }
    return (struct hd_graph){
        .nodes = nodes, .n_nodes = n_nodes, .edges = edges, .n_edges = n_edges};
}

static const struct {
    const char *ids;
    const char *joins;
    const char *levels;
} computed[] = {
    {"", "", "[]"},
    {"a", "", "[[\"a\"]]"},
    {"a b", "", "[[\"a\",\"b\"]]"},
    {"a b c", "a>b b>c", "[[\"a\"],[\"b\"],[\"c\"]]"},
    {"c b a", "a>b b>c", "[[\"a\"],[\"b\"],[\"c\"]]"},
    /* The longest path counts, not the first found. */
    {"a b c d", "a>d a>b b>c c>d", "[[\"a\"],[\"b\"],[\"c\"],[\"d\"]]"},
    {"x a b y", "a>b x>b b>y", "[[\"x\",\"a\"],[\"b\"],[\"y\"]]"},
};

START_TEST(test_computed_levels)
{
    struct hd_graph graph = graph_of(computed[_i].ids, computed[_i].joins);
    struct graph_fault fault;
    struct graph_row row;

    ck_assert_int_eq(graph_prepare(&graph, &arena, &row, &fault), 0);
    ck_assert_str_eq(row.levels, computed[_i].levels);
}
END_TEST

static const struct {
    const char *ids;
    const char *joins;
    const char *node;
} refused[] = {
    {"a a", "", "a"},         {"a b", "a>c", "c"},     {"a b", "c>b", "c"},
    {"a", "a>a", "a"},        {"a b", "a>b a>b", "a"}, {"a b c", "a>b b>c c>b", NULL},
    {"a b", "a>b b>a", NULL},
};

START_TEST(test_refused)
{
    struct hd_graph graph = graph_of(refused[_i].ids, refused[_i].joins);
    struct graph_fault fault;
    struct graph_row row;

    ck_assert_int_gt(graph_prepare(&graph, &arena, &row, &fault), 0);
    ck_assert_uint_gt(strlen(fault.reason), 0);
    if (refused[_i].node)
        ck_assert_str_eq(fault.node, refused[_i].node);
}
END_TEST

/* The node named lies on the cycle, not behind it. */
START_TEST(test_cycle_names_a_node_on_it)
{
    struct hd_graph graph = graph_of("z y a b c", "a>b b>c c>a c>y y>z");
    struct graph_fault fault;
    struct graph_row row;

    ck_assert_int_gt(graph_prepare(&graph, &arena, &row, &fault), 0);
    ck_assert(fault.node && strchr("abc", fault.node[0]));
}
END_TEST

START_TEST(test_given_levels)
{
    struct hd_graph graph = graph_of("a b", "a>b");
    struct hd_node nodes[2] = {graph.nodes[0], graph.nodes[1]};
    struct graph_fault fault;
    struct graph_row row;

    nodes[0].has_level = nodes[1].has_level = true;
    nodes[0].level = 3;
    nodes[1].level = 7;
    graph.nodes = nodes;
    ck_assert_int_eq(graph_prepare(&graph, &arena, &row, &fault), 0);
    ck_assert_str_eq(row.levels, "[[\"a\"],[\"b\"]]");
    ck_assert_str_eq(row.nodes, "[{\"id\":\"a\",\"level\":3},{\"id\":\"b\",\"level\":7}]");
    nodes[1].level = 3;
    ck_assert_int_gt(graph_prepare(&graph, &arena, &row, &fault), 0);
    ck_assert_str_eq(fault.node, "b");
    nodes[1].has_level = false;
    ck_assert_int_gt(graph_prepare(&graph, &arena, &row, &fault), 0);
    ck_assert_str_eq(fault.node, "b");
}
END_TEST

START_TEST(test_read_back)
{
    struct hd_graph graph = graph_of("b a", "a>b"), read = {0};
    struct json_document *document;
    struct graph_fault fault;
    struct graph_row row;

    ck_assert_int_eq(graph_prepare(&graph, &arena, &row, &fault), 0);
    ck_assert_int_eq(graph_read(&row, &arena, &document, &read), 0);
    ck_assert_uint_eq(read.n_nodes, 2);
    ck_assert_str_eq(read.nodes[0].id, "b");
    ck_assert_int_eq(read.nodes[0].level, 1);
    ck_assert_int_eq(read.nodes[1].level, 0);
    ck_assert_str_eq(read.edges[0].from, "a");
    json_document_free(document);
    row.nodes = "{\"by\":\"another program\"}";
    ck_assert_int_gt(graph_read(&row, &arena, &document, &read), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graph");
    TCase *tests = tcase_create("graph");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, test_computed_levels, 0, sizeof(computed) / sizeof(computed[0]));
    tcase_add_loop_test(tests, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, test_cycle_names_a_node_on_it);
    tcase_add_test(tests, test_given_levels);
    tcase_add_test(tests, test_read_back);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
