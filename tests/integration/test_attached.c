/*
 * Runs that stand and fall with the process that records them: each actor is a process of its own.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "actor.h"
#include "database.h"
#include "scene.h"

static struct subject *historyd;
static struct wire *observer;

static void start(const char *configuration)
{
    subject_configure(historyd, configuration);
    subject_start(historyd);
    observer = wire_open(historyd);
}

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
}

static const char *member(const char *run, const char *name)
{
    const cJSON *answer = wire_call(observer, "GetRun", "{'run_id':'%s'}", run);
    const cJSON *row = cJSON_GetObjectItemCaseSensitive(answer, "run");
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, name);

    return value ? value->valuestring : "";
}

static void becomes(const char *run, const char *name, const char *value)
{
    int64_t deadline = harness_deadline();

    while (strcmp(member(run, name), value) != 0)
        harness_turn(deadline, harness_text("%s %s of %s", name, value, run));
}

static void attach(struct actor *actor, const char *run)
{
    actor_call(actor, "CreateRun", "{'id':'%s','repo_path':'/r','attached':true}", run);
}

START_TEST(killed)
{
    struct actor *actor, *other;

    start("[retention]\nlost_after_s = 0\n");
    actor = actor_start(historyd);
    other = actor_start(historyd);
    attach(actor, "a");
    attach(other, "b");
    actor_call(actor, "CreateRun", "{'id':'free','repo_path':'/r'}");
    ck_assert_str_eq(member("a", "attachment"), "attached");
    ck_assert_str_eq(member("free", "attachment"), "");
    actor_kill(actor);
    becomes("a", "status", "stopped");
    ck_assert_str_eq(member("a", "attachment"), "");
    answer_matches(
        wire_call(observer, "ListEvents", "{'run_id':'a'}"),
        "{'events':[{'seq':1,'type':'run.stopped','payload':{'reason':'orchestrator_lost'}}]}");
    ck_assert_str_eq(member("b", "status"), "running");
    ck_assert_str_eq(member("free", "status"), "running");
}
END_TEST

START_TEST(connection_lost)
{
    struct actor *actor;

    start("[retention]\nlost_after_s = 0\n");
    actor = actor_start(historyd);
    attach(actor, "a");
    actor_close(actor);
    becomes("a", "attachment", "detached");
    ck_assert_str_eq(member("a", "status"), "running");
    actor_open(actor);
    actor_call(actor, "AppendEvents", "{'run_id':'a','events':[{'type':'x'}]}");
    ck_assert_str_eq(member("a", "attachment"), "attached");
    actor_call(actor, "CompleteRun", "{'run_id':'a','status':'completed'}");
    ck_assert_str_eq(member("a", "attachment"), "");
    ck_assert_int_eq(database_int(historyd->database, "SELECT count(*) FROM attachments"), 0);
}
END_TEST

/* Within the grace another process may claim the run. */
START_TEST(claimed)
{
    struct actor *first, *second;

    start("[retention]\nlost_after_s = 3600\n");
    first = actor_start(historyd);
    attach(first, "a");
    attach(first, "b");
    actor_kill(first);
    becomes("a", "attachment", "lost");
    becomes("b", "attachment", "lost");
    second = actor_start(historyd);
    attach(second, "a");
    actor_call(second, "ResumeRun", "{'run_id':'b','attached':true}");
    ck_assert_str_eq(member("a", "attachment"), "attached");
    ck_assert_str_eq(member("b", "attachment"), "attached");
    ck_assert_str_eq(member("a", "status"), "running");
}
END_TEST

/* A daemon that was killed finds the living again and stops only the dead. */
START_TEST(daemon_restarted)
{
    struct actor *living, *dead;

    start("[retention]\nlost_after_s = 0\n");
    living = actor_start(historyd);
    dead = actor_start(historyd);
    attach(living, "a");
    attach(dead, "b");
    subject_kill(historyd);
    actor_kill(dead);
    start("[retention]\nlost_after_s = 0\n");
    becomes("b", "status", "stopped");
    ck_assert_str_eq(member("a", "status"), "running");
    ck_assert_str_eq(member("a", "attachment"), "detached");
    actor_kill(living);
    becomes("a", "status", "stopped");
}
END_TEST

/* Another process that has the pid now is not the one the run stands with. */
START_TEST(pid_used_again)
{
    struct actor *actor;

    start("[retention]\nlost_after_s = 0\n");
    actor = actor_start(historyd);
    attach(actor, "a");
    attach(actor, "b");
    subject_kill(historyd);
    database_run(historyd->database,
                 "UPDATE attachments SET start_ticks = start_ticks - 1 WHERE run_id = 'a'");
    start("[retention]\nlost_after_s = 0\n");
    becomes("a", "status", "stopped");
    ck_assert_str_eq(member("b", "status"), "running");
}
END_TEST

/* One process, many runs. */
START_TEST(many_runs)
{
    enum { RUNS = 500 };
    struct actor *actor;
    int64_t deadline = harness_deadline();

    start("[retention]\nlost_after_s = 0\n");
    actor = actor_start(historyd);
    for (int i = 0; i < RUNS; i++)
        attach(actor, harness_text("r%d", i));
    actor_kill(actor);
    while (answer_int(wire_call(observer, "GetStatus", NULL), "runs_running") > 0)
        harness_turn(deadline, "the end of all runs");
    ck_assert_int_eq(database_int(historyd->database, "SELECT count(*) FROM events"), RUNS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attached");
    TCase *tests = harness_case_with(suite, "attached", 60, setup);

    tcase_add_test(tests, killed);
    tcase_add_test(tests, connection_lost);
    tcase_add_test(tests, claimed);
    tcase_add_test(tests, daemon_restarted);
    tcase_add_test(tests, pid_used_again);
    tcase_add_test(tests, many_runs);
    return harness_main(suite);
}
