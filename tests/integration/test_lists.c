/*
 * Lists of runs and events: order, filters, pages by cursor and by offset, counts.
 */
#include <string.h>

#include "scene.h"

enum { RUNS = 60 };

/* RUNS runs r000, r001, …: three of them share each start time, so that ids must break the tie;
 * every third is of the repository /c, the others of /a and /b; every fourth is completed. */
static void runs_make(void)
{
    for (int i = 0; i < RUNS; i++) {
        wire_call(wire, "CreateRun",
                  "{'id':'r%03d','repo_path':'/%c','started_at':'2026-01-20T00:%02d:00Z'}", i,
                  'a' + i % 3, i / 3);
        if (i % 4 == 0)
            wire_call(wire, "CompleteRun", "{'run_id':'r%03d','status':'completed'}", i);
    }
}

/* The ids of a page, joined. */
static const char *ids_of(const cJSON *answer)
{
    const char *ids = "";

    for (int i = 0; i < answer_count(answer, "runs"); i++)
        ids = harness_text("%s %s", ids, answer_text(answer, harness_text("runs[%d].id", i)));
    return ids;
}

/* All ids in the expected order: newest first. */
static const char *all_ids(void)
{
    const char *ids = "";

    for (int i = RUNS - 1; i >= 0; i--)
        ids = harness_text("%s r%03d", ids, i);
    return ids;
}

START_TEST(runs_are_listed_newest_first)
{
    cJSON *answer;

    answer = wire_call(wire, "ListRuns", NULL);
    answer_matches(answer, "{'runs':[],'has_more':false}");
    answer_lacks(answer, "total");
    answer_lacks(answer, "cursor");
    runs_make();
    answer = wire_call(wire, "ListRuns", "{'limit':1000,'count':true}");
    answer_matches(answer, "{'has_more':false,'total':60}");
    ck_assert_str_eq(ids_of(answer), all_ids());
    answer_lacks(answer, "cursor");
    answer = wire_call(wire, "ListRuns", NULL);
    answer_matches(answer, "{'has_more':true}");
    ck_assert_int_eq(answer_count(answer, "runs"), 50);
    answer_lacks(answer, "total");
}
END_TEST

START_TEST(cursors_page_through_runs)
{
    static const int limits[] = {1, 7, 20, 59, 60};
    int limit = limits[_i];
    const char *ids = "";
    const char *cursor = NULL;
    cJSON *answer;

    runs_make();
    do {
        answer = cursor ? wire_call(wire, "ListRuns", "{'limit':%d,'count':true,'cursor':'%s'}",
                                    limit, cursor)
                        : wire_call(wire, "ListRuns", "{'limit':%d,'count':true}", limit);
        answer_matches(answer, "{'total':60}");
        ids = harness_text("%s%s", ids, ids_of(answer));
        cursor = answer_bool(answer, "has_more") ? answer_text(answer, "cursor") : NULL;
    } while (cursor);
    ck_assert_str_eq(ids, all_ids());
}
END_TEST

START_TEST(new_runs_do_not_move_pages)
{
    cJSON *answer;
    const char *cursor;

    runs_make();
    answer = wire_call(wire, "ListRuns", "{'limit':3}");
    ck_assert_str_eq(ids_of(answer), " r059 r058 r057");
    cursor = answer_text(answer, "cursor");
    wire_call(wire, "CreateRun", "{'id':'new','repo_path':'/a'}");
    answer = wire_call(wire, "ListRuns", "{'limit':3,'cursor':'%s'}", cursor);
    ck_assert_str_eq(ids_of(answer), " r056 r055 r054");
}
END_TEST

START_TEST(cursors_belong_to_their_filters)
{
    cJSON *answer;
    const char *cursor;

    runs_make();
    answer = wire_call(wire, "ListRuns", "{'limit':3,'repo_path':'/a','status':'running'}");
    cursor = answer_text(answer, "cursor");
    answer = wire_call(wire, "ListRuns",
                       "{'limit':5,'repo_path':'/a','status':'running','cursor':'%s'}", cursor);
    ck_assert_int_eq(answer_count(answer, "runs"), 5);
    wire_call_error(wire, "InvalidCursor", "ListRuns", "{'repo_path':'/a','cursor':'%s'}", cursor);
    wire_call_error(wire, "InvalidCursor", "ListRuns",
                    "{'repo_path':'/b','status':'running','cursor':'%s'}", cursor);
    wire_call_error(wire, "InvalidCursor", "ListRuns",
                    "{'repo_path':'/a','status':'running','started_after':'2026-01-01T00:00:00Z',"
                    "'cursor':'%s'}",
                    cursor);
    wire_call_error(wire, "InvalidCursor", "ListRuns",
                    "{'repo_path':'/a','status':'running','cursor':'%sx'}", cursor);
    wire_call_error(wire, "InvalidParameter", "ListRuns",
                    "{'repo_path':'/a','status':'running','cursor':'%s','offset':1}", cursor);
    /* it outlives the daemon */
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
    wire_call(wire, "ListRuns", "{'repo_path':'/a','status':'running','cursor':'%s'}", cursor);
}
END_TEST

START_TEST(offsets_page_through_runs)
{
    cJSON *answer;

    runs_make();
    answer = wire_call(wire, "ListRuns", "{'limit':2,'offset':57,'count':true}");
    answer_matches(answer, "{'has_more':true,'total':60}");
    ck_assert_str_eq(ids_of(answer), " r002 r001");
    answer = wire_call(wire, "ListRuns", "{'limit':2,'offset':58}");
    answer_matches(answer, "{'has_more':false}");
    answer = wire_call(wire, "ListRuns", "{'offset':1000000}");
    answer_matches(answer, "{'has_more':false,'runs':[]}");
    wire_call(wire, "ListRuns", "{'offset':9223372036854775807}");
}
END_TEST

START_TEST(filters_choose_runs)
{
    cJSON *answer;

    runs_make();
    answer = wire_call(wire, "ListRuns", "{'repo_path':'/b','count':true,'limit':3}");
    answer_matches(answer, "{'total':20,'has_more':true}");
    ck_assert_str_eq(ids_of(answer), " r058 r055 r052");
    answer = wire_call(wire, "ListRuns", "{'status':'completed','count':true,'limit':2}");
    answer_matches(answer, "{'total':15}");
    ck_assert_str_eq(ids_of(answer), " r056 r052");
    answer = wire_call(wire, "ListRuns", "{'status':'completed','repo_path':'/a','count':true}");
    answer_matches(answer, "{'total':5}");
    ck_assert_str_eq(ids_of(answer), " r048 r036 r024 r012 r000");
    answer_matches(wire_call(wire, "ListRuns", "{'status':'failed','count':true}"),
                   "{'total':0,'runs':[]}");
    /* bounds are outside */
    answer = wire_call(wire, "ListRuns",
                       "{'started_after':'2026-01-20T00:03:00Z',"
                       "'started_before':'2026-01-20T01:05:00+01:00','count':true}");
    answer_matches(answer, "{'total':3}");
    ck_assert_str_eq(ids_of(answer), " r014 r013 r012");
    answer_matches(wire_call(wire, "ListRuns", "{'repo_path':'/','count':true}"), "{'total':0}");
    answer_matches(wire_call(wire, "ListRuns", "{'repo_path':'/%%','count':true}"), "{'total':0}");
}
END_TEST

/* --- events ----------------------------------------------------------------------------------- */

static void events_make(void)
{
    scene_run("r");
    scene_run("other");
    scene_event("other", "unit.started");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'type':'run.started'},{'type':'unit.started','unit':'a'},"
              "{'type':'unity.x','unit':'a'},{'type':'unit.completed','unit':'a','task':1},"
              "{'type':'unit','unit':'b','task':1},{'type':'unit.x.y','unit':'A','task':2},"
              "{'type':'task.started','unit':'b','task':-1},{'type':'unit-x','task':0}]}");
}

static const char *numbers_of(const cJSON *answer)
{
    const char *numbers = "";

    for (int i = 0; i < answer_count(answer, "events"); i++)
        numbers = harness_text("%s %d", numbers,
                               (int)answer_int(answer, harness_text("events[%d].seq", i)));
    return numbers;
}

static void numbers_are(const char *filter, const char *numbers)
{
    cJSON *answer =
        wire_call(wire, "ListEvents", "{'run_id':'r','count':true%s}", harness_quote(filter));

    ck_assert_msg(strcmp(numbers_of(answer), numbers) == 0, "%s: %s, not %s", filter,
                  numbers_of(answer), numbers);
    ck_assert_int_eq(answer_int(answer, "total"), (int64_t)strlen(numbers) / 2);
    ck_assert_int_eq(answer_int(answer, "last_seq"), 8);
}

START_TEST(filters_choose_events)
{
    events_make();
    numbers_are("", " 1 2 3 4 5 6 7 8");
    numbers_are(",'type':'unit'", " 2 4 5 6");
    numbers_are(",'type':'unit.started'", " 2");
    numbers_are(",'type':'unit.x'", " 6");
    numbers_are(",'type':'unit.s'", "");
    numbers_are(",'type':'run'", " 1");
    numbers_are(",'unit':'a'", " 2 3 4");
    numbers_are(",'unit':'A'", " 6");
    numbers_are(",'task':1", " 4 5");
    numbers_are(",'task':0", " 8");
    numbers_are(",'task':-1", " 7");
    numbers_are(",'type':'unit','unit':'a','task':1", " 4");
}
END_TEST

START_TEST(pages_of_events)
{
    cJSON *answer;

    events_make();
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','limit':3}");
    answer_matches(answer, "{'has_more':true,'last_seq':8}");
    ck_assert_str_eq(numbers_of(answer), " 1 2 3");
    answer_lacks(answer, "total");
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','limit':3,'after_seq':5,'count':true}");
    answer_matches(answer, "{'has_more':false,'last_seq':8,'total':8}");
    ck_assert_str_eq(numbers_of(answer), " 6 7 8");
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','limit':2,'offset':1,'type':'unit'}");
    answer_matches(answer, "{'has_more':true}");
    ck_assert_str_eq(numbers_of(answer), " 4 5");
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','after_seq':9223372036854775807}");
    answer_matches(answer, "{'has_more':false,'events':[],'last_seq':8}");
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','offset':8}");
    answer_matches(answer, "{'has_more':false,'events':[]}");
}
END_TEST

START_TEST(a_page_holds_100_events_unless_asked)
{
    scene_run("r");
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}%s]}",
              harness_repeat(",{\"type\":\"a\"}", 1499));
    ck_assert_int_eq(answer_count(wire_call(wire, "ListEvents", "{'run_id':'r'}"), "events"), 100);
    ck_assert_int_eq(
        answer_count(wire_call(wire, "ListEvents", "{'run_id':'r','limit':1000}"), "events"), 1000);
    ck_assert_int_eq(
        answer_count(wire_call(wire, "ListEvents", "{'run_id':'r','limit':1000,'after_seq':1000}"),
                     "events"),
        500);
}
END_TEST

START_TEST(events_show_what_they_have)
{
    cJSON *answer;

    events_make();
    answer = wire_call(wire, "ListEvents", "{'run_id':'r','limit':4}");
    answer_matches(answer, "{'events':[{'run_id':'r','seq':1,'type':'run.started'},{},{},"
                           "{'unit':'a','task':1}]}");
    answer_is_time(answer, "events[0].time");
    ck_assert_int_eq(answer_int(answer, "events[1].id") - answer_int(answer, "events[0].id"), 1);
    answer_lacks(answer, "events[0].unit");
    answer_lacks(answer, "events[0].task");
    answer_lacks(answer, "events[0].pr");
    answer_lacks(answer, "events[0].payload");
    answer_lacks(answer, "events[0].error");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lists");
    TCase *test_case = scene_case(suite, "runs", 60);

    tcase_add_test(test_case, runs_are_listed_newest_first);
    tcase_add_loop_test(test_case, cursors_page_through_runs, 0, 5);
    tcase_add_test(test_case, new_runs_do_not_move_pages);
    tcase_add_test(test_case, cursors_belong_to_their_filters);
    tcase_add_test(test_case, offsets_page_through_runs);
    tcase_add_test(test_case, filters_choose_runs);
    test_case = scene_case(suite, "events", 60);
    tcase_add_test(test_case, filters_choose_events);
    tcase_add_test(test_case, pages_of_events);
    tcase_add_test(test_case, a_page_holds_100_events_unless_asked);
    tcase_add_test(test_case, events_show_what_they_have);
    return harness_main(suite);
}
