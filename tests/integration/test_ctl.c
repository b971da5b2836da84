/*
 * historyctl as a person or a script uses it: exit codes, lines of JSON in and out, escaped texts.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scene.h"

START_TEST(exit_codes)
{
    struct subject *none = subject_new("none");

    program_expect(ctl_run(subject, NULL, "ping"), 0);
    program_expect(ctl_run(none, NULL, "ping"), 1);
    program_expect(ctl_run(none, NULL, "ping --timeout 200"), 1);
    program_expect(ctl_run(none, NULL, "runs"), 1);
    program_expect(ctl_run(subject, NULL, "--help"), 0);
    program_expect(ctl_run(subject, NULL, "--version"), 0);
    program_expect(ctl_run(subject, NULL, "dance"), 2);
    program_expect(ctl_run(subject, NULL, "runs --colour red"), 2);
    program_expect(ctl_run(subject, NULL, "show"), 2);
    program_expect(ctl_run(subject, NULL, "runs --limit many"), 2);
    program_expect(ctl_run(subject, NULL, "show none"), 1);
    program_expect(ctl_run(subject, NULL, "events none"), 1);
    program_expect(ctl_run(subject, NULL, "graph none"), 1);
    program_expect(ctl_run(subject, NULL, "runs"), 0);
    program_expect(ctl_run(subject, NULL, "status"), 0);
}
END_TEST

START_TEST(a_reload)
{
    struct subject *own = subject_new("own");
    struct program *program;
    const char *words;

    subject_configure(own, "");
    subject_start(own);
    ck_assert_str_eq(ctl_out(own, "reload"), "");
    ck_assert_str_eq(ctl_out(own, "reload --json"), "{}\n");
    subject_configure(own, "[limits]\ncolour = red\n");
    program = ctl_run(own, NULL, "reload");
    program_expect(program, 1);
    ck_assert_str_eq(program->out, "");
    words = harness_text("historyctl: refused, the daemon keeps its configuration: %s:2: ",
                         own->config);
    ck_assert_msg(strncmp(program->err, words, strlen(words)) == 0, "%s", program->err);
    ck_assert_ptr_nonnull(strstr(program->err, "\"colour\""));
    subject_signal(own, SIGSTOP);
    program_expect(ctl_run(own, NULL, "reload --timeout 200"), 1);
    subject_signal(own, SIGCONT);
}
END_TEST

START_TEST(a_daemon_that_hangs)
{
    subject_signal(subject, SIGSTOP);
    program_expect(ctl_run(subject, NULL, "ping --timeout 200"), 1);
    subject_signal(subject, SIGCONT);
    program_expect(ctl_run(subject, NULL, "ping"), 0);
}
END_TEST

START_TEST(any_method_may_be_called)
{
    struct program *program;

    scene_run("r");
    ck_assert_str_eq(ctl_out(subject, "call Ping"), "{}\n");
    ck_assert_str_eq(ctl_out(subject, "call dev.historyd.history.Ping {}"), "{}\n");
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "call org.varlink.service.GetInfo"),
                                 "\"interfaces\":[\"dev.historyd.history\""));
    ck_assert_ptr_nonnull(
        strstr(ctl_out(subject, "call GetRun {'run_id':'r'}"), "{\"run\":{\"id\":\"r\""));
    program = ctl_run(subject, NULL, "call GetRun {'run_id':'none'}");
    program_expect(program, 1);
    ck_assert_str_eq(program->out, "");
    ck_assert_ptr_nonnull(strstr(program->err, "RunNotFound"));
    program_expect(ctl_run(subject, NULL, "call GetRun [1]"), 1);
    program = ctl_run(subject, "{\"run_id\":\"r\"}", "call GetRun -");
    program_expect(program, 0);
}
END_TEST

static const char lines[] =
    "{\"type\":\"run.started\"}\n"
    "this is no event\n"
    "{\"type\":\"unit.started\",\"unit\":\"a\"}\n"
    "{\"type\":\"Not.good\"}\n"
    "\n"
    "{\"type\":\"unit.completed\",\"unit\":\"a\",\"payload\":{\"n\":1e400}}";

START_TEST(lines_are_recorded)
{
    struct program *program;

    scene_run("r");
    program = ctl_run(subject, lines, "record --run r");
    program_expect(program, 1);
    ck_assert_msg(strstr(program->err, "stdin:2:"), "%s", program->err);
    ck_assert_msg(strstr(program->err, "stdin:4:"), "%s", program->err);
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','count':true}"),
                   "{'total':3,'events':[{'type':'run.started'},{'type':'unit.started'},"
                   "{'type':'unit.completed'}]}");
}
END_TEST

START_TEST(strict_stops_at_the_first)
{
    struct program *program;

    scene_run("r");
    program = ctl_run(subject, lines, "record --run r --strict");
    program_expect(program, 1);
    ck_assert_msg(strstr(program->err, "stdin:2:"), "%s", program->err);
    ck_assert_msg(!strstr(program->err, "stdin:4:"), "%s", program->err);
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','count':true}"), "{'total':1}");
}
END_TEST

START_TEST(lines_may_be_fed_again)
{
    static const char numbered[] = "{\"seq\":1,\"type\":\"a\"}\n{\"seq\":2,\"type\":\"b\"}\n";

    for (int i = 0; i < 2; i++)
        program_expect(ctl_run(subject, numbered, "record --repo /r --id mine"), 0);
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'mine','count':true}"), "{'total':2}");
    program_expect(ctl_run(subject, "{\"seq\":2,\"type\":\"c\"}\n", "record --run mine"), 1);
    program_expect(ctl_run(subject, "", "record --run none"), 1);
}
END_TEST

START_TEST(the_life_of_a_run)
{
    const char *id;

    ck_assert_str_eq(ctl_out(subject, "run start --repo /r --id mine --total-units 3"), "mine\n");
    ck_assert_str_eq(ctl_out(subject, "run start --repo /r --id mine"), "mine\n");
    id = ctl_out(subject, "run start --repo /r --parallelism 4 --dry-run");
    ck_assert_int_eq(strncmp(id, "run_", 4), 0);
    ctl_out(subject, "run stop mine --reason lunch");
    ctl_out(subject, "run resume mine");
    ctl_out(subject, "run complete mine --status failed --failed-units 1 --error broken");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'mine'}"),
                   "{'run':{'status':'failed','total_units':3,'failed_units':1,'error':'broken',"
                   "'last_seq':2}}");
    program_expect(ctl_run(subject, NULL, "run stop mine"), 1);
    program_expect(ctl_run(subject, NULL, "run complete none"), 1);
}
END_TEST

/* A run with everything in it that a text could lose. */
static void rich_run_make(void)
{
    wire_call(wire, "CreateRun",
              "{'id':'r','repo_path':'/r \\u001b[31m','started_at':'2026-01-20T14:30:52.123456Z',"
              "'parallelism':3,'total_units':2,'tasks_dir':'/t','dry_run':true,'graph':{'nodes':["
              "{'id':'a','label':'A \\n','status':'s','attributes':{'z':1e400,'a':0.10}},"
              "{'id':'b'}],'edges':[{'from':'a','to':'b'}]}}");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':["
              "{'seq':2,'time':'2026-01-20T14:30:53Z','type':'unit.started','unit':'a','task':-5,"
              "'pr':9223372036854775807,'payload':{'n':9007199254740993,'t':'\\u00e9'}},"
              "{'seq':9,'time':'2026-01-20T14:30:54Z','type':'unit.failed','unit':'a\\u001b[2J',"
              "'error':'two\\nlines'}]}");
    wire_call(wire, "CompleteRun",
              "{'run_id':'r','status':'failed','completed_units':1,'failed_units':1,'error':'oh',"
              "'completed_at':'2026-01-20T14:31:00Z'}");
}

START_TEST(export_and_record_are_a_round_trip)
{
    struct subject *second = subject_new("second");
    const char *exported;
    struct wire *other;

    rich_run_make();
    exported = ctl_out(subject, "export r");
    subject_start(second);
    program_expect(ctl_run(second, exported, "record"), 0);
    ck_assert_str_eq(ctl_out(second, "export r"), exported);
    other = wire_open(second);
    ck_assert(answer_equals(wire_call(wire, "GetRun", "{'run_id':'r'}"),
                            wire_call(other, "GetRun", "{'run_id':'r'}")));
    /* byte for byte: it holds a number that no double holds */
    wire_start(wire, "GetGraph", NULL, "{'run_id':'r'}");
    wire_start(other, "GetGraph", NULL, "{'run_id':'r'}");
    ck_assert_str_eq(wire_receive(wire, NULL), wire_receive(other, NULL));
    /* once more changes nothing */
    program_expect(ctl_run(second, exported, "record"), 0);
    ck_assert_str_eq(ctl_out(second, "export r"), exported);
    answer_matches(wire_call(other, "ListRuns", "{'count':true}"), "{'total':1}");
}
END_TEST

START_TEST(stored_texts_are_escaped)
{
    static const char *const views[] = {
        "runs",
        "show r",
        "events r",
        "graph r",
        "graph r --format dot",
        "graph r --format mermaid",
        "watch r --until-done",
    };

    rich_run_make();
    for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
        struct program *program = ctl_run(subject, NULL, "%s", views[i]);

        ck_assert_msg(program->status == 0 || strncmp(views[i], "watch", 5) == 0, "%s: %s",
                      views[i], program->err);
        ck_assert_str_ne(program->out, "");
        ck_assert_msg(!strchr(program->out, '\x1b'), "%s shows an escape sequence", views[i]);
    }
}
END_TEST

START_TEST(json_everywhere)
{
    static const char *const views[] = {"runs", "show r", "events r", "graph r", "status"};

    rich_run_make();
    for (size_t i = 0; i < sizeof(views) / sizeof(*views); i++) {
        char *out = harness_text("%s", ctl_out(subject, "%s --json", views[i]));
        char *line;

        while ((line = strsep(&out, "\n"))) {
            cJSON *json = *line ? cJSON_Parse(line) : NULL;

            ck_assert_msg(!*line || json, "%s: %s", views[i], line);
            cJSON_Delete(json);
        }
    }
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "events r --json"), "9007199254740993"));
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "graph r --json"), "1e400"));
}
END_TEST

START_TEST(times_are_told)
{
    rich_run_make();
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "show r --utc"), "2026-01-20 14:30:52"));
}
END_TEST

START_TEST(watching_ends_with_the_run)
{
    struct program *program;
    int64_t deadline = harness_deadline();

    scene_run("r");
    scene_event("r", "run.started");
    program = ctl_start(subject, NULL, "watch r --until-done");
    while (!strstr(program_output(program), "run.started"))
        harness_turn(deadline, "the first event to be shown");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'type':'unit.completed','unit':'u'}]}");
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'%s'}", _i ? "failed" : "completed");
    program_finish(program);
    program_expect(program, _i ? 1 : 0);
    ck_assert_ptr_nonnull(strstr(program->out, "unit.completed"));
}
END_TEST

START_TEST(watching_outlives_the_daemon)
{
    struct program *program;
    int64_t deadline = harness_deadline();
    int seen = 0;

    scene_run("r");
    scene_event("r", "first");
    program = ctl_start(subject, NULL, "watch r --until-done");
    while (!strstr(program_output(program), "first"))
        harness_turn(deadline, "the first event to be shown");
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
    scene_event("r", "second");
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'completed'}");
    program_finish(program);
    program_expect(program, 0);
    for (const char *place = program->out; (place = strstr(place, "first")); place++)
        seen++;
    ck_assert_int_eq(seen, 1);
    ck_assert_ptr_nonnull(strstr(program->out, "second"));
}
END_TEST

START_TEST(the_example_works)
{
    const char *const arguments[] = {EXAMPLE_BINARY, subject->socket, NULL};
    struct program *program = program_run(NULL, arguments);

    program_expect(program, 0);
    answer_matches(wire_call(wire, "ListRuns", "{'count':true}"),
                   "{'total':1,'runs':[{'status':'completed'}]}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("historyctl");
    TCase *test_case = scene_case(suite, "historyctl", 60);

    tcase_add_test(test_case, exit_codes);
    tcase_add_test(test_case, a_reload);
    tcase_add_test(test_case, a_daemon_that_hangs);
    tcase_add_test(test_case, any_method_may_be_called);
    tcase_add_test(test_case, lines_are_recorded);
    tcase_add_test(test_case, strict_stops_at_the_first);
    tcase_add_test(test_case, lines_may_be_fed_again);
    tcase_add_test(test_case, the_life_of_a_run);
    tcase_add_test(test_case, export_and_record_are_a_round_trip);
    tcase_add_test(test_case, stored_texts_are_escaped);
    tcase_add_test(test_case, json_everywhere);
    tcase_add_test(test_case, times_are_told);
    tcase_add_loop_test(test_case, watching_ends_with_the_run, 0, 2);
    tcase_add_test(test_case, watching_outlives_the_daemon);
    tcase_add_test(test_case, the_example_works);
    return harness_main(suite);
}
