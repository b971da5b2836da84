/*
 * historyctl import ninja --build where something is odd: how the build or the recording ends.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_project.h"

static const char manifest[] = "rule join\n"
                               "  command = cat $in > $out\n"
                               "build a.o: join a.txt\n"
                               "build b.o: join b.txt\n"
                               "build tool: join a.o b.o\n";

/* Its first edge ends, its second waits until the file `go` is there. */
static const char slow_manifest[] =
    "rule join\n"
    "  command = cat $in > $out\n"
    "rule wait\n"
    "  command = touch waits; while [ ! -e go ]; do sleep 0.02; done; cat $in > $out\n"
    "build a.o: join a.txt\n"
    "build b.o: wait a.o\n";

static struct program *build(const char *arguments)
{
    return ctl_run(subject, NULL, "import ninja --build %s%s", project_folder(), arguments);
}

/* Starts the slow build, and waits until its second edge runs. */
static struct program *build_slowly(const char *options)
{
    struct program *program;
    int64_t deadline = harness_deadline();

    project_make(slow_manifest);
    program = ctl_start(subject, NULL, "%s import ninja --build %s", options, project_folder());
    while (!harness_exists(harness_path("build/waits")))
        harness_turn(deadline, "the second edge");
    return program;
}

/* Waits until an event of the newest run's type is recorded. */
static void wait_for(const char *type)
{
    int64_t deadline = harness_deadline();
    const cJSON *list = project_runs();

    while (answer_count(project_events(list, 0, harness_text(",'type':'%s'", type)), "events") == 0)
        harness_turn(deadline, type);
}

START_TEST(an_interrupted_build_is_stopped)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct program *program = build_slowly("");

    wait_for("unit.completed");
    kill(program->pid, signals[_i]);
    program_finish(program);
    ck_assert_int_ne(program->status, 0);
    ck_assert_msg(strstr(program->out, "interrupted by user"), "%s%s", program->out, program->err);
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'stopped','total_units':1,"
                                   "'completed_units':1,'failed_units':0}]}");
    ck_assert_str_eq(project_units(project_runs(), 0, "unit.completed"), " a.o");
    answer_matches(project_events(project_runs(), 0, ",'type':'run'"),
                   "{'events':[{'type':'run.started'},{'type':'run.stopped'}]}");
}
END_TEST

/* The build is what counts: it goes on to its end, and historyctl says what is not recorded. */
START_TEST(the_daemon_dies_during_a_build)
{
    struct program *program = build_slowly("--timeout 300");

    wait_for("unit.completed");
    subject_kill(subject);
    program_shell("touch build/go");
    program_finish(program);
    program_expect(program, 1);
    ck_assert_msg(strstr(program->err, "not all of ninja_"), "%s", program->err);
    ck_assert(harness_exists(harness_path("build/b.o")));
    subject_start(subject);
    wire = wire_open(subject);
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'running'}]}");
}
END_TEST

START_TEST(a_manifest_that_is_none)
{
    struct program *program;

    project_make("rule\n");
    program = build("");
    program_expect(program, 1);
    ck_assert_ptr_nonnull(strstr(program->err, "expected rule name"));
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'failed','completed_units':0,"
                                   "'error':'ninja ended with exit code 1'}]}");
    answer_matches(project_events(project_runs(), 0, ""),
                   "{'events':[{'type':'run.started'},{'type':'run.failed',"
                   "'error':'ninja failed without naming an edge'}]}");
}
END_TEST

START_TEST(without_ninja)
{
    struct program *program;

    project_make(manifest);
    setenv("PATH", harness_path("nothing"), 1);
    program = build("");
    program_expect(program, 127);
    ck_assert_ptr_nonnull(strstr(program->err, "cannot run ninja: No such file or directory"));
    answer_matches(project_runs(), "{'runs':[{'status':'failed',"
                                   "'error':'ninja ended with exit code 127'}]}");
}
END_TEST

START_TEST(nothing_is_built_without_a_recording)
{
    struct program *program;

    project_make(manifest);
    subject_stop(subject);
    program = build("");
    program_expect(program, 1);
    ck_assert(!harness_exists(harness_path("build/tool")));
    program = ctl_run(subject, NULL, "import ninja --build %s", harness_path("nowhere"));
    program_expect(program, 1);
    ck_assert_ptr_nonnull(strstr(program->err, "nowhere: No such file or directory"));
}
END_TEST

START_TEST(a_log_that_cannot_be_read)
{
    struct program *program;

    project_make(manifest);
    program_shell("mkdir build/folder");
    program = ctl_run(subject, NULL, "import ninja --build --log %s %s",
                      harness_path("build/folder"), project_folder());
    program_expect(program, 1);
    ck_assert_ptr_nonnull(strstr(program->err, "Is a directory"));
    answer_matches(project_runs(), "{'total':0}");
}
END_TEST

START_TEST(how_many_jobs)
{
    static const struct {
        const char *arguments;
        int64_t jobs;
    } cases[] = {
        {" -- -j 7", 7},
        {" -- -j5 tool", 5},
        {" -- -k 0 -j1", 1},
        {" -- -j 0", 1},
    };

    project_make(manifest);
    program_expect(build(cases[_i].arguments), 0);
    answer_matches(project_runs(), "{'runs':[{'parallelism':%d,'total_units':3}]}",
                   (int)cases[_i].jobs);
}
END_TEST

START_TEST(more_arguments_than_ninja_is_given)
{
    const char *arguments[4200] = {HISTORYCTL, "--socket", subject->socket,  "import",
                                   "ninja",    "--build",  project_folder(), "--"};
    struct program *program;

    project_make(manifest);
    for (size_t i = 8; i < 4199; i++)
        arguments[i] = "tool";
    program = program_run(NULL, arguments);
    program_expect(program, 127);
    ck_assert_ptr_nonnull(strstr(program->err, "cannot run ninja: Argument list too long"));
    answer_matches(project_runs(), "{'runs':[{'status':'failed'}]}");
}
END_TEST

/* Ninja prints the outputs of an edge that failed between blanks: which paths there are tells where
 * one ends that holds a blank. */
START_TEST(a_failed_output_with_a_blank)
{
    struct program *program;

    project_make("rule break\n"
                 "  command = exit 4\n"
                 "build my$ file.o my: break a.txt\n"
                 "build last.o: break b.txt\n");
    program = build(" -- -k 0");
    program_expect(program, 1);
    ck_assert_str_eq(project_units(project_runs(), 0, "unit.failed"), " last.o my file.o");
    answer_matches(project_events(project_runs(), 0, ",'unit':'my file.o','type':'unit.failed'"),
                   "{'events':[{'payload':{'outputs':['my file.o','my']}}]}");
}
END_TEST

START_TEST(a_graph_that_the_daemon_refuses)
{
    struct program *program;

    /* Drawn by hand: each needs the other. */
    harness_write_file(harness_path("circle"),
                       "digraph ninja {\n"
                       "\"0x1\" [label=\"a.o\"]\n\"0x2\" [label=\"b.o\"]\n"
                       "\"0x1\" -> \"0x2\" [label=\" join\"]\n"
                       "\"0x2\" -> \"0x1\" [label=\" join\"]\n}\n",
                       strlen("digraph ninja {\n") + strlen("\"0x1\" [label=\"a.o\"]\n") * 2 +
                           strlen("\"0x1\" -> \"0x2\" [label=\" join\"]\n") * 2 + 2);
    project_make(manifest);
    program = ctl_run(subject, NULL, "import ninja --build --graph %s %s", harness_path("circle"),
                      project_folder());
    program_expect(program, 0);
    ck_assert_msg(strstr(program->err, "the edges form a cycle"), "%s", program->err);
    answer_matches(project_runs(), "{'runs':[{'status':'completed','completed_units':3}]}");
}
END_TEST

START_TEST(build_excludes_what_is_of_the_past)
{
    project_make(manifest);
    program_expect(ctl_run(subject, NULL, "import ninja --build --last %s", project_folder()), 2);
    program_expect(ctl_run(subject, NULL, "import ninja --build --output x %s", project_folder()),
                   2);
    program_expect(ctl_run(subject, NULL, "import ninja %s tool", project_folder()), 2);
    answer_matches(project_runs(), "{'total':0}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja live");
    TCase *test_case = scene_case(suite, "ninja live", 60);

    tcase_add_loop_test(test_case, an_interrupted_build_is_stopped, 0, 3);
    tcase_add_test(test_case, the_daemon_dies_during_a_build);
    tcase_add_test(test_case, a_manifest_that_is_none);
    tcase_add_test(test_case, without_ninja);
    tcase_add_test(test_case, nothing_is_built_without_a_recording);
    tcase_add_test(test_case, a_log_that_cannot_be_read);
    tcase_add_loop_test(test_case, how_many_jobs, 0, 4);
    tcase_add_test(test_case, more_arguments_than_ninja_is_given);
    tcase_add_test(test_case, a_failed_output_with_a_blank);
    tcase_add_test(test_case, a_graph_that_the_daemon_refuses);
    tcase_add_test(test_case, build_excludes_what_is_of_the_past);
    return harness_main(suite);
}
