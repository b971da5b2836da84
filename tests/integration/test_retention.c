/*
 * Runs that are deleted, by rule and by name, while others are recorded.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "database.h"
#include "program.h"
#include "scene.h"
#include "senders.h"
#include "strangers.h"

enum { SENDERS = 16 };

static void restart_with(const char *rules)
{
    subject_stop(subject);
    subject_configure(subject, harness_text("[retention]\n%s\n", rules));
    subject_start(subject);
    wire = wire_open(subject);
}

/* Runs of an earlier day, put there while no daemon has the file. */
static void fill(const char *run, const char *repo, int day, long events)
{
    char sql[1024];

    snprintf(sql, sizeof(sql),
             "INSERT INTO runs (id, repo_path, started_at, completed_at, status)"
             " VALUES ('%s', '%s', '2020-01-01T00:00:00.000000Z',"
             " '2020-01-%02dT00:00:00.000000Z', 'failed')",
             run, repo, day);
    database_run(subject->database, sql);
    snprintf(
        sql, sizeof(sql),
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %ld)"
        " INSERT INTO events (run_id, seq, time, type, unit, payload)"
        " SELECT '%s', i, '2020-01-01T00:00:00.000000Z', 'unit.started',"
        " printf('unit-%%d', i * 7919 %% 400), printf('{\"text\":\"%%.*c\"}', 140, '1') FROM n",
        events, run);
    database_run(subject->database, sql);
}

static void fill_days(void)
{
    subject_stop(subject);
    for (int day = 1; day <= 6; day++)
        fill(harness_text("a%d", day), "/a", day, day * 10);
    fill("b1", "/b", 1, 1);
    subject_start(subject);
    wire = wire_open(subject);
}

static int64_t count_events(const char *run)
{
    char sql[128];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM events WHERE run_id = '%s'", run);
    return database_int(subject->database, sql);
}

START_TEST(what_a_dry_run_says_goes)
{
    fill_days();
    restart_with("days = 0\nruns_per_repo = 2\ninterval_s = 100000");
    wire_call(wire, "PinRun", "{'run_id':'a1','pinned':true}");
    wire_call(wire, "PinRun", "{'run_id':'a6','pinned':true}");
    wire_call(wire, "PinRun", "{'run_id':'a6','pinned':false}");
    /* Of /a stay a5 and a6, the newest, and a1, which is pinned. */
    answer_matches(wire_call(wire, "dev.historyd.admin.ApplyRetention", "{'dry_run':true}"),
                   "{'runs':3,'events':90,'by_age':0,'by_count':3,'by_size':0}");
    wire_call(wire, "PinRun", "{'run_id':'a1','pinned':false}");
    answer_matches(wire_call(wire, "dev.historyd.admin.ApplyRetention", "{'dry_run':true}"),
                   "{'runs':4,'events':100,'by_age':0,'by_count':4,'by_size':0}");
    wire_call(wire, "PinRun", "{'run_id':'a1','pinned':true}");
    answer_matches(wire_call(wire, "dev.historyd.admin.ApplyRetention", NULL),
                   "{'runs':3,'events':90,'by_age':0,'by_count':3,'by_size':0}");
    answer_matches(wire_call(wire, "dev.historyd.admin.ApplyRetention", "{'dry_run':true}"),
                   "{'runs':0,'events':0}");
    answer_matches(wire_call(wire, "CheckIntegrity", NULL), "{'ok':true,'problems':[]}");
    ck_assert_str_eq(database_rows(subject->database, "SELECT id FROM runs ORDER BY id"),
                     "a1\na5\na6\nb1\n");
    ck_assert_str_eq(database_rows(subject->database,
                                   "SELECT run_id, count(*) FROM events GROUP BY 1 ORDER BY 1"),
                     "a1|10\na5|50\na6|60\nb1|1\n");
}
END_TEST

START_TEST(by_itself)
{
    int64_t deadline = harness_deadline();

    fill_days();
    scene_run("runs");
    wire_call(wire, "PinRun", "{'run_id':'a3','pinned':true}");
    restart_with("days = 30\ninterval_s = 1");
    while (answer_count(wire_call(wire, "ListRuns", NULL), "runs") > 2)
        harness_turn(deadline, "the daemon to delete what is old");
    wire_call(wire, "GetRun", "{'run_id':'a3'}");
    wire_call(wire, "GetRun", "{'run_id':'runs'}");
    while (!strstr(subject_output(subject), "retention: deleted 6 runs (6 by age, 0 by number"))
        harness_turn(deadline, "the log to tell of it");
}
END_TEST

/* What a reload makes sooner does not wait for the time set before. */
START_TEST(by_itself_after_a_reload)
{
    int64_t deadline = harness_deadline();

    fill_days();
    restart_with("days = 30\ninterval_s = 100000");
    ck_assert_int_eq(answer_count(wire_call(wire, "ListRuns", NULL), "runs"), 7);
    subject_configure(subject, "[retention]\ndays = 30\ninterval_s = 1\n");
    wire_call(wire, "dev.historyd.admin.Reload", NULL);
    while (answer_count(wire_call(wire, "ListRuns", NULL), "runs") > 0)
        harness_turn(deadline, "the daemon to delete what is old");
}
END_TEST

START_TEST(watchers_see_what_is_there)
{
    struct wire *watcher;
    cJSON *news;

    fill_days();
    watcher = wire_open(subject);
    scene_run("r");
    wire_start(watcher, "Watch", "'more':true", NULL);
    answer_matches(wire_result(watcher), "{'ready':true}");
    answer_matches(wire_call(wire, "dev.historyd.admin.DeleteRuns", "{'run_ids':['a1','a2','b1']}"),
                   "{'runs':3,'events':31}");
    scene_event("r", "unit.started");
    news = wire_result(watcher);
    ck_assert_int_eq(answer_count(news, "events"), 1);
    ck_assert_str_eq(answer_text(news, "events[0].run_id"), "r");
    /* a1 and a2 were the first 30 events. */
    watcher = wire_open(subject);
    wire_start(watcher, "Watch", "'more':true", "{'after_id':0}");
    answer_matches(wire_error(watcher, "HistoryTruncated"), "{'oldest_id':31}");
    wire_start(watcher, "Watch", "'more':true", "{'after_id':30}");
    ck_assert_int_eq(answer_int(wire_result(watcher), "events[0].id"), 31);
}
END_TEST

static int64_t file_size(void)
{
    struct stat status;

    ck_assert_int_eq(stat(subject->database, &status), 0);
    return status.st_size;
}

START_TEST(while_sixteen_record)
{
    long events = harness_scaled(50000, 8000);
    long count = harness_scaled(1000, 100);
    pid_t senders[SENDERS];
    int64_t before;

    subject_stop(subject);
    fill("old", "/old", 1, events);
    fill("older", "/old", 2, events);
    before = file_size();
    subject_configure(subject, "[retention]\ndays = 30\ninterval_s = 100000\n");
    subject_start(subject);
    wire = wire_open(subject);
    load_allow(count);
    for (int i = 0; i < SENDERS; i++)
        scene_run(harness_text("r%d", i));
    wire_start(wire, "dev.historyd.admin.ApplyRetention", NULL, NULL);
    for (int i = 0; i < SENDERS; i++)
        senders[i] = load_start(subject, harness_text("r%d", i), count);
    answer_matches(wire_result(wire), "{'runs':2,'events':%ld,'by_age':2}", 2 * events);
    for (int i = 0; i < SENDERS; i++)
        load_wait(senders[i]);
    answer_matches(wire_call(wire, "CheckIntegrity", NULL), "{'ok':true,'problems':[]}");
    subject_stop(subject);
    for (int i = 0; i < SENDERS; i++)
        load_check(subject, harness_text("r%d", i), count);
    ck_assert_int_eq(database_int(subject->database, "SELECT count(*) FROM runs"), SENDERS);
    ck_assert_int_lt(file_size(), before / 2);
    subject_start(subject);
}
END_TEST

/* What was marked when the daemon was killed is not there afterwards, and goes on going. */
START_TEST(killed_in_the_middle)
{
    long events = harness_scaled(60000, 20000);
    int64_t deadline = harness_deadline();
    cJSON *reply;

    subject_stop(subject);
    fill("old", "/old", 1, events);
    fill("kept", "/old", 1, 100);
    subject_start(subject);
    wire = wire_open(subject);
    wire_start(wire, "dev.historyd.admin.DeleteRuns", NULL, "{'run_ids':['old']}");
    while (count_events("old") == events)
        harness_turn(deadline, "the first step");
    subject_kill(subject);
    ck_assert_int_gt(count_events("old"), 0);
    subject_start(subject);
    wire = wire_open(subject);
    wire_call_error(wire, "RunNotFound", "GetRun", "{'run_id':'old'}");
    wire_call_error(wire, "RunNotFound", "AppendEvents",
                    "{'run_id':'old','events':[{'type':'late'}]}");
    /* The id is free when it is gone. */
    for (;;) {
        wire_start(wire, "CreateRun", NULL, "{'id':'old','repo_path':'/new'}");
        reply = wire_reply(wire);
        if (!answer_find(reply, "error"))
            break;
        ck_assert_str_eq(answer_text(reply, "error"), "dev.historyd.history.Busy");
        harness_turn(deadline, "the run to be gone");
    }
    answer_matches(reply, "{'parameters':{'created':true,'run':{'id':'old','last_seq':0}}}");
    ck_assert_int_eq(count_events("old"), 0);
    ck_assert_int_eq(count_events("kept"), 100);
    answer_matches(wire_call(wire, "CheckIntegrity", NULL), "{'ok':true,'problems':[]}");
}
END_TEST

/* What went so far is told before all of it has gone. */
START_TEST(counted_as_it_goes)
{
    long events = harness_scaled(60000, 20000);
    int64_t deadline = harness_deadline();
    struct wire *deleter;
    int64_t gone;

    subject_stop(subject);
    fill("old", "/old", 1, events);
    subject_start(subject);
    wire = wire_open(subject);
    deleter = wire_open(subject);
    wire_start(deleter, "dev.historyd.admin.DeleteRuns", NULL, "{'run_ids':['old']}");
    while ((gone = strangers_metric("historyd_retention_events_deleted_total")) == 0)
        harness_turn(deadline, "the first step");
    ck_assert_int_lt(gone, events);
    wire_result(deleter);
    while ((gone = strangers_metric("historyd_retention_events_deleted_total")) < events)
        harness_turn(deadline, "the last step");
    ck_assert_int_eq(gone, events);
    ck_assert_int_eq(strangers_metric("historyd_retention_runs_deleted_total"), 1);
    ck_assert_int_eq(strangers_metric("historyd_retention_passes_total"), 0);
}
END_TEST

/* A daemon that stops does not wait for the end of it, nor keep who waits. */
START_TEST(stopped_in_the_middle)
{
    subject_stop(subject);
    fill("old", "/old", 1, 200000);
    subject_start(subject);
    wire = wire_open(subject);
    wire_start(wire, "dev.historyd.admin.DeleteRuns", NULL, "{'run_ids':['old']}");
    wire_call(wire_open(subject), "Ping", NULL);
    subject_signal(subject, SIGTERM);
    wire_error(wire, "ShuttingDown");
    ck_assert_int_eq(subject_wait(subject), 0);
    ck_assert_int_gt(count_events("old"), 0);
    subject_start(subject);
}
END_TEST

/* Who asked need not wait: what is certain is carried out. */
START_TEST(the_caller_leaves)
{
    int64_t deadline = harness_deadline();
    struct wire *caller;

    subject_stop(subject);
    fill("old", "/old", 1, 50000);
    subject_start(subject);
    wire = wire_open(subject);
    caller = wire_open(subject);
    wire_start(caller, "dev.historyd.admin.DeleteRuns", NULL, "{'run_ids':['old']}");
    wire_start(caller, "GetStatus", NULL, NULL);
    while (count_events("old") == 50000)
        harness_turn(deadline, "the first step");
    wire_close(caller);
    while (count_events("old") > 0)
        harness_turn(deadline, "the last step");
    wire_call(wire, "Ping", NULL);
}
END_TEST

/* Sent in one piece, so that nothing of it is with the store when the deletion begins. */
START_TEST(sees_the_calls_before_it)
{
    static const char calls[] =
        "{\"method\":\"dev.historyd.history.CreateRun\",\"parameters\":"
        "{\"id\":\"r\",\"repo_path\":\"/r\"}}\0"
        "{\"method\":\"dev.historyd.history.AppendEvents\",\"parameters\":"
        "{\"run_id\":\"r\",\"events\":[{\"type\":\"unit.started\"}]}}\0"
        "{\"method\":\"dev.historyd.history.CompleteRun\",\"parameters\":"
        "{\"run_id\":\"r\",\"status\":\"completed\"}}\0"
        "{\"method\":\"dev.historyd.admin.DeleteRuns\",\"parameters\":{\"run_ids\":[\"r\"]}}";

    ck_assert(wire_send(wire, calls, sizeof(calls)));
    wire_result(wire);
    wire_result(wire);
    wire_result(wire);
    answer_matches(wire_result(wire), "{'runs':1,'events':1}");
    wire_call_error(wire, "RunNotFound", "GetRun", "{'run_id':'r'}");
}
END_TEST

START_TEST(by_historyctl)
{
    struct program *program;

    fill_days();
    scene_run("runs");
    program_expect(ctl_run(subject, NULL, "pin a1 b1"), 0);
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "show a1"), "Pinned"));
    program_expect(ctl_run(subject, NULL, "unpin b1"), 0);
    program_expect(ctl_run(subject, NULL, "pin none"), 1);
    ck_assert_ptr_nonnull(
        strstr(ctl_out(subject, "retention"), "Would delete 6 runs with 201 events"));
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "retention"), "by age         6"));
    ck_assert_str_eq(ctl_out(subject, "delete --dry-run a2 b1"),
                     "Would delete 2 runs with 21 events\n");
    program = ctl_run(subject, NULL, "delete a2 runs");
    program_expect(program, 1);
    program_expect(ctl_run(subject, NULL, "delete a2 a1"), 1);
    ck_assert_int_eq(answer_count(wire_call(wire, "ListRuns", NULL), "runs"), 8);
    ck_assert_str_eq(ctl_out(subject, "delete --json a2 b1"), "{\"runs\":2,\"events\":21}\n");
    program_expect(ctl_run(subject, NULL, "retention --apply --dry-run"), 2);
    ck_assert_ptr_nonnull(
        strstr(ctl_out(subject, "retention --apply"), "Deleted 4 runs with 180 events"));
    ck_assert_int_eq(answer_count(wire_call(wire, "ListRuns", NULL), "runs"), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("retention");
    TCase *tests = scene_case(suite, "retention", 180);

    tcase_add_test(tests, what_a_dry_run_says_goes);
    tcase_add_test(tests, by_itself);
    tcase_add_test(tests, by_itself_after_a_reload);
    tcase_add_test(tests, watchers_see_what_is_there);
    tcase_add_test(tests, killed_in_the_middle);
    tcase_add_test(tests, counted_as_it_goes);
    tcase_add_test(tests, stopped_in_the_middle);
    tcase_add_test(tests, the_caller_leaves);
    tcase_add_test(tests, sees_the_calls_before_it);
    tcase_add_test(tests, by_historyctl);
    tests = scene_case(suite, "load", 600);
    tcase_add_test(tests, while_sixteen_record);
    return harness_main(suite);
}
