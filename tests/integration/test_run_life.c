/*
 * The life of a run: how it is made, numbered, ended, stopped and resumed, and that each step said
 * again changes nothing.
 */
#include <string.h>

#include "scene.h"

START_TEST(a_run_starts_with_its_defaults)
{
    cJSON *answer = wire_call(wire, "CreateRun", "{'id':'r','repo_path':'/r'}");

    answer_matches(answer, "{'created':true,'run':{'id':'r','repo_path':'/r','status':'running',"
                           "'parallelism':1,'total_units':0,'completed_units':0,'failed_units':0,"
                           "'blocked_units':0,'dry_run':false,'last_seq':0}}");
    answer_is_time(answer, "run.started_at");
    answer_lacks(answer, "run.completed_at");
    answer_lacks(answer, "run.error");
    answer_lacks(answer, "run.tasks_dir");
    ck_assert(answer_equals(answer_at(answer, "run"),
                            answer_at(wire_call(wire, "GetRun", "{'run_id':'r'}"), "run")));
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r'}"),
                   "{'events':[],'has_more':false,'last_seq':0}");
}
END_TEST

START_TEST(a_run_takes_what_is_given)
{
    answer_matches(wire_call(wire, "CreateRun",
                             "{'id':'r','repo_path':'/r','started_at':'2026-01-20T14:30:52+01:00',"
                             "'parallelism':8,'total_units':40,'tasks_dir':'/t','dry_run':true}"),
                   "{'created':true,'run':{'started_at':'2026-01-20T13:30:52.000000Z',"
                   "'parallelism':8,'total_units':40,'tasks_dir':'/t','dry_run':true}}");
}
END_TEST

START_TEST(creating_again_succeeds)
{
    cJSON *first = wire_call(wire, "CreateRun",
                             "{'id':'r','repo_path':'/r','parallelism':2,'dry_run':true,"
                             "'started_at':'2026-01-20T14:30:52Z','tasks_dir':'/t'}");
    cJSON *again = wire_call(wire, "CreateRun",
                             "{'id':'r','repo_path':'/r','parallelism':2,'dry_run':true,"
                             "'started_at':'2026-01-20T15:30:52+01:00','tasks_dir':'/t'}");

    answer_matches(again, "{'created':false}");
    ck_assert(answer_equals(answer_at(first, "run"), answer_at(again, "run")));
    again = wire_call(wire, "CreateRun", "{'id':'r','repo_path':'/r'}");
    answer_matches(again, "{'created':false}");
    ck_assert(answer_equals(answer_at(first, "run"), answer_at(again, "run")));
    /* what may change in a life is not compared */
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'completed'}");
    answer_matches(wire_call(wire, "CreateRun", "{'id':'r','repo_path':'/r','total_units':9}"),
                   "{'created':false,'run':{'status':'completed','total_units':0}}");
}
END_TEST

START_TEST(the_daemon_names_runs)
{
    static const char pattern[] = "run_dddddddd_dddddd_xxxx";
    cJSON *answer;

    for (int i = 0; i < 300; i++) {
        const char *id;
        const char *moment;

        answer =
            wire_call(wire, "CreateRun", "{'repo_path':'/r','started_at':'2026-01-20T14:30:52Z'}");
        answer_matches(answer, "{'created':true}");
        id = answer_text(answer, "run.id");
        moment = answer_text(answer, "run.started_at");
        ck_assert_str_eq(moment, "2026-01-20T14:30:52.000000Z");
        ck_assert_uint_eq(strlen(id), strlen(pattern));
        for (size_t c = 0; pattern[c]; c++)
            ck_assert_msg(pattern[c] == 'd'            ? strchr("0123456789", id[c]) != NULL
                          : pattern[c] == 'x' && c > 3 ? strchr("0123456789abcdef", id[c]) != NULL
                                                       : pattern[c] == id[c],
                          "%s", id);
    }
    answer_matches(wire_call(wire, "ListRuns", "{'count':true}"), "{'total':300}");
}
END_TEST

START_TEST(events_are_numbered)
{
    scene_run("r");
    answer_matches(wire_call(wire, "AppendEvents",
                             "{'run_id':'r','events':[{'type':'a'},{'type':'b'},{'type':'c'}]}"),
                   "{'first_seq':1,'last_seq':3,'inserted':3,'duplicates':0}");
    answer_matches(wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'d'}]}"),
                   "{'first_seq':4,'last_seq':4,'inserted':1,'duplicates':0}");
    /* a gap, then its filling, then numbers out of order */
    answer_matches(
        wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'seq':9,'type':'j'}]}"),
        "{'first_seq':9,'last_seq':9,'inserted':1}");
    answer_matches(wire_call(wire, "AppendEvents",
                             "{'run_id':'r','events':[{'seq':7,'type':'h'},{'seq':5,'type':'f'}]}"),
                   "{'first_seq':5,'last_seq':7,'inserted':2}");
    answer_matches(wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'k'}]}"),
                   "{'first_seq':10,'last_seq':10}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r'}"),
                   "{'last_seq':10,'events':[{'seq':1,'type':'a'},{'seq':2},{'seq':3},{'seq':4},"
                   "{'seq':5,'type':'f'},{'seq':7,'type':'h'},{'seq':9},{'seq':10,'type':'k'}]}");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':10}}");
}
END_TEST

START_TEST(equal_events_are_duplicates)
{
    static const char *const same[] = {
        "{'seq':1,'type':'a','time':'2026-01-20T00:00:00Z','unit':'u','task':1,'pr':2,"
        "'payload':{'n':1},'error':'e'}",
        "{'seq':1,'type':'a','time':'2026-01-20T01:00:00.0000009+01:00','unit':'u','task':1,"
        "'pr':2,'payload': { 'n' : 1 } ,'error':'e'}",
        "{'seq':1,'type':'a','unit':'u','task':1,'pr':2,'payload':{'n':1},'error':'e'}",
    };

    scene_run("r");
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[%s]}", harness_quote(same[0]));
    for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
        answer_matches(
            wire_call(wire, "AppendEvents", "{'run_id':'r','events':[%s]}", harness_quote(same[i])),
            "{'first_seq':1,'last_seq':1,'inserted':0,'duplicates':1}");
    answer_matches(wire_call(wire, "AppendEvents",
                             "{'run_id':'r','events':[{'seq':2,'type':'b'},{'seq':2,'type':'b'},"
                             "{'seq':3,'type':'c'},%s]}",
                             harness_quote(same[2])),
                   "{'first_seq':1,'last_seq':3,'inserted':2,'duplicates':2}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','count':true}"), "{'total':3}");
}
END_TEST

START_TEST(an_append_is_all_or_nothing)
{
    scene_run("r");
    scene_event("r", "a");
    wire_call_error(wire, "SequenceConflict", "AppendEvents",
                    "{'run_id':'r','events':[{'seq':2,'type':'b'},{'seq':3,'type':'c'},"
                    "{'seq':1,'type':'other'}]}");
    wire_call_error(wire, "InvalidParameter", "AppendEvents",
                    "{'run_id':'r','events':[{'type':'b'},{'type':'c'},{'type':''}]}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r'}"),
                   "{'last_seq':1,'events':[{'type':'a'}]}");
}
END_TEST

START_TEST(updates_set_what_is_given)
{
    scene_run("r");
    answer_matches(wire_call(wire, "UpdateRun", "{'run_id':'r','total_units':10,'failed_units':1}"),
                   "{'run':{'total_units':10,'completed_units':0,'failed_units':1}}");
    answer_matches(
        wire_call(wire, "UpdateRun", "{'run_id':'r','completed_units':4,'blocked_units':2}"),
        "{'run':{'total_units':10,'completed_units':4,'failed_units':1,"
        "'blocked_units':2}}");
    answer_matches(wire_call(wire, "UpdateRun", "{'run_id':'r','failed_units':0}"),
                   "{'run':{'total_units':10,'completed_units':4,'failed_units':0,"
                   "'status':'running'}}");
    answer_matches(wire_call(wire, "UpdateRun", "{'run_id':'r'}"), "{'run':{'total_units':10}}");
}
END_TEST

START_TEST(a_run_is_completed)
{
    static const char *const ends[] = {"completed", "failed", "stopped"};
    const char *end = ends[_i];
    cJSON *first;
    cJSON *again;

    scene_run("r");
    wire_call(wire, "UpdateRun", "{'run_id':'r','total_units':5,'blocked_units':1}");
    first = wire_call(wire, "CompleteRun",
                      "{'run_id':'r','status':'%s','completed_units':3,'failed_units':2,"
                      "'error':'oh','completed_at':'2026-01-20T10:00:00+01:00'}",
                      end);
    answer_matches(first,
                   "{'run':{'status':'%s','total_units':5,'completed_units':3,'failed_units':2,"
                   "'blocked_units':1,'error':'oh','completed_at':'2026-01-20T09:00:00.000000Z'}}",
                   end);
    again = wire_call(wire, "CompleteRun",
                      "{'run_id':'r','status':'%s','completed_units':3,'failed_units':2,"
                      "'error':'oh','completed_at':'2026-01-20T09:00:00Z'}",
                      end);
    ck_assert(answer_equals(first, again));
    ck_assert(
        answer_equals(first, wire_call(wire, "CompleteRun", "{'run_id':'r','status':'%s'}", end)));
    answer_matches(wire_call_error(wire, "RunConflict", "CompleteRun",
                                   "{'run_id':'r','status':'%s','failed_units':3}", end),
                   "{'run_id':'r','field':'failed_units'}");
    answer_matches(wire_call_error(wire, "RunConflict", "CompleteRun",
                                   "{'run_id':'r','status':'%s','error':'ah'}", end),
                   "{'field':'error'}");
    answer_matches(wire_call_error(wire, "RunConflict", "CompleteRun",
                                   "{'run_id':'r','status':'%s','completed_at':"
                                   "'2026-01-20T09:00:01Z'}",
                                   end),
                   "{'field':'completed_at'}");
    answer_matches(wire_call_error(wire, "RunConflict", "CompleteRun",
                                   "{'run_id':'r','status':'%s'}", ends[(_i + 1) % 3]),
                   "{'field':'status'}");
    /* no event was written, and late ones are welcome */
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r'}"), "{'events':[]}");
    ck_assert_int_eq(scene_event("r", "pr.merged"), 1);
    answer_matches(wire_call(wire, "UpdateRun", "{'run_id':'r','total_units':6}"),
                   "{'run':{'total_units':6,'status':'%s'}}", end);
}
END_TEST

START_TEST(completing_sets_the_time)
{
    cJSON *answer;

    scene_run("r");
    answer = wire_call(wire, "CompleteRun", "{'run_id':'r','status':'completed'}");
    answer_is_time(answer, "run.completed_at");
    ck_assert_int_ge(
        strcmp(answer_text(answer, "run.completed_at"), answer_text(answer, "run.started_at")), 0);
}
END_TEST

START_TEST(a_run_is_stopped)
{
    cJSON *answer;

    scene_run("r");
    scene_event("r", "run.started");
    answer = wire_call(wire, "StopRun", "{'run_id':'r'}");
    answer_matches(answer, "{'seq':2,'run':{'status':'stopped','last_seq':2}}");
    answer_is_time(answer, "run.completed_at");
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','after_seq':1}");
    answer_matches(answer, "{'events':[{'seq':2,'type':'run.stopped',"
                           "'payload':{'reason':'user_interrupt'}}]}");
    answer_is_time(answer, "events[0].time");
    /* again, with another reason, and after a late event: the same marker */
    answer_matches(wire_call(wire, "StopRun", "{'run_id':'r','reason':'other'}"), "{'seq':2}");
    ck_assert_int_eq(scene_event("r", "unit.completed"), 3);
    answer_matches(wire_call(wire, "StopRun", "{'run_id':'r'}"),
                   "{'seq':2,'run':{'status':'stopped','last_seq':3}}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','count':true}"), "{'total':3}");
    answer_matches(
        wire_call_error(wire, "RunConflict", "CompleteRun", "{'run_id':'r','status':'completed'}"),
        "{'field':'status'}");
}
END_TEST

START_TEST(a_reason_is_kept)
{
    scene_run("r");
    wire_call(wire, "StopRun", "{'run_id':'r','reason':'he said \\'no\\'\\n'}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r'}"),
                   "{'events':[{'payload':{'reason':'he said \\'no\\'\\n'}}]}");
}
END_TEST

START_TEST(a_stopped_run_is_resumed)
{
    cJSON *answer;

    scene_run("r");
    scene_event("r", "run.started");
    wire_call(wire, "StopRun", "{'run_id':'r'}");
    answer = wire_call(wire, "ResumeRun", "{'run_id':'r'}");
    answer_matches(answer, "{'seq':3,'run':{'status':'running','last_seq':3}}");
    answer_lacks(answer, "run.completed_at");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','after_seq':2}"),
                   "{'events':[{'seq':3,'type':'run.resumed','payload':{'resumed_from_seq':2}}]}");
    answer_matches(wire_call(wire, "ResumeRun", "{'run_id':'r'}"),
                   "{'seq':3,'run':{'last_seq':3}}");
    /* it goes on, and may be stopped and resumed again */
    ck_assert_int_eq(scene_event("r", "unit.started"), 4);
    answer_matches(wire_call(wire, "StopRun", "{'run_id':'r'}"), "{'seq':5}");
    answer_matches(wire_call(wire, "ResumeRun", "{'run_id':'r'}"), "{'seq':6}");
    answer_matches(wire_call(wire, "CompleteRun", "{'run_id':'r','status':'completed'}"),
                   "{'run':{'status':'completed','last_seq':6}}");
}
END_TEST

START_TEST(a_failed_run_is_resumed)
{
    cJSON *answer;

    scene_run("r");
    wire_call(wire, "CompleteRun",
              "{'run_id':'r','status':'failed','error':'oh','failed_units':1}");
    answer = wire_call(wire, "ResumeRun", "{'run_id':'r'}");
    answer_matches(answer, "{'seq':1,'run':{'status':'running','failed_units':1}}");
    answer_lacks(answer, "run.error");
    answer_lacks(answer, "run.completed_at");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r'}"),
                   "{'events':[{'type':'run.resumed','payload':{'resumed_from_seq':0}}]}");
}
END_TEST

START_TEST(a_running_run_is_resumed)
{
    scene_run("r");
    scene_event("r", "run.started");
    answer_matches(wire_call(wire, "ResumeRun", "{'run_id':'r'}"),
                   "{'seq':2,'run':{'status':'running'}}");
    answer_matches(wire_call(wire, "ResumeRun", "{'run_id':'r'}"), "{'seq':2}");
    scene_event("r", "unit.started");
    answer_matches(wire_call(wire, "ResumeRun", "{'run_id':'r'}"), "{'seq':4}");
}
END_TEST

START_TEST(what_ended_well_stays_so)
{
    scene_run("done");
    wire_call(wire, "CompleteRun", "{'run_id':'done','status':'completed'}");
    answer_matches(wire_call_error(wire, "InvalidTransition", "ResumeRun", "{'run_id':'done'}"),
                   "{'run_id':'done','from':'completed','to':'running'}");
    answer_matches(wire_call_error(wire, "InvalidTransition", "StopRun", "{'run_id':'done'}"),
                   "{'run_id':'done','from':'completed','to':'stopped'}");
    scene_run("broken");
    wire_call(wire, "CompleteRun", "{'run_id':'broken','status':'failed'}");
    answer_matches(wire_call_error(wire, "InvalidTransition", "StopRun", "{'run_id':'broken'}"),
                   "{'run_id':'broken','from':'failed','to':'stopped'}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'done'}"), "{'events':[]}");
}
END_TEST

START_TEST(all_of_it_survives_a_kill)
{
    scene_run("r");
    scene_event("r", "run.started");
    wire_call(wire, "StopRun", "{'run_id':'r','reason':'first'}");
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
    answer_matches(wire_call(wire, "StopRun", "{'run_id':'r','reason':'second'}"), "{'seq':2}");
    answer_matches(wire_call(wire, "ResumeRun", "{'run_id':'r'}"), "{'seq':3}");
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
    answer_matches(wire_call(wire, "ResumeRun", "{'run_id':'r'}"),
                   "{'seq':3,'run':{'status':'running'}}");
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','after_seq':1}"),
                   "{'events':[{'payload':{'reason':'first'}},{'type':'run.resumed'}]}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run life");
    TCase *test_case = scene_case(suite, "run life", 60);

    tcase_add_test(test_case, a_run_starts_with_its_defaults);
    tcase_add_test(test_case, a_run_takes_what_is_given);
    tcase_add_test(test_case, creating_again_succeeds);
    tcase_add_test(test_case, the_daemon_names_runs);
    tcase_add_test(test_case, events_are_numbered);
    tcase_add_test(test_case, equal_events_are_duplicates);
    tcase_add_test(test_case, an_append_is_all_or_nothing);
    tcase_add_test(test_case, updates_set_what_is_given);
    tcase_add_loop_test(test_case, a_run_is_completed, 0, 3);
    tcase_add_test(test_case, completing_sets_the_time);
    tcase_add_test(test_case, a_run_is_stopped);
    tcase_add_test(test_case, a_reason_is_kept);
    tcase_add_test(test_case, a_stopped_run_is_resumed);
    tcase_add_test(test_case, a_failed_run_is_resumed);
    tcase_add_test(test_case, a_running_run_is_resumed);
    tcase_add_test(test_case, what_ended_well_stays_so);
    tcase_add_test(test_case, all_of_it_survives_a_kill);
    return harness_main(suite);
}
