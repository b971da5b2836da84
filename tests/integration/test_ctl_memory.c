/*
 * historyctl out of memory at every allocation, one after the other: it says so and ends with a
 * failure, or does all the same what it does with memory; it never crashes, and never passes off a
 * part of an answer as the whole.
 */
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scene.h"

enum { RUNS_A_COMMAND = 200, FAILURE = 1 };

struct command_case {
    const char *line;
    const char *input;
    bool varies; /* what it prints is not the same twice */
};

static const struct command_case reading[] = {
    {"ping -v", NULL, true},
    {"status", NULL, true},
    {"status --json", NULL, true},
    {"status --ready", NULL, false},
    {"metrics", NULL, true},
    {"runs", NULL, true},
    {"runs --json --all", NULL, false},
    {"runs --repo /r --status failed --since 2026-01-01 --until 2027-01-01", NULL, false},
    {"show r", NULL, false},
    {"show r --json", NULL, false},
    {"events r --all", NULL, false},
    {"events r --all --json", NULL, false},
    {"events r --color always --type unit --unit a --task -5", NULL, false},
    {"graph r", NULL, false},
    {"graph r --format dot", NULL, false},
    {"graph r --format mermaid", NULL, false},
    {"graph r --json", NULL, false},
    {"watch r --until-done", NULL, false},
    {"watch r --until-done --json", NULL, false},
    {"export r", NULL, false},
    {"export r --output exported", NULL, false},
    {"check --gaps", NULL, false},
    {"check --json", NULL, false},
    {"redact --scan", NULL, false},
    {"redact --scan --json", NULL, false},
    {"retention", NULL, false},
    {"retention --json", NULL, false},
    {"delete r --dry-run", NULL, false},
    {"call GetRun -", "{\"run_id\":\"r\"}", false},
    {"call ListEvents {\"run_id\":\"r\"}", NULL, false},
    {"show none", NULL, false},
    {"runs --limit many", NULL, false},
    {"--help", NULL, false},
    {"record --help", NULL, false},
    {"__complete call", NULL, false},
};

/* Each of these may be done again; /b# is another folder each time. */
static const struct command_case writing[] = {
    {"run start --repo /r --id mine --total-units 3 --graph -",
     "{\"nodes\":[{\"id\":\"a\"},{\"id\":\"b\",\"attributes\":{\"n\":1}}],"
     "\"edges\":[{\"from\":\"a\",\"to\":\"b\"}]}",
     false},
    {"run complete r --status failed --completed-units 1 --failed-units 1 --error oh", NULL, false},
    {"run stop s", NULL, false},
    {"run resume s", NULL, false},
    {"pin r --json", NULL, false},
    {"unpin r", NULL, false},
    {"redact --apply", NULL, true},
    {"record --repo /r --id fed --complete",
     "{\"seq\":1,\"type\":\"run.started\"}\n{\"seq\":2,\"type\":\"unit.completed\",\"unit\":\"a\"}"
     "\n",
     true},
    {"record --run late", "{\"type\":\"unit.completed\",\"unit\":\"a\",\"payload\":{\"n\":1}}\n",
     true},
    {"record",
     "{\"run\":{\"id\":\"lines\",\"repo_path\":\"/r\",\"status\":\"failed\",\"error\":\"e\"}}\n"
     "{\"graph\":{\"nodes\":[{\"id\":\"a\",\"attributes\":{\"x\":[1]}}],\"edges\":[]}}\n"
     "{\"id\":7,\"run_id\":\"lines\",\"seq\":1,\"type\":\"a\"}\n",
     true},
    {"import ninja /b# --log log --graph graph --output printed", NULL, true},
    {"import ninja --build build -- -k 0", NULL, true},
};

static void scene_fill(void)
{
    wire_call(wire, "CreateRun",
              "{'id':'r','repo_path':'/r','started_at':'2026-01-20T14:30:52Z','graph':{'nodes':["
              "{'id':'a','label':'A','status':'s','attributes':{'z':1e400}},{'id':'b'}],"
              "'edges':[{'from':'a','to':'b'}]}}");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'seq':2,'type':'unit.started','unit':'a','task':-5,"
              "'payload':{'n':9007199254740993}},{'seq':9,'type':'unit.failed','unit':'a',"
              "'error':'two\\nlines'}]}");
    wire_call(wire, "CompleteRun",
              "{'run_id':'r','status':'failed','completed_units':1,'failed_units':1,'error':'oh',"
              "'completed_at':'2026-01-20T14:31:00Z'}");
    scene_run("s");
    scene_run("late");
}

static void file_write(const char *name, const char *text)
{
    harness_write_file(harness_path(name), text, strlen(text));
}

/* A folder that Ninja builds, and a log of two builds with their drawing and their output. */
static void builds_make(void)
{
    program_shell("mkdir build && touch build/c build/d");
    file_write("build/build.ninja", "rule join\n  command = cat $in > $out\n"
                                    "rule break\n  command = exit 3\n"
                                    "build a b: join c | d\nbuild my$ e: break a\n");
    program_shell("ninja -C build -t graph > graph");
    file_write("log", "# ninja log v5\n0\t10\t1768919452010000000\ta\t1\n"
                      "0\t10\t1768919452010000000\tb\t1\n"
                      "0\t9\t1768919453009000000\ta\t1\n0\t9\t1768919453009000000\tb\t1\n");
    file_write("printed", "[1/2] a b\nFAILED: my e\nexit 3\nwhy\n");
}

static struct program *starved_run(const struct command_case *one, long allocation)
{
    static int builds;
    const char *arguments[32] = {STARVED, "--socket", subject->socket};
    char *line = harness_text("%s", one->line);
    char *word;
    size_t n = 3;

    while ((word = strsep(&line, " ")))
        arguments[n++] = word[0] == '/' && word[2] == '#' ? harness_text("/b%d", builds++) : word;
    setenv("HISTORYD_TEST_ALLOCATION", harness_text("%ld", allocation), 1);
    setenv("HISTORYD_TEST_ALLOCATIONS", harness_path("made"), 1);
    return program_run(one->input, arguments);
}

static void each_allocation_fails(const struct command_case *one)
{
    struct program *sound = starved_run(one, 0);
    long made = atol(harness_read_file(harness_path("made"), NULL));
    long step = made / harness_scaled(RUNS_A_COMMAND, 10) + 1;

    ck_assert_int_ge(sound->status, 0);
    ck_assert_int_gt(made, 0);
    for (long i = 1; i <= made; i += step) {
        struct program *program = starved_run(one, i);
        const char *words =
            harness_text("%s, allocation %ld of %ld: ended with %d\n%s%s", one->line, i, made,
                         program->status, program->out, program->err);

        if (program->status == FAILURE && sound->status != FAILURE) {
            ck_assert_msg(*program->err, "no word of it: %s", words);
            continue;
        }
        ck_assert_msg(program->status == sound->status, "%s", words);
        ck_assert_msg(one->varies || sound->status != 0 || strcmp(program->out, sound->out) == 0,
                      "not what it prints else: %s", words);
    }
}

START_TEST(what_is_read)
{
    scene_fill();
    for (size_t i = 0; i < sizeof(reading) / sizeof(*reading); i++)
        each_allocation_fails(&reading[i]);
}
END_TEST

START_TEST(what_is_written)
{
    scene_fill();
    builds_make();
    for (size_t i = 0; i < sizeof(writing) / sizeof(*writing); i++)
        each_allocation_fails(&writing[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("historyctl out of memory");
    TCase *test_case = scene_case(suite, "historyctl out of memory", 120);

    tcase_add_test(test_case, what_is_read);
    tcase_add_test(test_case, what_is_written);
    return harness_main(suite);
}
