/*
 * Payloads that another program or a flipped bit has left: no answer holds what is no JSON, the
 * event is named, and everything around it can be read.
 */
#include <string.h>

#include "database.h"
#include "program.h"
#include "scene.h"

static const char *const not_objects[] = {
    "'{\"a\":1'",   /* cut */
    "'{\"a\":1}}'", /* more behind it, which would end the answer's object */
    "'{\"a\":01}'",
    "'{\"a\":1,\"a\":2}'",
    "'{\"a\":\"' || char(10) || '\"}'",
    "CAST(x'7b2261223a22ff227d' AS TEXT)", /* no UTF-8 */
    "'[1]'",
    "'7'",
    "''",
    "7",
    "x'00'",
};

/* Three events; the payload of the second is not as it was. */
static void scene_damage(const char *payload)
{
    scene_run("r");
    wire_call(
        wire, "AppendEvents",
        "{'run_id':'r','events':[{'type':'a','payload':{'n':1}},{'type':'a','payload':{'n':2}},"
        "{'type':'b','payload':{'n':3}}]}");
    database_run(subject->database,
                 harness_text("UPDATE events SET payload = %s WHERE seq = 2", payload));
}

static void names_it(const cJSON *error)
{
    ck_assert_msg(
        strstr(answer_text(error, "message"), "event 2, number 2 of its run, is no JSON object"),
        "%s", answer_text(error, "message"));
}

START_TEST(in_a_list)
{
    scene_damage(not_objects[_i]);
    /* as far as it goes, then it is named, and behind it the list goes on */
    answer_matches(
        wire_call(wire, "ListEvents", "{'run_id':'r','count':true}"),
        "{'events':[{'seq':1,'payload':{'n':1}}],'has_more':true,'last_seq':3,'total':3}");
    names_it(wire_call_error(wire, "StorageFailed", "ListEvents", "{'run_id':'r','after_seq':1}"));
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','after_seq':2}"),
                   "{'events':[{'seq':3,'payload':{'n':3}}],'has_more':false}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','type':'b'}"),
                   "{'events':[{'seq':3}]}");
}
END_TEST

static void watch_goes(const char *parameters)
{
    wire_start(wire, "Watch", "'more':true", parameters);
}

START_TEST(in_a_watch)
{
    scene_damage(not_objects[_i]);
    watch_goes("{'after_id':0}");
    answer_matches(wire_result(wire), "{'events':[{'id':1}],'last_id':1}");
    names_it(wire_error(wire, "StorageFailed"));
    watch_goes("{'run_id':'r','after_seq':1}");
    names_it(wire_error(wire, "StorageFailed"));
    watch_goes("{'after_id':2}");
    answer_matches(wire_result(wire), "{'events':[{'id':3}],'last_id':3}");
}
END_TEST

/* Both of one feed, which tells all that stand at one place the same. */
START_TEST(in_two_watches_that_go_on)
{
    struct wire *watchers[] = {wire_open(subject), wire_open(subject)};

    scene_run("r");
    for (int i = 0; i < 2; i++) {
        wire_start(watchers[i], "Watch", "'more':true", "{'run_id':'r'}");
        while (!answer_find(wire_result(watchers[i]), "ready"))
            continue;
    }
    database_run(subject->database, "INSERT INTO events (run_id, seq, time, type, payload) VALUES"
                                    " ('r', 1, '2026-01-20T14:30:52.000000Z', 'a', '{}'),"
                                    " ('r', 2, '2026-01-20T14:30:52.000000Z', 'a', '{]')");
    scene_event("r", "b"); /* nobody is woken for another program's commit */
    for (int i = 0; i < 2; i++) {
        answer_matches(wire_result(watchers[i]), "{'events':[{'seq':1}],'last_id':1}");
        names_it(wire_error(watchers[i], "StorageFailed"));
    }
    /* the daemon goes on */
    ck_assert_int_eq(scene_event("r", "c"), 4);
}
END_TEST

START_TEST(found_by_a_check)
{
    cJSON *answer;

    scene_damage(not_objects[_i]);
    answer_matches(wire_call(wire, "dev.historyd.admin.CheckIntegrity", "{'quick':true}"),
                   "{'ok':true}");
    answer = wire_call(wire, "dev.historyd.admin.CheckIntegrity", "{'quick':false}");
    answer_matches(answer, "{'ok':false}");
    ck_assert_int_eq(answer_count(answer, "problems"), 1);
    ck_assert_msg(strstr(answer_text(answer, "problems[0]"),
                         "the payload of event 2, number 2 of run r: no JSON object: byte "),
                  "%s", answer_text(answer, "problems[0]"));
}
END_TEST

START_TEST(by_historyctl)
{
    struct program *program;

    scene_damage(not_objects[0]);
    program = ctl_run(subject, NULL, "events r --all --json");
    program_expect(program, 1);
    ck_assert_ptr_nonnull(strstr(program->out, "\"seq\":1"));
    ck_assert_ptr_null(strstr(program->out, "\"seq\":3"));
    ck_assert_ptr_nonnull(strstr(program->err, "event 2, number 2 of its run, is no JSON object"));
    program = ctl_run(subject, NULL, "events r --all --json --after-seq 2");
    program_expect(program, 0);
    ck_assert_ptr_nonnull(strstr(program->out, "\"seq\":3"));
    program_expect(ctl_run(subject, NULL, "check"), 1);
}
END_TEST

/* What a limit of today would refuse was taken under one of yesterday. */
START_TEST(larger_than_the_limits)
{
    const char *deep =
        harness_text("{\"a\":%s%s}", harness_repeat("[", 100), harness_repeat("]", 100));

    scene_damage(harness_text("%s%s%s", "'", deep, "'"));
    ck_assert_int_eq(answer_count(wire_call(wire, "ListEvents", "{'run_id':'r'}"), "events"), 3);
    answer_matches(wire_call(wire, "dev.historyd.admin.CheckIntegrity", NULL), "{'ok':true}");
}
END_TEST

int main(void)
{
    enum { ALL = sizeof(not_objects) / sizeof(not_objects[0]) };
    Suite *suite = suite_create("unreadable");
    TCase *test_case = scene_case(suite, "unreadable", 60);

    tcase_add_loop_test(test_case, in_a_list, 0, ALL);
    tcase_add_loop_test(test_case, in_a_watch, 0, 2);
    tcase_add_test(test_case, in_two_watches_that_go_on);
    tcase_add_loop_test(test_case, found_by_a_check, 0, ALL);
    tcase_add_test(test_case, by_historyctl);
    tcase_add_test(test_case, larger_than_the_limits);
    return harness_main(suite);
}
