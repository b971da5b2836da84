/*
 * How a connection ends: in the middle of a message, in the middle of answers, with work under way.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "scene.h"

enum { GRAPH_NODES = 20000, GRAPH_CALLS = 8 };

/* Nothing else is under way on the connection: the word about the cut message is its last. */
START_TEST(cut_message_and_nothing_else)
{
    for (int i = 0; i < 50; i++) {
        struct wire *other = wire_open(subject);

        wire_send(other, "{\"method\":", 10);
        wire_half_close(other);
        answer_matches(wire_error(other, "MalformedMessage"), "{'offset':10}");
        wire_expect_end(other);
    }
    wire_call(wire, "Ping", NULL);
}
END_TEST

START_TEST(cut_message_and_gone)
{
    for (int i = 0; i < 50; i++) {
        struct wire *other = wire_open(subject);

        wire_send(other, "{\"method\":", 10);
        wire_close(other);
    }
    wire_call(wire, "Ping", NULL);
}
END_TEST

static void put_large_graph(void)
{
    cJSON *parameters = cJSON_CreateObject(), *graph, *nodes;
    char id[16], *text;

    cJSON_AddStringToObject(parameters, "run_id", "r");
    graph = cJSON_AddObjectToObject(parameters, "graph");
    nodes = cJSON_AddArrayToObject(graph, "nodes");
    cJSON_AddArrayToObject(graph, "edges");
    for (int i = 0; i < GRAPH_NODES; i++) {
        cJSON *node = cJSON_CreateObject();

        snprintf(id, sizeof(id), "n%d", i);
        cJSON_AddStringToObject(node, "id", id);
        cJSON_AddItemToArray(nodes, node);
    }
    text = cJSON_PrintUnformatted(parameters);
    wire_start(wire, "PutGraph", NULL, text);
    wire_result(wire);
    free(text);
    cJSON_Delete(parameters);
}

/* What was sent whole is carried out; what was only asked is given up, and the writes behind it are
 * not. */
START_TEST(writes_of_who_is_gone_are_carried_out)
{
    struct wire *other = wire_open(subject);

    scene_run("r");
    put_large_graph();
    wire_start(other, "AppendEvents", NULL, "{'run_id':'r','events':[{'seq':1,'type':'a'}]}");
    for (int i = 0; i < GRAPH_CALLS; i++)
        wire_start(other, "GetGraph", NULL, "{'run_id':'r'}");
    wire_start(other, "AppendEvents", NULL, "{'run_id':'r','events':[{'seq':2,'type':'b'}]}");
    wire_close(other);
    wire = wire_open(subject);
    wire_start(wire, "Watch", "'more':true", "{'run_id':'r','after_seq':1}");
    for (cJSON *told = wire_result(wire); !cJSON_GetObjectItem(told, "events");)
        told = wire_result(wire);
}
END_TEST

static void put_many_events(void)
{
    wire_call(
        wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}%s]}",
        harness_repeat(
            harness_text(",{'type':'a','payload':{'text':'%s'}}", harness_repeat("x", 1200)), 999));
}

/* The first answers are more than a peer may leave unread, so that the calls behind them wait; and
 * the peer is gone when they are written. */
START_TEST(gone_before_large_answers)
{
    int64_t deadline = harness_deadline();

    scene_run("r");
    put_many_events();
    for (int i = 0; i < 50; i++) {
        struct wire *other = wire_open(subject);

        for (int j = 0; j < 4; j++)
            wire_start(other, "ListEvents", NULL, "{'run_id':'r','limit':1000}");
        if (i % 2)
            wire_half_close(other);
        wire_close(other);
    }
    while (answer_int(wire_call(wire, "GetStatus", NULL), "connections") > 1)
        harness_turn(deadline, "the connections to be gone");
}
END_TEST

/* A thousand questions nobody waits for any more are not read for; what others ask meanwhile shows
 * how long the write behind them takes. */
START_TEST(questions_of_who_is_gone)
{
    enum { QUESTIONS = 1000, MEANWHILE = 200 };
    const char *question = harness_text("{'method':'dev.historyd.history.ListEvents',"
                                        "'parameters':{'run_id':'r','limit':1000}}");
    const char *write = harness_text("{'method':'dev.historyd.history.AppendEvents','parameters':"
                                     "{'run_id':'r','events':[{'seq':1001,'type':'b'}]}}");
    size_t size = strlen(question) + 1;
    char *bytes = harness_alloc(QUESTIONS * size + strlen(write) + 1);
    struct wire *other = wire_open(subject);
    int asked = 0;

    for (size_t i = 0; i < QUESTIONS; i++)
        memcpy(bytes + i * size, question, size);
    strcpy(bytes + QUESTIONS * size, write);
    scene_run("r");
    put_many_events();
    wire_call(other, "Ping", NULL);
    subject_signal(subject, SIGSTOP);
    ck_assert(wire_send(other, bytes, QUESTIONS * size + strlen(write) + 1));
    wire_close(other);
    subject_signal(subject, SIGCONT);
    while (
        !answer_holds(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':1001}}")) {
        ck_assert(wire_send(wire, question, size));
        ck_assert_ptr_nonnull(wire_receive(wire, NULL));
        ck_assert_int_lt(asked++, MEANWHILE);
    }
}
END_TEST

/* Stopped in the middle of many slow reads, the daemon answers each, with a graph or a word. */
START_TEST(stopped_among_reads)
{
    struct wire *others[20];

    scene_run("r");
    put_large_graph();
    for (int i = 0; i < 20; i++) {
        others[i] = wire_open(subject);
        for (int j = 0; j < GRAPH_CALLS; j++)
            wire_start(others[i], "GetGraph", NULL, "{'run_id':'r'}");
    }
    subject_signal(subject, SIGTERM);
    for (int i = 0; i < 20; i++) {
        cJSON *reply;

        while ((reply = wire_reply(others[i]))) {
            const cJSON *error = cJSON_GetObjectItem(reply, "error");

            if (error)
                ck_assert_str_eq(error->valuestring, "dev.historyd.history.ShuttingDown");
        }
    }
    ck_assert_int_eq(subject_wait(subject), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("partings");
    TCase *test_case = scene_case(suite, "partings", 60);

    tcase_add_test(test_case, cut_message_and_nothing_else);
    tcase_add_test(test_case, cut_message_and_gone);
    tcase_add_test(test_case, writes_of_who_is_gone_are_carried_out);
    tcase_add_test(test_case, gone_before_large_answers);
    tcase_add_test(test_case, questions_of_who_is_gone);
    tcase_add_test(test_case, stopped_among_reads);
    return harness_main(suite);
}
