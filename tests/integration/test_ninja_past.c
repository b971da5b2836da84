/*
 * historyctl import ninja of past builds where the log, the drawing or the output is odd.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_project.h"

static const char manifest[] = "rule join\n"
                               "  command = cat $in > $out\n"
                               "rule break\n"
                               "  command = echo no good; exit 3\n"
                               "build a.o: join a.txt\n"
                               "build b.o: join b.txt\n"
                               "build tool: join a.o b.o\n"
                               "build more.o: join g.txt\n"
                               "build more: join more.o\n"
                               "build bad.o: break a.txt\n"
                               "default tool\n";

static void build(const char *targets)
{
    project_make(manifest);
    program_shell("ninja -C build %s > printed || true", targets);
}

static struct program *import(const char *options)
{
    return ctl_run(subject, NULL, "import ninja %s %s", options, project_folder());
}

static struct program *import_well(const char *options)
{
    struct program *program = import(options);

    program_expect(program, 0);
    return program;
}

static void import_fails(const char *options, const char *message)
{
    struct program *program = import(options);

    program_expect(program, 1);
    ck_assert_msg(strstr(program->err, message), "not '%s' but: %s", message, program->err);
}

static void write_text(const char *name, const char *text)
{
    harness_write_file(harness_path(name), text, strlen(text));
}

/* The joins as " from>to …", in the order of their ends' names. */
static const char *joins(void)
{
    cJSON *graph = project_graph(project_runs(), 0);
    int n = answer_count(graph, "graph.edges");
    const char *text = "";

    ck_assert_int_eq(answer_count(graph, "graph.nodes"),
                     answer_int(project_runs(), "runs[0].total_units"));
    for (int i = 0; i < n; i++)
        text = harness_text("%s%s>%s\n", text,
                            answer_text(graph, harness_text("graph.edges[%d].from", i)),
                            answer_text(graph, harness_text("graph.edges[%d].to", i)));
    write_text("edges", text);
    return program_shell("sort edges | tr '\\n' ' '");
}

/* Without targets Ninja draws only what it builds by default. */
START_TEST(targets_that_are_no_default)
{
    build("tool more");
    import_well("");
    ck_assert_str_eq(joins(), "a.o>tool b.o>tool more.o>more ");
}
END_TEST

START_TEST(units_that_the_manifest_knows_no_more)
{
    build("tool more");
    program_shell("grep -v more build/build.ninja > kept && cp kept build/build.ninja");
    import_well("");
    answer_matches(project_runs(), "{'runs':[{'total_units':5}]}");
    ck_assert_str_eq(joins(), "a.o>tool b.o>tool ");
}
END_TEST

static void run_has_no_graph(void)
{
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'completed','total_units':3}]}");
    wire_call_error(wire, "GraphNotFound", "GetGraph", "{'run_id':'%s'}",
                    answer_text(project_runs(), "runs[0].id"));
}

START_TEST(no_graph_without_a_manifest)
{
    struct program *program;

    build("");
    program_shell("rm build/build.ninja");
    program = import_well("");
    ck_assert_ptr_nonnull(strstr(program->err, "has no build.ninja, so the run gets no graph"));
    run_has_no_graph();
}
END_TEST

START_TEST(no_graph_from_a_broken_manifest)
{
    struct program *program;

    build("");
    program_shell("echo rule > build/build.ninja");
    program = import_well("");
    ck_assert_ptr_nonnull(strstr(program->err, "ninja -t graph failed with exit code 1: no graph"));
    run_has_no_graph();
}
END_TEST

START_TEST(no_graph_without_ninja)
{
    struct program *program;

    build("");
    setenv("PATH", harness_path("nothing"), 1);
    program = import_well("");
    ck_assert_ptr_nonnull(strstr(program->err, "cannot run ninja for the graph: No such file"));
    run_has_no_graph();
}
END_TEST

/* A ninja whose drawing is none, and one that only fails to draw what is asked for later. */
START_TEST(another_ninja_in_the_path)
{
    const char *path = getenv("PATH");
    struct program *program;

    build("more");
    program_shell(
        "mkdir bin && printf '#!/bin/sh\\necho nothing\\n' > bin/ninja && chmod +x bin/ninja");
    setenv("PATH", harness_text("%s:%s", harness_path("bin"), path), 1);
    program = import_well("--repo /first");
    ck_assert_ptr_nonnull(strstr(program->err, "ninja -t graph: not what 'ninja -t graph' draws"));
    answer_matches(project_runs(), "{'total':1,'runs':[{'total_units':2}]}");
}
END_TEST

/* Draws once, then fails, says nothing of use, or tells of no target. */
START_TEST(a_ninja_that_draws_once)
{
    static const char *const then[] = {"exit 1", "echo nothing", "exit 0"};
    const char *real = program_shell("command -v ninja | tr -d '\\n'");
    const char *path = getenv("PATH");

    build("more");
    write_text("wrapper",
               harness_text("#!/bin/sh\n"
                            "case $4:$#:%d in graph:4:* | targets:*:[01]) exec %s $@ ;; esac\n"
                            "%s\n",
                            _i, real, then[_i]));
    program_shell("mkdir bin && cp wrapper bin/ninja && chmod +x bin/ninja");
    setenv("PATH", harness_text("%s:%s", harness_path("bin"), path), 1);
    import_well("");
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'completed','total_units':2}]}");
    ck_assert_str_eq(joins(), "");
}
END_TEST

START_TEST(a_given_graph_has_to_be_one)
{
    build("");
    write_text("drawing", "graph of something else\n");
    import_fails(harness_text("--graph %s", harness_path("drawing")),
                 "not what 'ninja -t graph' draws");
    write_text("drawing", "// digraph ninja {\n");
    import_fails(harness_text("--graph %s", harness_path("drawing")),
                 "not what 'ninja -t graph' draws");
    write_text("drawing", "");
    import_fails(harness_text("--graph %s", harness_path("drawing")),
                 "not what 'ninja -t graph' draws");
    import_fails(harness_text("--graph %s", harness_path("none")), "No such file or directory");
    answer_matches(project_runs(), "{'total':0}");
}
END_TEST

START_TEST(logs_that_tell_nothing)
{
    project_make(manifest);
    import_fails("", "has Ninja built there? --log FILE names another log");
    write_text("log", "");
    import_fails(harness_text("--log %s", harness_path("log")), "not a log of Ninja");
    write_text("log", "# ninja log v5\n");
    import_fails(harness_text("--log %s", harness_path("log")), "there is no build in the log");
    import_fails(harness_text("--log %s --last", harness_path("log")),
                 "there is no build in the log");
    import_fails(harness_text("--log %s", harness_path("none")),
                 "none: No such file or directory\n");
    answer_matches(project_runs(), "{'total':0}");
}
END_TEST

START_TEST(lines_that_are_no_entries_and_long_names)
{
    struct program *program;

    build("");
    write_text("long", harness_text("\t%s\tff\nno entry\n", harness_repeat("n", 1025)));
    program_shell(
        "(head -n 2 build/.ninja_log; tail -n 1 build/.ninja_log | cut -f 1-3 | tr -d '\\n'; "
        "cat long; tail -n +3 build/.ninja_log) > log");
    program = import_well(harness_text("--log %s", harness_path("log")));
    ck_assert_ptr_nonnull(strstr(program->err, "1 lines are no entries and are left out"));
    ck_assert_ptr_nonnull(strstr(program->err, "1 units are left out: their names are too long"));
    answer_matches(project_runs(), "{'total':1,'runs':[{'total_units':3}]}");
}
END_TEST

/* --- what Ninja printed -------------------------------------------------------------------------
 */

START_TEST(an_output_that_cannot_be_read)
{
    build("");
    import_fails(harness_text("--output %s", harness_path("none")),
                 "none: No such file or directory");
    answer_matches(project_runs(), "{'total':0}");
}
END_TEST

START_TEST(an_output_without_a_word)
{
    build("");
    write_text("printed", "");
    import_well(harness_text("--output %s", harness_path("printed")));
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'completed'}]}");
}
END_TEST

/* Ninja has not even made a log. */
START_TEST(a_build_of_which_nothing_succeeded)
{
    const char *options = harness_text("--output %s", harness_path("printed"));
    cJSON *list;

    build("bad.o");
    ck_assert_ptr_nonnull(strstr(import_well(options)->out, "1 unit, 1 failed"));
    list = project_runs();
    answer_matches(list, "{'total':1,'runs':[{'status':'failed','total_units':1,"
                         "'completed_units':0,'failed_units':1}]}");
    ck_assert_str_eq(project_units(list, 0, "unit.failed"), " bad.o");
    ck_assert_ptr_nonnull(strstr(import_well(options)->out, "already recorded"));
    ck_assert(answer_equals(list, project_runs()));
}
END_TEST

START_TEST(a_failed_build_after_a_good_one)
{
    build("tool");
    program_shell("ninja -C build bad.o > printed || true");
    import_well(harness_text("--last --output %s", harness_path("printed")));
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'failed','total_units':1}]}");
    import_well(harness_text("--output %s", harness_path("printed")));
    answer_matches(project_runs(), "{'total':2}");
}
END_TEST

/* Then the run is there already and stays as it is. */
START_TEST(failures_that_come_too_late)
{
    struct program *program;

    build("-k 0 tool bad.o");
    import_well("");
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'completed','failed_units':0}]}");
    program = import_well(harness_text("--output %s --json", harness_path("printed")));
    ck_assert_ptr_nonnull(strstr(program->err, "was recorded without its failures before"));
    ck_assert_ptr_nonnull(strstr(program->out, "\"failed\":1,\"recorded\":false}"));
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'completed'}]}");
}
END_TEST

START_TEST(an_output_of_another_build)
{
    struct program *program;

    build("tool");
    write_text("printed", "[1/9] x\n[2/9] bad\nFAILED: bad\ncommand\nwhy\n");
    program = import_well(harness_text("--output %s", harness_path("printed")));
    ck_assert_msg(strstr(program->err,
                         "the output tells of 1 edges that ended well, the log's last "
                         "build has 3"),
                  "%s", program->err);
    answer_matches(project_runs(), "{'total':1,'runs':[{'status':'failed','failed_units':1}]}");
}
END_TEST

/* More failures than the first room holds; each ended after those that were counted before it. */
START_TEST(many_failures)
{
    const char *printed = "[3/99] tool\n";

    build("tool");
    for (int i = 0; i < 40; i++)
        printed = harness_text("%sFAILED: f%02d\ncommand %d\nbecause %d\n", printed, i, i, i);
    write_text("printed", printed);
    import_well(harness_text("--output %s", harness_path("printed")));
    answer_matches(project_runs(),
                   "{'total':1,'runs':[{'status':'failed','failed_units':40,"
                   "'completed_units':3,'error':'40 units failed: f00, f01, f02, …'}]}");
    answer_matches(project_events(project_runs(), 0, ",'unit':'f39','type':'unit.failed'"),
                   "{'events':[{'error':'because 39','payload':{'command':'command 39'}}]}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja past");
    TCase *test_case = scene_case(suite, "ninja past", 60);

    tcase_add_test(test_case, targets_that_are_no_default);
    tcase_add_test(test_case, units_that_the_manifest_knows_no_more);
    tcase_add_test(test_case, no_graph_without_a_manifest);
    tcase_add_test(test_case, no_graph_from_a_broken_manifest);
    tcase_add_test(test_case, no_graph_without_ninja);
    tcase_add_test(test_case, another_ninja_in_the_path);
    tcase_add_loop_test(test_case, a_ninja_that_draws_once, 0, 3);
    tcase_add_test(test_case, a_given_graph_has_to_be_one);
    tcase_add_test(test_case, logs_that_tell_nothing);
    tcase_add_test(test_case, lines_that_are_no_entries_and_long_names);
    tcase_add_test(test_case, an_output_that_cannot_be_read);
    tcase_add_test(test_case, an_output_without_a_word);
    tcase_add_test(test_case, a_build_of_which_nothing_succeeded);
    tcase_add_test(test_case, a_failed_build_after_a_good_one);
    tcase_add_test(test_case, failures_that_come_too_late);
    tcase_add_test(test_case, an_output_of_another_build);
    tcase_add_test(test_case, many_failures);
    return harness_main(suite);
}
