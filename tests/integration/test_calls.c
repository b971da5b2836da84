/*
 * The rules of the wire that are about more than one message: order, pipelining, oneway, more,
 * half-closed connections, and what the daemon says about itself.
 */
#include <string.h>

#include "scene.h"

START_TEST(replies_come_in_order)
{
    enum { CALLS = 3000 };
    char *calls = harness_alloc(CALLS * 200);
    size_t size = 0;

    scene_run("r");
    for (int i = 0; i < CALLS; i++) {
        const char *call =
            i % 3 == 0 ? harness_text("{'method':'dev.historyd.history.AppendEvents','parameters':"
                                      "{'run_id':'r','events':[{'type':'a'}]}}")
            : i % 3 == 1
                ? harness_text(
                      "{'method':'dev.historyd.history.GetRun','parameters':{'run_id':'r'}}")
                : harness_text(
                      "{'method':'dev.historyd.history.GetRun','parameters':{'run_id':'%d'}}", i);

        memcpy(calls + size, call, strlen(call) + 1);
        size += strlen(call) + 1;
    }
    ck_assert(wire_send(wire, calls, size));
    for (int i = 0; i < CALLS; i += 3) {
        answer_matches(wire_result(wire), "{'first_seq':%d,'inserted':1}", i / 3 + 1);
        /* a call sees every earlier one of its connection */
        answer_matches(wire_result(wire), "{'run':{'last_seq':%d}}", i / 3 + 1);
        answer_matches(wire_error(wire, "RunNotFound"), "{'run_id':'%d'}", i + 2);
    }
    wire_call(wire, "Ping", NULL);
}
END_TEST

START_TEST(slow_calls_do_not_let_others_pass)
{
    scene_run("r");
    for (int i = 0; i < 20; i++) {
        wire_start(wire, "AppendEvents", NULL,
                   harness_text("{'run_id':'r','events':[{'type':'a'}%s]}",
                                harness_repeat(",{\"type\":\"a\"}", 999)));
        wire_start(wire, "Ping", NULL, NULL);
        wire_start(wire, "ListEvents", NULL, "{'run_id':'r','count':true,'limit':1}");
        wire_start(wire, "Nope", NULL, NULL);
    }
    for (int i = 0; i < 20; i++) {
        answer_matches(wire_result(wire), "{'inserted':1000}");
        wire_result(wire);
        answer_matches(wire_result(wire), "{'total':%d}", (i + 1) * 1000);
        wire_error(wire, "MethodNotFound");
    }
}
END_TEST

START_TEST(parameters_may_be_left_out)
{
    static const char *const pings[] = {
        "{'method':'dev.historyd.history.Ping'}",
        "{'method':'dev.historyd.history.Ping','parameters':null}",
        "{'method':'dev.historyd.history.Ping','parameters':{}}",
        " { 'parameters' : { } , 'method' : 'dev.historyd.history.Ping' } \n",
        "{'method':'dev.historyd.history.Ping','more':false,'oneway':false,'upgrade':false}",
        "{'m\\u0065thod':'dev.historyd.history.\\u0050ing'}",
        "{'method':'dev.historyd.history.Ping','more':true}",
    };

    for (size_t i = 0; i < sizeof(pings) / sizeof(*pings); i++) {
        wire_send_text(wire, "%s", harness_quote(pings[i]));
        ck_assert_str_eq(wire_receive(wire, NULL), "{\"parameters\":{}}");
    }
}
END_TEST

START_TEST(oneway_calls_get_no_answer)
{
    scene_run("r");
    for (int i = 0; i < 50; i++) {
        wire_start(wire, "AppendEvents", "'oneway':true", "{'run_id':'r','events':[{'type':'a'}]}");
        wire_start(wire, "AppendEvents", "'oneway':true",
                   "{'run_id':'none','events':[{'type':'a'}]}");
        wire_start(wire, "GetRun", "'oneway':true", "{'run_id':17}");
        wire_start(wire, "Nope", "'oneway':true", NULL);
        wire_start(wire, "Watch", "'oneway':true", NULL);
        wire_start(wire, "org.example.none.Do", "'oneway':true", NULL);
        answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':%d}}",
                       i + 1);
    }
}
END_TEST

START_TEST(more_on_an_ordinary_method_is_one_reply)
{
    cJSON *reply;

    scene_run("r");
    wire_start(wire, "GetRun", "'more':true", "{'run_id':'r'}");
    reply = wire_reply(wire);
    answer_matches(reply, "{'parameters':{'run':{'id':'r'}}}");
    ck_assert_msg(!answer_find(reply, "continues") || !answer_bool(reply, "continues"),
                  "continues");
    wire_call(wire, "Ping", NULL);
}
END_TEST

START_TEST(a_stream_needs_more)
{
    wire_call_error(wire, "ExpectedMore", "Watch", "{}");
    wire_call_error(wire, "ExpectedMore", "Watch", NULL);
    wire_call(wire, "Ping", NULL);
}
END_TEST

START_TEST(a_stream_holds_later_calls_back)
{
    struct wire *other = wire_open(subject);
    cJSON *reply;

    scene_run("r");
    wire_start(other, "Watch", "'more':true", NULL);
    wire_start(other, "Ping", NULL, NULL);
    reply = wire_reply(other);
    answer_matches(reply, "{'continues':true,'parameters':{'ready':true}}");
    scene_event("r", "a");
    reply = wire_reply(other);
    answer_matches(reply, "{'continues':true,'parameters':{'events':[{'type':'a'}]}}");
    /* the client ends it by closing; the daemon then watches for nobody */
    wire_close(other);
    for (int64_t deadline = harness_deadline();;) {
        if (answer_int(wire_call(wire, "GetStatus", NULL), "watchers") == 0)
            break;
        harness_turn(deadline, "the watcher to be gone");
    }
    answer_matches(wire_call(wire, "GetStatus", NULL), "{'connections':1}");
}
END_TEST

START_TEST(a_failed_watch_lets_the_connection_go_on)
{
    wire_start(wire, "Watch", "'more':true", "{'run_id':'none'}");
    wire_error(wire, "RunNotFound");
    wire_call(wire, "Ping", NULL);
}
END_TEST

START_TEST(who_has_sent_all_still_gets_answers)
{
    scene_run("r");
    for (int i = 0; i < 200; i++)
        wire_start(wire, "AppendEvents", NULL, "{'run_id':'r','events':[{'type':'a'}]}");
    wire_start(wire, "GetRun", NULL, "{'run_id':'r'}");
    wire_half_close(wire);
    for (int i = 0; i < 200; i++)
        answer_matches(wire_result(wire), "{'first_seq':%d}", i + 1);
    answer_matches(wire_result(wire), "{'run':{'last_seq':200}}");
    wire_expect_end(wire);
}
END_TEST

START_TEST(half_a_message_at_the_end_is_dropped)
{
    scene_run("r");
    wire_start(wire, "GetRun", NULL, "{'run_id':'r'}");
    wire_send(wire, "{\"method\":", 10);
    wire_half_close(wire);
    answer_matches(wire_result(wire), "{'run':{'id':'r'}}");
    /* with or without a word about it, the connection ends */
    if (wire_receive(wire, NULL))
        wire_expect_end(wire);
    wire = wire_open(subject);
    wire_call(wire, "Ping", NULL);
}
END_TEST

START_TEST(who_leaves_early_is_no_harm)
{
    scene_run("r");
    for (int i = 0; i < 200; i++) {
        struct wire *other = wire_open(subject);

        wire_start(other, "AppendEvents", NULL, "{'run_id':'r','events':[{'type':'a'}]}");
        if (i % 2)
            wire_start(other, "ListEvents", NULL, "{'run_id':'r','limit':1000}");
        wire_close(other);
    }
    for (int64_t deadline = harness_deadline();;) {
        if (answer_int(wire_call(wire, "GetStatus", NULL), "connections") == 1)
            break;
        harness_turn(deadline, "the connections to be gone");
    }
}
END_TEST

START_TEST(the_service_describes_itself)
{
    static const char *const interfaces[] = {
        "org.varlink.service",
        "dev.historyd.history",
        "dev.historyd.admin",
    };
    cJSON *answer = wire_call(wire, "GetInfo", NULL);

    ck_assert_str_ne(answer_text(answer, "vendor"), "");
    ck_assert_str_ne(answer_text(answer, "product"), "");
    ck_assert_str_ne(answer_text(answer, "version"), "");
    answer_text(answer, "url");
    ck_assert_int_eq(answer_count(answer, "interfaces"), 3);
    for (size_t i = 0; i < 3; i++) {
        const char *path = harness_text("%s/proto/%s.varlink", SOURCE_FOLDER, interfaces[i]);
        const char *text = harness_read_file(path, NULL);
        bool listed = false;

        for (int n = 0; n < 3; n++)
            listed |=
                strcmp(answer_text(answer, harness_text("interfaces[%d]", n)), interfaces[i]) == 0;
        ck_assert_msg(listed, "%s is not listed", interfaces[i]);
        ck_assert_msg(text != NULL, "no %s", path);
        ck_assert_str_eq(answer_text(wire_call(wire, "GetInterfaceDescription",
                                               "{'interface':'%s'}", interfaces[i]),
                                     "description"),
                         text);
    }
}
END_TEST

START_TEST(the_status_tells)
{
    struct wire *watcher = wire_open(subject);
    cJSON *answer;

    wire_start(watcher, "Watch", "'more':true", NULL);
    answer_matches(wire_result(watcher), "{'ready':true,'last_id':0}");
    scene_run("r");
    scene_run("s");
    scene_event("r", "a");
    scene_event("r", "b");
    wire_call(wire, "CompleteRun", "{'run_id':'s','status':'failed'}");
    answer = wire_call(wire, "GetStatus", NULL);
    answer_matches(answer,
                   "{'schema_version':3,'pid':%d,'database':'%s','runs_running':1,"
                   "'events_appended':2,'last_event_id':2,'connections':2,'watchers':1}",
                   subject->pid, subject->database);
    answer_is_time(answer, "started_at");
    ck_assert_int_gt(answer_int(answer, "database_bytes"), 0);
    answer_int(answer, "wal_bytes");
    answer_matches(answer,
                   "{'limits':{'message':16777216,'depth':64,'values':500000,"
                   "'events':10000,'payload':1048576,'error':65536,'type':128,'unit':1024,"
                   "'label':1024,'reason':1024,'path':4096,'nodes':100000,'edges':500000}}");
    /* since start */
    wire_close(watcher);
    subject_stop(subject);
    subject_start(subject);
    wire = wire_open(subject);
    answer_matches(wire_call(wire, "GetStatus", NULL),
                   "{'events_appended':0,'last_event_id':2,'runs_running':1,'watchers':0}");
}
END_TEST

START_TEST(the_administrator_is_served)
{
    cJSON *answer;

    scene_run("r");
    scene_event("r", "a");
    answer = wire_call(wire, "Checkpoint", NULL);
    ck_assert_int_ge(answer_int(answer, "wal_pages"), answer_int(answer, "checkpointed_pages"));
    answer_matches(wire_call(wire, "CheckIntegrity", NULL), "{'ok':true,'problems':[]}");
    answer_matches(wire_call(wire, "CheckIntegrity", "{'quick':true}"),
                   "{'ok':true,'problems':[]}");
    answer_matches(wire_call(wire, "CheckIntegrity", "{'quick':false}"), "{'ok':true}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("calls");
    TCase *test_case = scene_case(suite, "calls", 60);

    tcase_add_test(test_case, replies_come_in_order);
    tcase_add_test(test_case, slow_calls_do_not_let_others_pass);
    tcase_add_test(test_case, parameters_may_be_left_out);
    tcase_add_test(test_case, oneway_calls_get_no_answer);
    tcase_add_test(test_case, more_on_an_ordinary_method_is_one_reply);
    tcase_add_test(test_case, a_stream_needs_more);
    tcase_add_test(test_case, a_stream_holds_later_calls_back);
    tcase_add_test(test_case, a_failed_watch_lets_the_connection_go_on);
    tcase_add_test(test_case, who_has_sent_all_still_gets_answers);
    tcase_add_test(test_case, half_a_message_at_the_end_is_dropped);
    tcase_add_test(test_case, who_leaves_early_is_no_harm);
    tcase_add_test(test_case, the_service_describes_itself);
    tcase_add_test(test_case, the_status_tells);
    tcase_add_test(test_case, the_administrator_is_served);
    return harness_main(suite);
}
