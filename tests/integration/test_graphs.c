/*
 * Graphs: levels computed and given, order kept, faults told, three texts in the database.
 */
#include <stdio.h>
#include <string.h>

#include "database.h"
#include "scene.h"

static void graph_put(const char *nodes, const char *edges)
{
    wire_call(wire, "PutGraph", "{'run_id':'r','graph':{'nodes':[%s],'edges':[%s]}}",
              harness_quote(nodes), harness_quote(edges));
}

static void graph_is(const char *nodes, const char *edges)
{
    answer_matches(wire_call(wire, "GetGraph", "{'run_id':'r'}"),
                   "{'graph':{'nodes':[%s],'edges':[%s]}}", harness_quote(nodes),
                   harness_quote(edges));
}

START_TEST(levels_are_computed)
{
    static const char edges[] = "{'from':'d','to':'b'},{'from':'d','to':'a'},{'from':'b','to':'a'},"
                                "{'from':'e','to':'a'},{'from':'b','to':'c'}";

    scene_run("r");
    /* the longest path counts, and the order given is kept */
    graph_put("{'id':'a'},{'id':'b'},{'id':'c'},{'id':'d'},{'id':'e'},{'id':'alone'}", edges);
    graph_is("{'id':'a','level':2},{'id':'b','level':1},{'id':'c','level':2},{'id':'d','level':0},"
             "{'id':'e','level':0},{'id':'alone','level':0}",
             edges);
    subject_stop(subject);
    ck_assert_str_eq(database_rows(subject->database, "SELECT levels FROM graphs"),
                     "[[\"d\",\"e\",\"alone\"],[\"b\"],[\"a\",\"c\"]]\n");
    ck_assert_int_eq(database_int(subject->database,
                                  "SELECT count(*) FROM graphs, json_each(nodes) AS n WHERE "
                                  "json_extract(n.value, '$.id') IS NOT NULL"),
                     6);
    ck_assert_int_eq(database_int(subject->database,
                                  "SELECT count(*) FROM graphs, json_each(edges) AS e WHERE "
                                  "json_extract(e.value, '$.from') IS NOT NULL AND "
                                  "json_extract(e.value, '$.to') IS NOT NULL"),
                     5);
}
END_TEST

START_TEST(levels_are_taken)
{
    scene_run("r");
    graph_put("{'id':'a','level':2},{'id':'b','level':7},{'id':'c','level':2}",
              "{'from':'a','to':'b'}");
    graph_is("{'id':'a','level':2},{'id':'b','level':7},{'id':'c','level':2}",
             "{'from':'a','to':'b'}");
    wire_call_error(wire, "InvalidGraph", "PutGraph",
                    "{'run_id':'r','graph':{'nodes':[{'id':'a','level':1},{'id':'b','level':1}],"
                    "'edges':[{'from':'a','to':'b'}]}}");
    wire_call_error(wire, "InvalidGraph", "PutGraph",
                    "{'run_id':'r','graph':{'nodes':[{'id':'a'},{'id':'b','level':1}],"
                    "'edges':[]}}");
    /* what failed changed nothing */
    graph_is("{'id':'a','level':2},{'id':'b','level':7},{'id':'c','level':2}",
             "{'from':'a','to':'b'}");
}
END_TEST

START_TEST(a_graph_is_replaced)
{
    cJSON *answer;

    scene_run("r");
    wire_call_error(wire, "GraphNotFound", "GetGraph", "{'run_id':'r'}");
    graph_put("{'id':'a','label':'first','status':'queued','attributes':{'cost':1}}", "");
    graph_is("{'id':'a','level':0,'label':'first','status':'queued','attributes':{'cost':1}}", "");
    graph_put("{'id':'b'}", "");
    graph_is("{'id':'b','level':0}", "");
    answer = wire_call(wire, "GetGraph", "{'run_id':'r'}");
    answer_lacks(answer, "graph.nodes[0].label");
    answer_lacks(answer, "graph.nodes[0].status");
    answer_lacks(answer, "graph.nodes[0].attributes");
    graph_put("", "");
    graph_is("", "");
}
END_TEST

START_TEST(a_run_is_made_with_its_graph)
{
    answer_matches(wire_call(wire, "CreateRun",
                             "{'id':'r','repo_path':'/r','graph':{'nodes':[{'id':'a'},{'id':'b'}],"
                             "'edges':[{'from':'b','to':'a'}]}}"),
                   "{'created':true}");
    graph_is("{'id':'a','level':1},{'id':'b','level':0}", "{'from':'b','to':'a'}");
    /* a graph at fault makes no run */
    wire_call_error(wire, "InvalidGraph", "CreateRun",
                    "{'id':'s','repo_path':'/r','graph':{'nodes':[{'id':'a'}],"
                    "'edges':[{'from':'a','to':'a'}]}}");
    wire_call_error(wire, "RunNotFound", "GetRun", "{'run_id':'s'}");
}
END_TEST

START_TEST(faults_name_a_node)
{
    cJSON *answer;
    const char *node;

    scene_run("r");
    answer = wire_call_error(wire, "InvalidGraph", "PutGraph",
                             "{'run_id':'r','graph':{'nodes':[{'id':'a'},{'id':'b'},{'id':'c'},"
                             "{'id':'d'}],'edges':[{'from':'a','to':'b'},{'from':'b','to':'c'},"
                             "{'from':'c','to':'b'},{'from':'c','to':'d'}]}}");
    node = answer_text(answer, "node");
    ck_assert_msg(strcmp(node, "b") == 0 || strcmp(node, "c") == 0, "%s is in no cycle", node);
    ck_assert_str_ne(answer_text(answer, "reason"), "");
    answer = wire_call_error(wire, "InvalidGraph", "PutGraph",
                             "{'run_id':'r','graph':{'nodes':[{'id':'a'},{'id':'b'}],"
                             "'edges':[{'from':'a','to':'b'},{'from':'a','to':'b'}]}}");
    node = answer_text(answer, "node");
    ck_assert_msg(strcmp(node, "a") == 0 || strcmp(node, "b") == 0, "%s", node);
}
END_TEST

/* A chain as long as the limits allow: no recursion may break on it, and time stays linear. */
/* Graphs that another program, or damage, has made wrong, each in one way; and what is told. */
static const struct {
    const char *nodes;
    const char *edges;
    const char *levels;
    const char *problem; /* NULL: none */
} stored[] = {
    {"[]", "[]", "[]", NULL},
    {"[{\"id\":\"a\",\"level\":0},{\"id\":\"b\",\"level\":3}]", "[{\"from\":\"a\",\"to\":\"b\"}]",
     "[[\"a\"],[\"b\"]]", NULL},
    {"[{\"id\":\"a\"},{\"id\":\"b\"}]", "[]", "[[\"b\",\"a\"]]", NULL},
    {"[{", "[]", "[]", "the nodes or edges are no JSON of their form"},
    {"{}", "[]", "[]", "the nodes or edges are no JSON of their form"},
    {"[{\"name\":\"a\"}]", "[]", "[[\"a\"]]", "the nodes or edges are no JSON of their form"},
    {"[]", "[7]", "[]", "the nodes or edges are no JSON of their form"},
    {"[{\"id\":\"a\"},{\"id\":\"a\"}]", "[]", "[[\"a\"]]", "two nodes have the same id: a"},
    {"[{\"id\":\"a\"}]", "[{\"from\":\"a\",\"to\":\"z\"}]", "[[\"a\"]]",
     "an edge ends at a node that is not in the graph: z"},
    {"[{\"id\":\"a\"}]", "[{\"from\":\"a\",\"to\":\"a\"}]", "[[\"a\"]]",
     "an edge joins a node to itself: a"},
    {"[{\"id\":\"a\"},{\"id\":\"b\"}]",
     "[{\"from\":\"a\",\"to\":\"b\"},{\"from\":\"a\",\"to\":\"b\"}]", "[[\"a\"],[\"b\"]]",
     "two edges join the same nodes: a"},
    {"[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]",
     "[{\"from\":\"a\",\"to\":\"b\"},{\"from\":\"b\",\"to\":\"a\"}]", "[[\"a\"],[\"b\"],[\"c\"]]",
     "the edges form a cycle: "},
    {"[{\"id\":\"a\",\"level\":1},{\"id\":\"b\",\"level\":1}]", "[{\"from\":\"a\",\"to\":\"b\"}]",
     "[[\"a\"],[\"b\"]]", "an edge does not go to a higher level: b"},
    {"[{\"id\":\"a\"},{\"id\":\"b\",\"level\":1}]", "[]", "[[\"a\"],[\"b\"]]",
     "level is given on some nodes and not on others: b"},
    {"[]", "[]", "[[]", "the levels are no JSON"},
    {"[]", "[]", "{}", "the levels are no lists of node ids"},
    {"[{\"id\":\"a\"}]", "[]", "[\"a\"]", "the levels are no lists of node ids"},
    {"[{\"id\":\"a\"}]", "[]", "[[\"a\",7]]", "the levels are no lists of node ids"},
    {"[{\"id\":\"a\"}]", "[]", "[[\"a\",\"b\"]]",
     "the levels name a node that is not in the graph: b"},
    {"[{\"id\":\"a\"}]", "[]", "[[\"a\"],[\"a\"]]", "a node is in two levels: a"},
    {"[{\"id\":\"a\"},{\"id\":\"b\"}]", "[]", "[[\"a\"]]", "a node is in no level: b"},
    {"[{\"id\":\"a\"},{\"id\":\"b\"}]", "[{\"from\":\"a\",\"to\":\"b\"}]", "[[\"b\"],[\"a\"]]",
     "an edge does not go to a higher level: b"},
    {"[{\"id\":\"a\"},{\"id\":\"b\"}]", "[{\"from\":\"a\",\"to\":\"b\"}]", "[[\"a\",\"b\"]]",
     "an edge does not go to a higher level: b"},
    {"[{\"id\":\"a\",\"level\":0},{\"id\":\"b\",\"level\":1}]", "[]", "[[\"a\",\"b\"]]",
     "the levels are not those of the nodes: b"},
    {"[{\"id\":\"a\",\"level\":0},{\"id\":\"b\",\"level\":1}]", "[]", "[[\"b\"],[\"a\"]]",
     "the levels are not those of the nodes: a"},
};

enum { N_STORED = sizeof(stored) / sizeof(stored[0]) };

static void stored_put(size_t i)
{
    char sql[1024];

    scene_run(harness_text("r%zu", i));
    snprintf(sql, sizeof(sql), "INSERT INTO graphs VALUES ('r%zu', '%s', '%s', '%s')", i,
             stored[i].nodes, stored[i].edges, stored[i].levels);
    database_run(subject->database, sql);
}

/* A check finds each, one beside the other, and names its run; a quick one leaves them out. */
START_TEST(what_is_stored_is_checked)
{
    const cJSON *answer;
    int n = 0;

    for (size_t i = 0; i < N_STORED; i++)
        stored_put(i);
    answer_matches(wire_call(wire, "CheckIntegrity", "{'quick':true}"), "{'ok':true}");
    answer = wire_call(wire, "CheckIntegrity", NULL);
    for (size_t i = 0; i < N_STORED; i++) {
        const char *wanted = harness_text("the graph of run r%zu: %s", i,
                                          stored[i].problem ? stored[i].problem : "");
        const char *told;

        if (!stored[i].problem)
            continue;
        told = answer_text(answer, harness_text("problems[%d]", n++));
        ck_assert_msg(strncmp(told, wanted, strlen(wanted)) == 0, "%s, not: %s", told, wanted);
    }
    ck_assert_int_eq(answer_count(answer, "problems"), n);
}
END_TEST

START_TEST(a_long_chain)
{
    enum { NODES = 20000 };
    char *nodes = harness_alloc(NODES * 32);
    char *edges = harness_alloc(NODES * 48);
    size_t n = 0;
    size_t e = 0;
    cJSON *answer;

    for (int i = 0; i < NODES; i++) {
        n += (size_t)sprintf(nodes + n, "%s{\"id\":\"n%d\"}", i ? "," : "", i);
        if (i > 0)
            e += (size_t)sprintf(edges + e, "%s{\"from\":\"n%d\",\"to\":\"n%d\"}", i > 1 ? "," : "",
                                 i, i - 1);
    }
    scene_run("r");
    graph_put(nodes, edges);
    answer = wire_call(wire, "GetGraph", "{'run_id':'r'}");
    ck_assert_int_eq(answer_count(answer, "graph.nodes"), NODES);
    ck_assert_int_eq(answer_int(answer, "graph.nodes[0].level"), NODES - 1);
    ck_assert_int_eq(answer_count(answer, "graph.edges"), NODES - 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("graphs");
    TCase *test_case = scene_case(suite, "graphs", 60);

    tcase_add_test(test_case, levels_are_computed);
    tcase_add_test(test_case, levels_are_taken);
    tcase_add_test(test_case, a_graph_is_replaced);
    tcase_add_test(test_case, a_run_is_made_with_its_graph);
    tcase_add_test(test_case, faults_name_a_node);
    tcase_add_test(test_case, what_is_stored_is_checked);
    tcase_add_test(test_case, a_long_chain);
    return harness_main(suite);
}
