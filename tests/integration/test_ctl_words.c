/*
 * What historyctl says: to a wrong command line, to lines it can't take, to files that can't be
 * written, and to the shell that completes a command.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"
#include "scene.h"

static void expect(const struct program *program, int status, const char *words)
{
    program_expect(program, status);
    ck_assert_msg(strstr(program->err, words) || strstr(program->out, words),
                  "%s does not say \"%s\":\n%s%s", program->shown, words, program->out,
                  program->err);
}

static const struct {
    const char *line;
    int status;
    const char *words;
} wrong[] = {
    {"run", 2, "needs a second word"},
    {"run dance", 2, "unknown command 'run dance'"},
    {"", 2, "which command?"},
    {"--timeout soon ping", 2, "timeout"},
    {"ping too many", 2, "too many arguments"},
    {"run start", 2, "--repo PATH is required"},
    {"run start --repo /r --graph nowhere", 1, "nowhere"},
    {"run start --repo /r --parallelism -4", 2, "parallelism"},
    {"run stop none", 1, "none"},
    {"run resume none", 1, "none"},
    {"run complete r --status lost", 2, "status"},
    {"runs --since yesterday-ish", 2, "--since"},
    {"runs --until 2026-13-01", 2, "--until"},
    {"runs --limit 0", 2, "--limit: '0' is not a whole number, 1 or above"},
    {"runs --status lost", 2, "status"},
    {"runs --color sometimes", 2, "color"},
    {"watch --until-done", 2, "--until-done needs a run ID"},
    {"watch --after-seq 3", 2, "--after-seq needs a run ID"},
    {"watch r --after-seq 3 --new", 2, "exclude each other"},
    {"watch none", 1, "none"},
    {"record --run r --repo /r", 2, "exclude each other"},
    {"record --id r", 2, "--id needs --repo"},
    {"redact", 2, "--scan"},
    {"redact --scan --apply", 2, "--scan"},
    {"retention --dry-run --apply", 2, "--apply"},
    {"delete", 2, "missing"},
    {"delete none --yes", 1, "none"},
    {"pin none", 1, "none"},
    {"backup a/b", 1, "name"},
    {"backup --keep 0", 2, "--keep: '0' is not a whole number, 1 or above"},
    {"events r --limit 0", 2, "--limit: '0' is not a whole number, 1 or above"},
    {"graph r --format picture", 2, "format"},
    {"call", 2, "missing"},
    {"call GetRun {", 1, ""},
    {"call GetRun {} --more --oneway", 2, "oneway"},
    {"call Nothing", 1, "Nothing"},
    {"check --gaps --limit", 2, "limit"},
    {"import ninja nowhere --build", 1, "nowhere"},
    {"import ninja", 2, "missing"},
};

START_TEST(wrong_command_lines)
{
    scene_run("r");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        expect(ctl_run(subject, NULL, "%s", wrong[i].line), wrong[i].status, wrong[i].words);
}
END_TEST

static const struct {
    const char *line;
    const char *words;
} answered[] = {
    {"record --help", "Usage: historyctl record"},
    {"ping --help", "Options of every command:"},
    {"__complete", "import ninja"},
    {"__complete runs", "--status\tchoice\trunning completed failed stopped"},
    {"__complete show", "argument\trun"},
    {"__complete call", "method\tdev.historyd.history.Ping"},
    {"run start --repo /r --id j --json", "\"created\":true"},
    {"run complete r --json", "\"status\":\"completed\""},
    {"runs --limit 1 --json", "\"has_more\":true,\"cursor\":\""},
    {"runs --all --json", "\"has_more\":false"},
    {"runs --repo /r --since 2026-01-01 --until 2999-01-01 --utc", "/r"},
    {"events r --json --limit 1", "\"has_more\":true"},
    {"events r --color always", "\x1b["},
    {"ping --verbose", "s"},
    {"ping --json", "{}"},
    {"status --ready", ""},
    {"status --json", "\"limits\""},
    {"metrics", "# EOF"},
    {"metrics --json", "\"text\""},
    {"check", ""},
    {"check --quick --json", "\"ok\":true"},
    {"check --gaps", "r"},
    {"check --gaps --json", "\"runs_with_gaps\":1"},
    {"pin r", ""},
    {"unpin r --json", "\"run\""},
    {"retention --json", "\"runs\":0"},
    {"backup b.db --json", "\"path\""},
    {"backup c.db", "c.db"},
    {"redact --scan", ""},
    {"redact --apply --json", "\"rows\""},
    {"delete j --dry-run", ""},
    {"call Ping --oneway", ""},
    {"call Watch {\"run_id\":\"none\",\"after_seq\":0} --more --timeout 1000", ""},
    {"graph r --format json", "\"nodes\""},
};

START_TEST(what_is_answered)
{
    wire_call(wire, "CreateRun",
              "{'id':'r','repo_path':'/r','graph':{'nodes':[{'id':'a'},{'id':'b'}],"
              "'edges':[{'from':'a','to':'b'}]}}");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'seq':2,'type':'unit.failed','unit':'a','error':'e'},"
              "{'seq':5,'type':'unit.queued','unit':'b','payload':{'token':1}}]}");
    for (size_t i = 0; i < sizeof(answered) / sizeof(*answered); i++) {
        struct program *program = ctl_run(subject, NULL, "%s", answered[i].line);

        ck_assert_msg(program->status == 0 || !*answered[i].words ||
                          strstr(answered[i].line, "--gaps"),
                      "%s ended with %d: %s", answered[i].line, program->status, program->err);
        expect(program, program->status, answered[i].words);
    }
}
END_TEST

/* --- export to a file ---------------------------------------------------------------------------
 */

START_TEST(an_export_replaces_its_file)
{
    const char *path = harness_path("out");
    const char *exported;
    struct stat status;

    scene_run("r");
    scene_event("r", "unit.started");
    exported = ctl_out(subject, "export r");
    ctl_out(subject, "export r --output %s", path);
    ck_assert_str_eq(harness_read_file(path, NULL), exported);
    harness_write_file(path, "old", 3);
    ctl_out(subject, "export r --output %s", path);
    ck_assert_str_eq(harness_read_file(path, NULL), exported);
    ck_assert_int_eq(stat(path, &status), 0);
    /* what fails leaves the file as it was, and nothing beside it */
    expect(ctl_run(subject, NULL, "export none --output %s", path), 1, "none");
    ck_assert_str_eq(harness_read_file(path, NULL), exported);
    ck_assert_str_eq(program_shell("ls out.* 2>/dev/null || echo nothing"), "nothing\n");
    expect(ctl_run(subject, NULL, "export r --output %s/nowhere/out", harness_folder()), 1,
           "nowhere");
    expect(ctl_run(subject, NULL, "export r --output %s", harness_folder()), 1, "directory");
    ck_assert_str_eq(ctl_out(subject, "export r --output /dev/null"), "");
    expect(ctl_run(subject, NULL, "export r --output /dev/full"), 1, "No space left");
}
END_TEST

START_TEST(an_output_that_is_full_or_gone)
{
    const char *ctl = harness_text("%s --socket %s", HISTORYCTL, subject->socket);

    scene_run("r");
    for (int i = 0; i < 300; i++)
        scene_event("r", "unit.started");
    ck_assert_str_eq(program_shell("%s runs >/dev/full 2>err; echo $?", ctl), "1\n");
    ck_assert_ptr_nonnull(strstr(harness_read_file(harness_path("err"), NULL), "standard output"));
    ck_assert_str_eq(program_shell("%s export r >/dev/full 2>err; echo $?", ctl), "1\n");
    ck_assert_str_eq(program_shell("%s runs >&- 2>err; echo $?", ctl), "1\n");
    /* who reads no further has seen enough */
    ck_assert_str_eq(program_shell("%s events r --all | head -n 1 | wc -l", ctl), "1\n");
    ck_assert_str_eq(program_shell("LC_ALL=C %s show r >/dev/null 2>&1 <&-; echo $?", ctl), "0\n");
}
END_TEST

/* --- record -------------------------------------------------------------------------------------
 */

#define RUN                                                                                        \
    "{\"run\":{\"id\":\"x\",\"repo_path\":\"/r\",\"started_at\":\"2026-01-20T14:30:52Z\","         \
    "\"parallelism\":1,\"total_units\":0,\"completed_units\":0,\"failed_units\":0,"                \
    "\"blocked_units\":0,\"dry_run\":false,\"last_seq\":0,\"status\":\"running\"}}\n"

static const struct {
    const char *line;
    const char *input;
    int status;
    const char *words;
} fed[] = {
    {"record", "{\"type\":\"a\"}\n", 1, "which run?"},
    {"record", "{\"graph\":{\"nodes\":[],\"edges\":[]}}\n", 1, "a graph before its run"},
    {"record", "{\"run\":{\"id\":\"x\"}}\n", 1, "missing"},
    {"record", "{\"run\":7}\n", 1, "not a JSON object"},
    {"record", RUN "{\"id\":9,\"run_id\":\"x\",\"seq\":1,\"type\":\"a\",\"payload\":{\"n\":1}}\n",
     0, "x: 1 event recorded"},
    {"record --json", RUN "{\"seq\":1,\"type\":\"a\",\"payload\":{\"n\":1}}\n", 0,
     "\"duplicates\":1"},
    {"record", RUN "{\"seq\":1,\"type\":\"b\"}\n", 1, "stdin:2"},
    {"record", RUN "{\"seq\":2,\"type\":\"b\"}\n{\"type\":\"c\"}\n", 1, "on all lines"},
    {"record",
     RUN "{\"graph\":{\"nodes\":[{\"id\":\"a\"}],\"edges\":[{\"from\":\"a\",\"to\":\"a\"}]}}\n", 1,
     "stdin:2"},
    {"record", RUN "{\"graph\":{\"nodes\":[{\"id\":\"\"}],\"edges\":[]}}\n", 1, "stdin:2"},
    {"record", RUN "{\"graph\":{\"nodes\":[{\"id\":\"a\"}],\"edges\":[]}}\n", 0, "x"},
    {"record --run r", RUN, 1, "names the run already"},
    {"record --run r --strict", "[]\n{\"type\":\"a\"}\n", 1, "stopped at line 1"},
    {"record --run r", "{\"type\":\"a\",\"time\":\"noon\"}\n", 1, "a time like"},
    {"record --run r", "{\"type\":\"A\"}\n", 1, "dotted lower-case words"},
    {"record --run r", "{\"type\":\"a\",\"task\":\"x\"}\n", 1, "a whole number"},
    {"record --run r", "{\"type\":\"a\",\"payload\":[]}\n", 1, "an object"},
    {"record --run r", "{\"type\":\"a\",\"unit\":\"\"}\n", 1, "not an empty one"},
    {"record --run r", "{\"type\":\"a\",\"seq\":0}\n", 1, "above 0"},
    {"record --repo /r --id done --complete",
     "{\"type\":\"unit.completed\",\"unit\":\"a\"}\n{\"type\":\"unit.failed\",\"unit\":\"b\"}\n"
     "{\"type\":\"unit.blocked\",\"unit\":\"c\"}\n{\"type\":\"run.failed\"}\n",
     0, "4 events recorded"},
    {"record --repo /r --id halted --complete", "{\"type\":\"run.stopped\"}\n", 0, "1 event"},
    {"record --repo /r --id fine --complete", "{\"seq\":1,\"type\":\"run.completed\"}\n", 0, "1"},
    {"record --repo /r --id nothing --complete", "", 0, "0 events"},
};

START_TEST(lines_are_taken_or_refused)
{
    scene_run("r");
    for (size_t i = 0; i < sizeof(fed) / sizeof(*fed); i++)
        expect(ctl_run(subject, fed[i].input, "%s", fed[i].line), fed[i].status, fed[i].words);
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'done'}"),
                   "{'run':{'status':'failed','completed_units':1,'failed_units':1,"
                   "'blocked_units':1,'total_units':3}}");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'halted'}"),
                   "{'run':{'status':'stopped'}}");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'fine'}"),
                   "{'run':{'status':'completed'}}");
}
END_TEST

/* The daemon's limits are its own: an event may pass here and be refused there. */
START_TEST(events_that_the_daemon_refuses)
{
    struct subject *strict = subject_new("strict");
    const char *numbered;

    subject_configure(strict, "[limits]\nerror = 10\nunit = 4\nevents = 2\n");
    subject_start(strict);
    ctl_out(strict, "run start --repo /r --id r");
    numbered =
        "{\"seq\":1,\"type\":\"a\"}\n{\"seq\":2,\"type\":\"b\",\"error\":\"longer than ten\"}\n";
    expect(ctl_run(strict, numbered, "record --run r"), 1, "stdin:2");
    expect(ctl_run(strict, "{\"seq\":3,\"type\":\"a\",\"unit\":\"long unit\"}\n", "record --run r"),
           1, "stdin:1");
    expect(ctl_run(strict, "{\"type\":\"a\",\"unit\":\"long unit\"}\n", "record --run r"), 1,
           "unit");
    numbered =
        "{\"seq\":11,\"type\":\"a\"}\n{\"seq\":12,\"type\":\"a\"}\n{\"seq\":13,\"type\":\"a\"}\n";
    ck_assert_int_le(ctl_run(strict, numbered, "record --run r")->status, 1);
}
END_TEST

/* --- a terminal ---------------------------------------------------------------------------------
 */

START_TEST(watching_all_runs)
{
    struct program *program = ctl_start(subject, NULL, "watch --after-id 0 --repo /r");
    struct program *json = ctl_start(subject, NULL, "watch --new --json");
    int64_t deadline = harness_deadline();

    scene_run("r");
    while (!strstr(program_output(json), "\"type\":\"first\""))
        scene_event("r", "first");
    while (!strstr(program_output(program), "first"))
        harness_turn(deadline, "the event to be shown");
    wire_call(wire, "CompleteRun", "{'run_id':'r','status':'failed','error':'oh'}");
    while (!strstr(program_output(program), "run r is failed: 0 done, 0 failed, 0 in all: oh"))
        harness_turn(deadline, "the end of the run to be shown");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words of historyctl");
    TCase *test_case = scene_case(suite, "words of historyctl", 60);

    tcase_add_test(test_case, wrong_command_lines);
    tcase_add_test(test_case, what_is_answered);
    tcase_add_test(test_case, an_export_replaces_its_file);
    tcase_add_test(test_case, an_output_that_is_full_or_gone);
    tcase_add_test(test_case, lines_are_taken_or_refused);
    tcase_add_test(test_case, events_that_the_daemon_refuses);
    tcase_add_test(test_case, watching_all_runs);
    return harness_main(suite);
}
