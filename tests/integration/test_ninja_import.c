/*
 * historyctl import ninja, on real builds that the test makes with Ninja.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ninja_project.h"

enum { EDGES = 5 };

/* Five edges: two sources, one edge with two outputs, a program of all, and one that stands alone.
 */
static const char manifest[] = "rule join\n"
                               "  command = cat $in > $out\n"
                               "rule split\n"
                               "  command = cp $in gen.h && cp $in gen.c\n"
                               "build a.o: join a.txt\n"
                               "build b.o: join b.txt | gen.h\n"
                               "build gen.h gen.c: split g.txt\n"
                               "build tool: join a.o b.o || gen.c\n"
                               "build alone: join a.txt\n";

static const char broken_manifest[] = "rule join\n"
                                      "  command = cat $in > $out\n"
                                      "rule break\n"
                                      "  command = echo it is broken; exit 3\n"
                                      "build a.o: join a.txt\n"
                                      "build b.o: break a.o\n"
                                      "build tool: join b.o\n";

static void levels_are_right(const cJSON *list, int run)
{
    static const struct {
        const char *unit;
        int level;
    } levels[] = {{"gen.h", 0}, {"a.o", 0}, {"b.o", 1}, {"tool", 2}, {"alone", 0}};
    cJSON *answer = project_graph(list, run);

    ck_assert_int_eq(answer_count(answer, "graph.nodes"), EDGES);
    for (int i = 0; i < EDGES; i++) {
        const char *id = answer_text(answer, harness_text("graph.nodes[%d].id", i));
        bool known = false;

        for (size_t l = 0; l < EDGES; l++) {
            if (strcmp(levels[l].unit, id) != 0)
                continue;
            known = true;
            ck_assert_int_eq(answer_int(answer, harness_text("graph.nodes[%d].level", i)),
                             levels[l].level);
        }
        ck_assert_msg(known, "a node that is no edge: %s", id);
    }
    /* gen.h -> b.o, gen.h -> tool, a.o -> tool, b.o -> tool */
    ck_assert_int_eq(answer_count(answer, "graph.edges"), 4);
}

START_TEST(a_clean_build)
{
    cJSON *list;
    cJSON *answer;

    project_make(manifest);
    program_shell("ninja -C build");
    ctl_out(subject, "import ninja %s", project_folder());
    list = project_runs();
    answer_matches(list,
                   "{'total':1,'runs':[{'repo_path':'%s','status':'completed',"
                   "'total_units':%d,'completed_units':%d,'failed_units':0}]}",
                   project_folder(), EDGES, EDGES);
    ck_assert_str_eq(project_units(list, 0, "unit.started"), " a.o alone b.o gen.h tool");
    ck_assert_str_eq(project_units(list, 0, "unit.completed"), " a.o alone b.o gen.h tool");
    levels_are_right(list, 0);
    answer = project_events(list, 0, "");
    for (int i = 1; i < answer_count(answer, "events"); i++)
        ck_assert_msg(strcmp(answer_text(answer, harness_text("events[%d].time", i - 1)),
                             answer_text(answer, harness_text("events[%d].time", i))) <= 0,
                      "the events are not in the order of time");
}
END_TEST

START_TEST(importing_twice)
{
    cJSON *first;
    cJSON *second;

    project_make(manifest);
    program_shell("ninja -C build");
    ctl_out(subject, "import ninja --repo /somewhere %s", project_folder());
    first = project_runs();
    answer_matches(first, "{'total':1,'runs':[{'repo_path':'/somewhere'}]}");
    ctl_out(subject, "import ninja --repo /somewhere %s", project_folder());
    second = project_runs();
    ck_assert(answer_equals(first, second));
}
END_TEST

START_TEST(an_incremental_build)
{
    cJSON *list;

    /* The log has no mark between builds; these are told apart by the time that lies between them,
     * which has to be more than the 20 ms by which file times are unsure. */
    project_make(manifest);
    program_shell("ninja -C build");
    program_shell("sleep 0.1 && echo more >> build/b.txt && ninja -C build");
    ctl_out(subject, "import ninja %s", project_folder());
    list = project_runs();
    answer_matches(list,
                   "{'total':2,'runs':[{'status':'completed','total_units':2},"
                   "{'status':'completed','total_units':%d}]}",
                   EDGES);
    ck_assert_str_eq(project_units(list, 0, "unit.completed"), " b.o tool");
    /* the next build adds one run */
    program_shell("sleep 0.1 && echo more >> build/a.txt && ninja -C build");
    ctl_out(subject, "import ninja %s", project_folder());
    list = project_runs();
    answer_matches(list, "{'total':3}");
    ck_assert_str_eq(project_units(list, 0, "unit.completed"), " a.o alone tool");
}
END_TEST

START_TEST(every_version_of_the_log)
{
    int version = _i;

    project_make(manifest);
    program_shell("ninja -C build && ninja -C build -t graph > graph.dot && "
                  "sed '1s/.*/# ninja log v%d/' build/.ninja_log > log",
                  version);
    ctl_out(subject, "import ninja --log %s --graph %s %s", harness_path("log"),
            harness_path("graph.dot"), project_folder());
    answer_matches(project_runs(), "{'total':1,'runs':[{'total_units':%d}]}", EDGES);
    levels_are_right(project_runs(), 0);
}
END_TEST

START_TEST(a_log_that_is_none)
{
    struct program *program;

    project_make(manifest);
    program_shell("ninja -C build -t graph > graph.dot");
    harness_write_file(harness_path("log"), "# ninja log v99\n1\t2\t3\tx\tff\n", 27);
    program = ctl_run(subject, NULL, "import ninja --log %s --graph %s %s", harness_path("log"),
                      harness_path("graph.dot"), project_folder());
    program_expect(program, 1);
    ck_assert_ptr_nonnull(strstr(program->err, "99"));
    program = ctl_run(subject, NULL, "import ninja %s", harness_path("nowhere"));
    program_expect(program, 1);
    ck_assert_ptr_nonnull(strstr(program->err, "nowhere"));
    answer_matches(project_runs(), "{'total':0}");
}
END_TEST

START_TEST(a_build_as_it_runs)
{
    struct program *program;
    cJSON *list;

    project_make(manifest);
    program = ctl_run(subject, NULL, "import ninja --build %s", project_folder());
    program_expect(program, 0);
    ck_assert_ptr_nonnull(strstr(program->out, "[5/5]"));
    list = project_runs();
    answer_matches(list,
                   "{'total':1,'runs':[{'status':'completed','total_units':%d,"
                   "'completed_units':%d}]}",
                   EDGES, EDGES);
    ck_assert_str_eq(project_units(list, 0, "unit.completed"), " a.o alone b.o gen.h tool");
    levels_are_right(list, 0);
    /* nothing to do */
    program_expect(ctl_run(subject, NULL, "import ninja --build %s", project_folder()), 0);
}
END_TEST

START_TEST(a_build_that_fails)
{
    struct program *program;
    cJSON *list;
    cJSON *answer;

    project_make(broken_manifest);
    program = ctl_run(subject, NULL, "import ninja --build %s", project_folder());
    program_expect(program, 1);
    ck_assert_ptr_nonnull(strstr(program->out, "it is broken"));
    list = project_runs();
    answer_matches(list, "{'total':1,'runs':[{'status':'failed','total_units':2,"
                         "'completed_units':1,'failed_units':1}]}");
    ck_assert_str_eq(project_units(list, 0, "unit.completed"), " a.o");
    ck_assert_str_eq(project_units(list, 0, "unit.failed"), " b.o");
    answer = project_events(list, 0, ",'type':'unit.failed'");
    ck_assert_ptr_nonnull(strstr(answer_text(answer, "events[0].error"), "it is broken"));
    ck_assert_ptr_nonnull(
        strstr(ctl_out(subject, "show %s", answer_text(list, "runs[0].id")), "it is broken"));
}
END_TEST

/* Ninja's own log does not name the edge that failed: what it printed does. */
START_TEST(a_failure_from_what_was_printed)
{
    cJSON *list;

    project_make(broken_manifest);
    program_shell("ninja -C build > printed || true");
    ctl_out(subject, "import ninja --output %s %s", harness_path("printed"), project_folder());
    list = project_runs();
    answer_matches(list, "{'total':1,'runs':[{'status':'failed','failed_units':1}]}");
    ck_assert_str_eq(project_units(list, 0, "unit.failed"), " b.o");
}
END_TEST

START_TEST(arguments_for_ninja)
{
    project_make(manifest);
    program_expect(ctl_run(subject, NULL, "import ninja --build %s -- alone", project_folder()), 0);
    answer_matches(project_runs(), "{'runs':[{'total_units':1}]}");
    ck_assert_str_eq(project_units(project_runs(), 0, "unit.completed"), " alone");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ninja import");
    TCase *test_case = scene_case(suite, "ninja import", 60);

    tcase_add_test(test_case, a_clean_build);
    tcase_add_test(test_case, importing_twice);
    tcase_add_test(test_case, an_incremental_build);
    tcase_add_loop_test(test_case, every_version_of_the_log, 5, 8);
    tcase_add_test(test_case, a_log_that_is_none);
    tcase_add_test(test_case, a_build_as_it_runs);
    tcase_add_test(test_case, a_build_that_fails);
    tcase_add_test(test_case, a_failure_from_what_was_printed);
    tcase_add_test(test_case, arguments_for_ninja);
    return harness_main(suite);
}
