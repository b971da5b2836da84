/*
 * Watch: what is stored, then ready, then what is committed, in the order of commits; filters,
 * places to resume from, and the run's row.
 */
#include <string.h>

#include "database.h"
#include "scene.h"

static struct wire *watcher;

static void watch(const char *parameters)
{
    watcher = wire_open(subject);
    wire_start(watcher, "Watch", "'more':true", parameters);
}

/* The parameters of the next reply of the stream. */
static cJSON *seen(void)
{
    cJSON *reply = wire_reply(watcher);

    ck_assert_msg(reply != NULL, "the stream ended");
    answer_matches(reply, "{'continues':true}");
    answer_lacks(reply, "error");
    answer_int(reply, "parameters.last_id");
    return cJSON_GetObjectItemCaseSensitive(reply, "parameters");
}

/* Gathers the types of the events, whatever replies they come in, up to the type named. Rows of
 * runs are shown as =status and ready as !, and "=" and "!" name those. */
static const char *seen_up_to(const char *last)
{
    const char *text = "";

    for (;;) {
        cJSON *answer = seen();
        const cJSON *events = answer_find(answer, "events");
        bool found = false;

        for (int i = 0; i < cJSON_GetArraySize(events); i++) {
            const char *type = answer_text(answer, harness_text("events[%d].type", i));

            ck_assert_msg(!found, "more came after %s: %s", last, type);
            text = harness_text("%s %s", text, type);
            found = strcmp(type, last) == 0;
        }
        if (answer_find(answer, "run"))
            text = harness_text("%s =%s", text, answer_text(answer, "run.status"));
        if (answer_find(answer, "ready")) {
            ck_assert(answer_bool(answer, "ready"));
            text = harness_text("%s !", text);
        }
        if (found || (*last == '=' && answer_find(answer, "run")) ||
            (*last == '!' && answer_find(answer, "ready")))
            return text;
    }
}

/* The same up to ready, without the rows. */
static const char *seen_events(void)
{
    char *text = harness_text("%s", seen_up_to("!"));
    const char *events = "";
    char *word;

    while ((word = strsep(&text, " ")))
        if (*word && *word != '=' && *word != '!')
            events = harness_text("%s %s", events, word);
    return events;
}

/* Three events in r, two in s of another repository, mixed. */
static void stored_make(void)
{
    wire_call(wire, "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call(wire, "CreateRun", "{'id':'s','repo_path':'/s'}");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'type':'r1','unit':'u'},{'type':'r2'}]}");
    wire_call(wire, "AppendEvents", "{'run_id':'s','events':[{'type':'s1','unit':'u'}]}");
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'r3.x'}]}");
    wire_call(wire, "AppendEvents", "{'run_id':'s','events':[{'type':'s2'}]}");
}

START_TEST(from_now_on)
{
    stored_make();
    watch(NULL);
    answer_matches(seen(), "{'ready':true,'last_id':5}");
    scene_event("r", "new");
    answer_matches(seen(), "{'events':[{'id':6,'run_id':'r','seq':4,'type':'new'}],'last_id':6}");
}
END_TEST

START_TEST(replay_of_all)
{
    stored_make();
    watch("{'after_id':0}");
    ck_assert_str_eq(seen_events(), " r1 r2 s1 r3.x s2");
    scene_event("s", "live");
    ck_assert_str_eq(seen_up_to("live"), " live");
}
END_TEST

START_TEST(replay_after_an_id)
{
    stored_make();
    watch("{'after_id':3}");
    ck_assert_str_eq(seen_up_to("!"), " r3.x s2 !");
    watch("{'after_id':5}");
    ck_assert_str_eq(seen_up_to("!"), " !");
    watch("{'run_id':'r','after_id':1}");
    ck_assert_str_eq(seen_up_to("!"), " r2 r3.x =running !");
}
END_TEST

START_TEST(replay_of_a_run)
{
    stored_make();
    watch("{'run_id':'r','after_seq':0}");
    ck_assert_str_eq(seen_up_to("!"), " r1 r2 r3.x =running !");
    scene_event("s", "other");
    scene_event("r", "live");
    ck_assert_str_eq(seen_up_to("live"), " live");
    watch("{'run_id':'r','after_seq':2}");
    ck_assert_str_eq(seen_up_to("!"), " r3.x live =running !");
    watch("{'run_id':'r'}");
    ck_assert_str_eq(seen_up_to("!"), " =running !");
}
END_TEST

START_TEST(filters_choose)
{
    stored_make();
    watch("{'after_id':0,'repo_path':'/s'}");
    ck_assert_str_eq(seen_events(), " s1 s2");
    watch("{'after_id':0,'unit':'u'}");
    ck_assert_str_eq(seen_events(), " r1 s1");
    watch("{'after_id':0,'type':'r3'}");
    ck_assert_str_eq(seen_events(), " r3.x");
    watch("{'after_id':0,'type':'r'}");
    ck_assert_str_eq(seen_events(), "");
    watch("{'after_id':0,'repo_path':'/r','unit':'u'}");
    ck_assert_str_eq(seen_events(), " r1");
    watch("{'after_id':0,'repo_path':'/none'}");
    answer_matches(seen(), "{'ready':true,'last_id':5}");
    scene_event("r", "new");
    wire_call(wire, "CreateRun", "{'id':'t','repo_path':'/none'}");
    scene_event("t", "mine");
    ck_assert_str_ne(seen_up_to("mine"), "");
}
END_TEST

START_TEST(a_filter_does_not_limit_the_place)
{
    cJSON *answer;

    stored_make();
    watch("{'after_id':0,'type':'s1'}");
    do
        answer = seen();
    while (!answer_find(answer, "ready"));
    answer_matches(answer, "{'last_id':5}");
}
END_TEST

START_TEST(rows_of_runs_are_told)
{
    watch(NULL);
    answer_matches(seen(), "{'ready':true}");
    scene_run("r");
    answer_matches(seen(), "{'run':{'id':'r','status':'running','total_units':0}}");
    wire_call(wire, "UpdateRun", "{'run_id':'r','total_units':3}");
    answer_matches(seen(), "{'run':{'id':'r','total_units':3}}");
    /* an event changes nothing of the row but last_seq, an update to the same values nothing at all
     */
    scene_event("r", "a");
    wire_call(wire, "UpdateRun", "{'run_id':'r','total_units':3}");
    scene_event("r", "b");
    ck_assert_str_eq(seen_up_to("b"), " a b");
    /* the row after the events of the same commit */
    wire_call(wire, "StopRun", "{'run_id':'r'}");
    ck_assert_str_eq(seen_up_to("="), " run.stopped =stopped");
    wire_call(wire, "ResumeRun", "{'run_id':'r'}");
    ck_assert_str_eq(seen_up_to("="), " run.resumed =running");
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'completed'}");
    answer_matches(seen(), "{'run':{'status':'completed','last_seq':4}}");
}
END_TEST

START_TEST(rows_of_other_runs_are_not_told)
{
    stored_make();
    watch("{'run_id':'r'}");
    ck_assert_str_eq(seen_up_to("!"), " =running !");
    wire_call(wire, "CompleteRun", "{'run_id':'s','status':'failed'}");
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'completed'}");
    answer_matches(seen(), "{'run':{'id':'r','status':'completed'}}");
    watch("{'repo_path':'/s'}");
    ck_assert_str_eq(seen_up_to("!"), " !");
    wire_call(wire, "UpdateRun", "{'run_id':'r','total_units':1}");
    wire_call(wire, "UpdateRun", "{'run_id':'s','total_units':2}");
    answer_matches(seen(), "{'run':{'id':'s','total_units':2}}");
}
END_TEST

START_TEST(a_run_that_has_ended_is_shown)
{
    stored_make();
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'completed'}");
    watch("{'run_id':'r','after_seq':0}");
    ck_assert_str_eq(seen_up_to("!"), " r1 r2 r3.x =completed !");
    scene_event("r", "pr.merged");
    ck_assert_str_eq(seen_up_to("pr.merged"), " pr.merged");
}
END_TEST

START_TEST(the_order_is_that_of_commits)
{
    scene_run("r");
    watch("{'run_id':'r'}");
    seen_up_to("!");
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'seq':9,'type':'nine'}]}");
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'seq':3,'type':'three'}]}");
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'seq':10,'type':'ten'}]}");
    ck_assert_str_eq(seen_up_to("ten"), " nine three ten");
    watch("{'after_id':0}");
    ck_assert_str_eq(seen_events(), " nine three ten");
}
END_TEST

START_TEST(a_long_replay_goes_over_into_live)
{
    enum { STORED = 5000, LIVE = 500 };
    int64_t next = 1;

    scene_run("r");
    for (int i = 0; i < STORED / 1000; i++)
        wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}%s]}",
                  harness_repeat(",{\"type\":\"a\"}", 999));
    watch("{'run_id':'r','after_seq':0}");
    for (int i = 0; i < LIVE; i++)
        wire_start(wire, "AppendEvents", NULL, "{'run_id':'r','events':[{'type':'b'}]}");
    while (next <= STORED + LIVE) {
        cJSON *answer = seen();
        const cJSON *events = answer_find(answer, "events");

        for (int i = 0; i < cJSON_GetArraySize(events); i++, next++)
            ck_assert_int_eq(answer_int(cJSON_GetArrayItem(events, i), "seq"), next);
    }
}
END_TEST

START_TEST(history_may_be_gone)
{
    stored_make();
    wire_close(wire);
    subject_stop(subject);
    database_run(subject->database, "DELETE FROM events WHERE id <= 2");
    subject_start(subject);
    wire = wire_open(subject);
    watch("{'after_id':1}");
    answer_matches(wire_error(watcher, "HistoryTruncated"), "{'oldest_id':3}");
    wire_call(watcher, "Ping", NULL);
    watch("{'after_id':2}");
    ck_assert_str_eq(seen_up_to("!"), " s1 r3.x s2 !");
}
END_TEST

START_TEST(a_place_outlives_the_daemon)
{
    cJSON *answer;
    int64_t place;

    stored_make();
    watch("{'after_id':0}");
    do
        answer = seen();
    while (!answer_find(answer, "ready"));
    place = answer_int(answer, "last_id");
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
    scene_event("r", "between");
    watch(harness_text("{'after_id':%d}", (int)place));
    ck_assert_str_eq(seen_up_to("!"), " between !");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watch");
    TCase *test_case = scene_case(suite, "watch", 60);

    tcase_add_test(test_case, from_now_on);
    tcase_add_test(test_case, replay_of_all);
    tcase_add_test(test_case, replay_after_an_id);
    tcase_add_test(test_case, replay_of_a_run);
    tcase_add_test(test_case, filters_choose);
    tcase_add_test(test_case, a_filter_does_not_limit_the_place);
    tcase_add_test(test_case, rows_of_runs_are_told);
    tcase_add_test(test_case, rows_of_other_runs_are_not_told);
    tcase_add_test(test_case, a_run_that_has_ended_is_shown);
    tcase_add_test(test_case, the_order_is_that_of_commits);
    tcase_add_test(test_case, a_long_replay_goes_over_into_live);
    tcase_add_test(test_case, history_may_be_gone);
    tcase_add_test(test_case, a_place_outlives_the_daemon);
    return harness_main(suite);
}
