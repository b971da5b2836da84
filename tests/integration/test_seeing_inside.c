/*
 * What the daemon tells of itself: metrics by call and by file, and a writer that does not get on.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "database.h"
#include "openmetrics.h"
#include "program.h"
#include "scene.h"

static struct subject *historyd;

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
}

static void check_metrics(const char *text, const char *sample, double expected)
{
    const char *fault = openmetrics_fault(text);
    double value;

    ck_assert_msg(!fault, "%s", fault);
    ck_assert_msg(openmetrics_value(text, sample, &value), "no %s", sample);
    ck_assert_msg(value == expected, "%s is %g, not %g", sample, value, expected);
}

START_TEST(by_call)
{
    struct wire *one;
    const char *text;

    subject_start(historyd);
    one = wire_open(historyd);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call(one, "AppendEvents",
              "{'run_id':'r','events':[{'type':'a','seq':1,'payload':{'password':'hunter22'}},"
              "{'type':'b','seq':2}]}");
    wire_call(one, "AppendEvents", "{'run_id':'r','events':[{'type':'b','seq':2}]}");
    wire_call_error(one, "RunNotFound", "GetRun", "{'run_id':'none'}");
    text = answer_text(wire_call(one, "GetMetrics", NULL), "text");
    check_metrics(text, "historyd_events_appended_total", 2);
    check_metrics(text, "historyd_events_duplicate_total", 1);
    check_metrics(text, "historyd_runs_running", 1);
    check_metrics(text, "historyd_redactions_total{rule=\"named\"}", 1);
    check_metrics(text, "historyd_calls_refused_total{error=\"dev.historyd.history.RunNotFound\"}",
                  1);
}
END_TEST

/* The file as it is once it holds the sample with this value. */
static void file_holds(const char *path, const char *sample, double expected)
{
    int64_t deadline = harness_deadline();
    double value = -1;

    for (;;) {
        const char *text = harness_read_file(path, NULL);

        if (text) {
            const char *fault = openmetrics_fault(text);

            ck_assert_msg(!fault, "%s", fault);
            if (openmetrics_value(text, sample, &value) && value == expected)
                return;
        }
        harness_turn(deadline, sample);
    }
}

START_TEST(by_file)
{
    const char *path = harness_path("history.prom");
    struct stat status;
    struct wire *one;

    subject_configure(historyd, harness_text("[metrics]\nfile = %s\ninterval_s = 1\n", path));
    subject_start(historyd);
    one = wire_open(historyd);
    file_holds(path, "historyd_events_appended_total", 0);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call(one, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}]}");
    file_holds(path, "historyd_events_appended_total", 1);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0644);
}
END_TEST

/* What a reload makes sooner does not wait for the time set before. */
START_TEST(by_file_after_a_reload)
{
    const char *path = harness_path("history.prom");
    struct wire *one;

    subject_configure(historyd, harness_text("[metrics]\nfile = %s\ninterval_s = 86400\n", path));
    subject_start(historyd);
    one = wire_open(historyd);
    file_holds(path, "historyd_events_appended_total", 0);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call(one, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}]}");
    subject_configure(historyd, harness_text("[metrics]\nfile = %s\ninterval_s = 1\n", path));
    wire_call(one, "dev.historyd.admin.Reload", NULL);
    file_holds(path, "historyd_events_appended_total", 1);
}
END_TEST

static int times_logged(const char *words)
{
    const char *at = subject_output(historyd);
    int n = 0;

    while ((at = strstr(at, words))) {
        at += strlen(words);
        n++;
    }
    return n;
}

START_TEST(file_in_no_folder)
{
    const char *folder = harness_path("metrics");
    int64_t deadline = harness_deadline();

    subject_configure(historyd,
                      harness_text("[metrics]\nfile = %s/history.prom\ninterval_s = 1\n", folder));
    subject_start(historyd);
    while (times_logged("the metrics can't be written to") == 0)
        harness_turn(deadline, "an error");
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    while (times_logged("the metrics are written to") == 0)
        harness_turn(deadline, "the end of the error");
    file_holds(harness_path("metrics/history.prom"), "historyd_events_appended_total", 0);
    ck_assert_int_eq(times_logged("the metrics can't be written to"), 1);
}
END_TEST

/* Nobody reads from it: who opens it would wait for ever, and so would the daemon at its end. */
START_TEST(fifo_in_the_way)
{
    const char *path = harness_path("history.prom");
    int64_t deadline = harness_deadline();

    ck_assert_int_eq(mkfifo(harness_text("%s.new", path), 0600), 0);
    subject_configure(historyd, harness_text("[metrics]\nfile = %s\ninterval_s = 1\n", path));
    subject_start(historyd);
    while (times_logged("be written to") == 0)
        harness_turn(deadline, "an error");
    file_holds(path, "historyd_events_appended_total", 0);
    subject_stop(historyd);
}
END_TEST

/* A path that was mistaken does not cost the history. */
START_TEST(file_of_the_database)
{
    static const char *const suffixes[] = {"", "-wal", "-lock"};

    subject_start(historyd);
    wire_call(wire_open(historyd), "CreateRun", "{'id':'r','repo_path':'/r'}");
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        const char *path = harness_text("%s%s", historyd->database, suffixes[i]);
        const char *words = harness_text("be written to %s: the database is there", path);
        int64_t deadline = harness_deadline();

        subject_configure(historyd, harness_text("[metrics]\nfile = %s\ninterval_s = 1\n", path));
        subject_stop(historyd);
        subject_start(historyd);
        while (times_logged(words) == 0)
            harness_turn(deadline, words);
        answer_matches(wire_call(wire_open(historyd), "GetRun", "{'run_id':'r'}"),
                       "{'run':{'id':'r'}}");
        ck_assert(!harness_exists(harness_text("%s.new", path)));
    }
}
END_TEST

/* Another program keeps the database locked: reading and pinging go on, and the status says it. */
START_TEST(a_writer_that_is_stuck)
{
    int64_t deadline;
    struct wire *one, *other;
    void *lock;

    subject_start(historyd);
    one = wire_open(historyd);
    other = wire_open(historyd);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    lock = database_lock(historyd->database);
    wire_start(one, "AppendEvents", NULL, "{'run_id':'r','events':[{'type':'a'}]}");
    deadline = harness_deadline();
    while (strcmp(answer_text(wire_call(other, "GetStatus", NULL), "writer"), "stuck") != 0) {
        wire_call(other, "Ping", NULL);
        answer_matches(wire_call(other, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':0}}");
        harness_turn(deadline, "a stuck writer");
    }
    database_unlock(lock);
    answer_matches(wire_result(one), "{'inserted':1}");
    while (strcmp(answer_text(wire_call(other, "GetStatus", NULL), "writer"), "idle") != 0)
        harness_turn(deadline, "an idle writer");
}
END_TEST

static bool is_ready(void)
{
    const struct program *probe = ctl_run(historyd, NULL, "status --ready");

    if (probe->status != 0)
        ck_assert_str_eq(probe->out, "not ready: the disk is full; make room\n");
    return probe->status == 0;
}

/* Nobody is told that what is sent will be stored, and nobody has to send something for it to be so
 * again. */
START_TEST(a_full_disk)
{
    struct wire *one;
    cJSON *status;

    subject_make_fallible(historyd);
    subject_start(historyd);
    one = wire_open(historyd);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    ck_assert(is_ready());
    answer_lacks(wire_call(one, "GetStatus", NULL), "storage_full");
    for (int round = 1; round <= 2; round++) {
        int64_t deadline = harness_deadline();

        subject_fail(historyd, "full");
        wire_call_error(one, "StorageFull", "CreateRun", "{'id':'s','repo_path':'/r'}");
        status = wire_call(one, "GetStatus", NULL);
        ck_assert(answer_bool(status, "storage_full"));
        ck_assert(!is_ready());
        ck_assert_ptr_nonnull(strstr(ctl_out(historyd, "status"), "\ndisk        full"));
        check_metrics(answer_text(wire_call(one, "GetMetrics", NULL), "text"),
                      "historyd_storage_full", 1);
        /* What is sent again needs no room, and does not tell of any. */
        wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
        while (times_logged("no room on the disk for ") == 0)
            harness_turn(deadline, "the log to say so");
        ck_assert(!is_ready());
        subject_fail(historyd, NULL);
        while (!is_ready())
            harness_turn(deadline, "room");
        while (round == 1 && times_logged("there is room on the disk again") == 0)
            harness_turn(deadline, "the log to say that it is over");
        answer_lacks(wire_call(one, "GetStatus", NULL), "storage_full");
    }
    /* Two lines a minute at most, however often it changes. */
    ck_assert_int_eq(times_logged("no room on the disk for "), 1);
    ck_assert_int_eq(times_logged("there is room on the disk again"), 1);
    wire_call(one, "CreateRun", "{'id':'s','repo_path':'/r'}");
    wire_close(one);
    subject_stop(historyd);
    ck_assert_str_eq(database_rows(historyd->database, "SELECT count(*) FROM boots"), "1\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seeing inside");
    TCase *tests = harness_case_with(suite, "metrics", 60, setup);
    TCase *stuck = harness_case_with(suite, "writer", 60, setup);

    tcase_add_test(tests, by_call);
    tcase_add_test(tests, by_file);
    tcase_add_test(tests, by_file_after_a_reload);
    tcase_add_test(tests, file_in_no_folder);
    tcase_add_test(tests, fifo_in_the_way);
    tcase_add_test(tests, file_of_the_database);
    tcase_add_test(stuck, a_writer_that_is_stuck);
    tcase_add_test(stuck, a_full_disk);
    return harness_main(suite);
}
