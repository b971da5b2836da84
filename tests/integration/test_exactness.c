/*
 * Numbers, texts and times come back exactly as they were given. These tests look at the bytes of
 * the answers, because reading them as doubles would hide what they are after.
 */
#include <stdio.h>
#include <string.h>

#include "database.h"
#include "scene.h"

/* What is sent, and what comes back where insignificant white space is dropped (NULL: the same). */
struct text_pair {
    const char *sent;
    const char *back;
};

static const struct text_pair payloads[] = {
    {"{}", NULL},
    {"{'n':9007199254740993}", NULL},
    {"{'n':-9223372036854775808,'m':9223372036854775807,'o':18446744073709551616}", NULL},
    {"{'d':0.1,'e':1e400,'f':-1E-400,'g':1.0,'h':-0,'i':-0.0,'j':1E+2,'k':0.10000000000000001}",
     NULL},
    {"{'long':3.14159265358979323846264338327950288419716939937510582097494459}", NULL},
    {"{'z':{'y':{'x':[{'c':1,'b':2,'a':3},{'a':1,'b':2,'c':3}]}},'a':{'z':1,'A':2,'a':3}}", NULL},
    {"{'a':1,'A':2,'\\u0062':3,'':4}", NULL},
    {"{'t':true,'f':false,'n':null,'l':[],'o':{}}", NULL},
    {"{'text':'\\u00e9 \xc3\xa9 \\ud83d\\ude00 \\/ \\\\ \\b\\f\\n\\r\\t \\u001b[31m'}", NULL},
    {"{'text':'\xe2\x80\xae gnirts \xe2\x80\xac %n%s; DROP TABLE runs; --'}", NULL},
    {" { 'a' : [ 1 , 2 ]\t,\r\n'b' : ' x  y \\n' } ", "{'a':[1,2],'b':' x  y \\n'}"},
};

enum { N_PAYLOADS = sizeof(payloads) / sizeof(*payloads) };

/* The reply's bytes to one call. */
static const char *reply_bytes(const char *method, const char *parameters)
{
    wire_start(wire, method, NULL, parameters);
    return wire_receive(wire, NULL);
}

static void bytes_hold(const char *bytes, const char *part)
{
    ck_assert_msg(bytes && strstr(bytes, part), "expected %.1000s\n in %.2000s", part, bytes);
}

static void payload_append(const char *payload)
{
    ck_assert(wire_send_text(wire,
                             "{'method':'dev.historyd.history.AppendEvents','parameters':"
                             "{'run_id':'r','events':[{'type':'a','payload':%s}]}}",
                             payload));
    wire_result(wire);
}

START_TEST(payloads_come_back)
{
    struct wire *watcher = wire_open(subject);

    scene_run("r");
    wire_start(watcher, "Watch", "'more':true", "{'run_id':'r','after_seq':0}");
    ck_assert_ptr_nonnull(wire_receive(watcher, NULL)); /* the run's row */
    for (int i = 0; i < N_PAYLOADS; i++) {
        const char *back = payloads[i].back ? payloads[i].back : payloads[i].sent;
        const char *expected = harness_text("'payload':%s", harness_quote(back));
        const char *message = "";

        payload_append(harness_quote(payloads[i].sent));
        bytes_hold(reply_bytes("ListEvents", harness_text("{'run_id':'r','after_seq':%d}", i)),
                   expected);
        while (!strstr(message, "\"payload\""))
            ck_assert_ptr_nonnull(message = wire_receive(watcher, NULL));
        bytes_hold(message, expected);
    }
}
END_TEST

START_TEST(payloads_survive_a_restart)
{
    scene_run("r");
    for (int i = 0; i < N_PAYLOADS; i++)
        payload_append(harness_quote(payloads[i].sent));
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
    for (int i = 0; i < N_PAYLOADS; i++) {
        const char *back = payloads[i].back ? payloads[i].back : payloads[i].sent;

        bytes_hold(
            reply_bytes("ListEvents", harness_text("{'run_id':'r','after_seq':%d,'limit':1}", i)),
            harness_text("'payload':%s", harness_quote(back)));
    }
}
END_TEST

START_TEST(long_texts_come_back)
{
    const char *text = harness_repeat("All work and no play \\\"makes\\\" \xe2\x82\xac ", 600);
    const char *payload = harness_text("{'text':'%s'}", text);

    ck_assert_uint_gt(strlen(payload), 20 << 10);
    scene_run("r");
    payload_append(payload);
    bytes_hold(reply_bytes("ListEvents", "{'run_id':'r'}"), harness_text("'payload':%s", payload));
    /* exactly at the limit */
    payload = harness_text("{'k':'%s'}", harness_repeat("x", (1 << 20) - 8));
    payload_append(payload);
    bytes_hold(reply_bytes("ListEvents", "{'run_id':'r','after_seq':1}"), payload);
}
END_TEST

START_TEST(attributes_come_back)
{
    scene_run("r");
    for (int i = 0; i < N_PAYLOADS; i++) {
        const char *back = payloads[i].back ? payloads[i].back : payloads[i].sent;

        wire_call(wire, "PutGraph",
                  "{'run_id':'r','graph':{'nodes':[{'id':'a','attributes':%s}],'edges':[]}}",
                  harness_quote(payloads[i].sent));
        bytes_hold(reply_bytes("GetGraph", "{'run_id':'r'}"),
                   harness_text("'attributes':%s", harness_quote(back)));
    }
}
END_TEST

static const char *const texts[] = {
    "x'); DROP TABLE events; --",
    "%n%s%d%x%%",
    "\x1b[2J\x1b]0;title\x07 bell",
    "\xe2\x80\xae right to left \xe2\x80\xac",
    "two\nlines\r\n\tand tabs",
    "\"quoted\" \\ back / slash",
    "\xf0\x9f\x98\x80 \xe4\xbd\xa0\xe5\xa5\xbd \xc3\xa9",
    "e\xcc\x81",
    " leading and trailing ",
    "\x01\x02\x7f",
};

START_TEST(texts_come_back)
{
    const char *text = texts[_i];
    cJSON *call = cJSON_CreateString(text);
    char *quoted = cJSON_PrintUnformatted(call);
    cJSON *answer;

    wire_call(wire, "CreateRun", "{'id':'r','repo_path':%s,'tasks_dir':%s}", quoted, quoted);
    answer = wire_call(wire, "GetRun", "{'run_id':'r'}");
    ck_assert_str_eq(answer_text(answer, "run.repo_path"), text);
    ck_assert_str_eq(answer_text(answer, "run.tasks_dir"), text);
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a','unit':%s,'error':%s}]}",
              quoted, quoted);
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','unit':%s}", quoted);
    ck_assert_str_eq(answer_text(answer, "events[0].unit"), text);
    ck_assert_str_eq(answer_text(answer, "events[0].error"), text);
    wire_call(wire, "PutGraph",
              "{'run_id':'r','graph':{'nodes':[{'id':%s,'label':%s,'status':%s},{'id':'end'}],"
              "'edges':[{'from':%s,'to':'end'}]}}",
              quoted, quoted, quoted, quoted);
    answer = wire_call(wire, "GetGraph", "{'run_id':'r'}");
    ck_assert_str_eq(answer_text(answer, "graph.nodes[0].id"), text);
    ck_assert_str_eq(answer_text(answer, "graph.nodes[0].label"), text);
    ck_assert_str_eq(answer_text(answer, "graph.edges[0].from"), text);
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'failed','error':%s}", quoted);
    answer = wire_call(wire, "ListRuns", "{'repo_path':%s}", quoted);
    ck_assert_str_eq(answer_text(answer, "runs[0].error"), text);
    cJSON_free(quoted);
    cJSON_Delete(call);
}
END_TEST

START_TEST(run_ids_hold_every_visible_character)
{
    char all['~' - '!' + 2] = "";
    char quoted[256] = "";

    for (int c = '!'; c <= '~'; c++) {
        all[c - '!'] = (char)c;
        sprintf(quoted + strlen(quoted), "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    ck_assert(wire_send_text(wire,
                             "{'method':'dev.historyd.history.CreateRun','parameters':"
                             "{'id':\"%s\",'repo_path':'/r'}}",
                             quoted));
    ck_assert_str_eq(answer_text(wire_result(wire), "run.id"), all);
    wire_call(wire, "CreateRun", "{'id':'%s','repo_path':'/r'}", harness_repeat("x", 128));
}
END_TEST

START_TEST(integers_are_exact)
{
    static const char *const numbers[] = {
        "-9223372036854775808", "9223372036854775807", "4503599627370499",
        "9007199254740993",     "-9007199254740993",   "0",
    };

    scene_run("r");
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
        wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a','task':%s,'pr':%s}]}",
                  numbers[i], numbers[i]);
        bytes_hold(reply_bytes("ListEvents", harness_text("{'run_id':'r','task':%s}", numbers[i])),
                   harness_text("'task':%s,'pr':%s", numbers[i], numbers[i]));
        if (numbers[i][0] == '-')
            continue;
        bytes_hold(
            reply_bytes("UpdateRun", harness_text("{'run_id':'r','failed_units':%s}", numbers[i])),
            harness_text("'failed_units':%s,", numbers[i]));
    }
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'b','task':-0}]}");
    bytes_hold(reply_bytes("ListEvents", "{'run_id':'r','type':'b'}"), "\"task\":0");
}
END_TEST

START_TEST(sequence_numbers_are_exact)
{
    const char *reply;

    scene_run("r");
    for (int i = 0; i < 2; i++) {
        reply = reply_bytes("AppendEvents",
                            "{'run_id':'r','events':[{'seq':9223372036854775806,'type':'a'},"
                            "{'seq':9223372036854775807,'type':'b'}]}");
        bytes_hold(reply, "\"first_seq\":9223372036854775806,\"last_seq\":9223372036854775807");
        bytes_hold(reply, i ? "\"duplicates\":2" : "\"inserted\":2");
    }
    bytes_hold(reply_bytes("ListEvents", "{'run_id':'r','after_seq':9223372036854775806}"),
               "\"seq\":9223372036854775807");
    bytes_hold(reply_bytes("GetRun", "{'run_id':'r'}"), "\"last_seq\":9223372036854775807");
    answer_matches(
        wire_call_error(wire, "TooLarge", "AppendEvents", "{'run_id':'r','events':[{'type':'c'}]}"),
        "{'what':'seq'}");
    answer_matches(wire_call_error(wire, "TooLarge", "StopRun", "{'run_id':'r'}"),
                   "{'what':'seq'}");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'status':'running'}}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','count':true}"), "{'total':2}");
}
END_TEST

START_TEST(event_ids_are_exact)
{
    scene_run("r");
    scene_event("r", "first");
    wire_close(wire);
    subject_stop(subject);
    database_run(subject->database,
                 "UPDATE sqlite_sequence SET seq = 9223372036854775805 WHERE name = 'events'");
    subject_start(subject);
    wire = wire_open(subject);
    scene_event("r", "second");
    scene_event("r", "third");
    bytes_hold(reply_bytes("ListEvents", "{'run_id':'r','type':'second'}"),
               "\"id\":9223372036854775806");
    bytes_hold(reply_bytes("ListEvents", "{'run_id':'r','type':'third'}"),
               "\"id\":9223372036854775807");
    bytes_hold(reply_bytes("GetStatus", NULL), "\"last_event_id\":9223372036854775807");
    wire_start(wire, "Watch", "'more':true", "{'after_id':9223372036854775806}");
    bytes_hold(wire_receive(wire, NULL), "\"last_id\":9223372036854775807");
}
END_TEST

static const struct text_pair times[] = {
    {"2026-01-20T14:30:52.123456Z", NULL},
    {"2026-01-20T14:30:52Z", "2026-01-20T14:30:52.000000Z"},
    {"2026-01-20t14:30:52z", "2026-01-20T14:30:52.000000Z"},
    {"2026-01-20T14:30:52.1Z", "2026-01-20T14:30:52.100000Z"},
    {"2026-01-20T14:30:52.123456999Z", "2026-01-20T14:30:52.123456Z"},
    {"2026-01-20T14:30:52.12345678901234567890123456789Z", "2026-01-20T14:30:52.123456Z"},
    {"2026-01-20T14:30:52+02:00", "2026-01-20T12:30:52.000000Z"},
    {"2026-01-20T14:30:52-00:00", "2026-01-20T14:30:52.000000Z"},
    {"2026-01-20T00:00:00.5+23:59", "2026-01-19T00:01:00.500000Z"},
    {"2026-12-31T23:59:59.999999-00:01", "2027-01-01T00:00:59.999999Z"},
    {"2024-02-29T23:00:00-01:30", "2024-03-01T00:30:00.000000Z"},
    {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000000Z"},
    {"1969-12-31T23:59:59.999999Z", NULL},
    {"0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"},
    {"0000-12-31T23:59:00-00:01", "0001-01-01T00:00:00.000000Z"},
    {"9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"},
};

START_TEST(times_are_normalised)
{
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
        const char *back = times[i].back ? times[i].back : times[i].sent;
        cJSON *answer =
            wire_call(wire, "CreateRun", "{'id':'r%zu','repo_path':'/r','started_at':'%s'}", i,
                      times[i].sent);

        ck_assert_str_eq(answer_text(answer, "run.started_at"), back);
        /* the same moment, written differently, is the same run */
        answer = wire_call(wire, "CreateRun", "{'id':'r%zu','repo_path':'/r','started_at':'%s'}", i,
                           back);
        answer_matches(answer, "{'created':false}");
        wire_call(wire, "AppendEvents", "{'run_id':'r%zu','events':[{'type':'a','time':'%s'}]}", i,
                  times[i].sent);
        answer = wire_call(wire, "ListEvents", "{'run_id':'r%zu'}", i);
        ck_assert_str_eq(answer_text(answer, "events[0].time"), back);
    }
    subject_stop(subject);
    ck_assert_int_eq(database_int(subject->database, "SELECT count(*) FROM runs WHERE "
                                                     "length(started_at) != 27"),
                     0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exactness");
    TCase *test_case = scene_case(suite, "exactness", 60);

    tcase_add_test(test_case, payloads_come_back);
    tcase_add_test(test_case, payloads_survive_a_restart);
    tcase_add_test(test_case, long_texts_come_back);
    tcase_add_test(test_case, attributes_come_back);
    tcase_add_loop_test(test_case, texts_come_back, 0, sizeof(texts) / sizeof(*texts));
    tcase_add_test(test_case, run_ids_hold_every_visible_character);
    tcase_add_test(test_case, integers_are_exact);
    tcase_add_test(test_case, sequence_numbers_are_exact);
    tcase_add_test(test_case, event_ids_are_exact);
    tcase_add_test(test_case, times_are_normalised);
    return harness_main(suite);
}
