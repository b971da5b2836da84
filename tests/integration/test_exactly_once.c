/*
 * Exactly once: whatever dies, daemon or client, every event is stored once and in order, and none
 * that was acknowledged is missing.
 */
#include <historyd/historyd.h>
#include <signal.h>
#include <sys/wait.h>

#include "scene.h"
#include "senders.h"

static int64_t last_seq(void)
{
    return answer_int(wire_call(wire, "GetRun", "{'run_id':'r'}"), "run.last_seq");
}

/* Waits until the run has so many events. */
static void progress_reaches(int64_t seq)
{
    int64_t deadline = harness_now() + 240000;

    while (last_seq() < seq)
        harness_turn(deadline, "the recorder to go on");
}

static void daemon_kill_and_start(void)
{
    subject_kill(subject);
    subject_start(subject);
    wire = wire_open(subject);
}

static long kills(void)
{
    long count = harness_scaled(4, 2);

    return count < 20 ? count : 20;
}

/* Where kill number `i` happens. Before it the load gets as far as the place of the next. */
static int64_t kill_place(long count, long i)
{
    return count * i / (kills() + 1);
}

static void allow_up_to_kill(long count, long i)
{
    load_allow(i > kills() ? count : kill_place(count, i + 1) - 1);
}

START_TEST(the_daemon_is_killed)
{
    long count = harness_scaled(10000, 2000);
    int64_t acknowledged;
    pid_t load;

    scene_run("r");
    allow_up_to_kill(count, 1);
    load = load_start(subject, "r", count);
    for (long i = 1; i <= kills(); i++) {
        progress_reaches(kill_place(count, i));
        acknowledged = last_seq();
        daemon_kill_and_start();
        allow_up_to_kill(count, i + 1);
        ck_assert_msg(last_seq() >= acknowledged, "%lld events were seen, %lld are left",
                      (long long)acknowledged, (long long)last_seq());
    }
    load_wait(load);
    answer_matches(wire_call(wire, "CheckIntegrity", NULL), "{'ok':true,'problems':[]}");
    subject_stop(subject);
    load_check(subject, "r", count);
}
END_TEST

START_TEST(the_client_is_killed)
{
    long count = harness_scaled(10000, 2000);
    pid_t load;

    scene_run("r");
    allow_up_to_kill(count, 1);
    load = load_start(subject, "r", count);
    for (long i = 1; i <= kills(); i++) {
        progress_reaches(kill_place(count, i));
        ck_assert_int_eq(kill(load, SIGKILL), 0);
        ck_assert_int_eq(waitpid(load, NULL, 0), load);
        if (i % 3 == 0)
            daemon_kill_and_start();
        allow_up_to_kill(count, i + 1);
        load = load_start(subject, "r", count);
    }
    load_wait(load);
    subject_stop(subject);
    load_check(subject, "r", count);
}
END_TEST

/* What the recorder says is acknowledged is on disk, at each kill. */
START_TEST(an_acknowledgement_is_a_promise)
{
    long count = harness_scaled(3000, 1500);
    struct hd_recorder_options options = {
        .socket_path = subject->socket, .run_id = "r", .batch_events = 20, .reconnect_ms = 50};
    const struct hd_new_event event = {.type = "a"};
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    int64_t acknowledged;

    scene_run("r");
    ck_assert_int_eq(hd_recorder_open(&options, &recorder), 0);
    for (long n = 1; n <= count; n++) {
        ck_assert_int_eq(hd_recorder_add(recorder, &event, NULL), 0);
        if (n % (count / (kills() + 1)) != 0)
            continue;
        hd_recorder_flush(recorder, 20);
        subject_signal(subject, SIGKILL);
        hd_recorder_get_state(recorder, &state);
        ck_assert_int_eq(subject_wait(subject), -SIGKILL);
        subject_start(subject);
        wire = wire_open(subject);
        ck_assert_msg(last_seq() >= state.acknowledged_seq, "%lld acknowledged, %lld stored",
                      (long long)state.acknowledged_seq, (long long)last_seq());
    }
    ck_assert_int_eq(hd_recorder_close(recorder, 60000, &acknowledged), 0);
    ck_assert_int_eq(acknowledged, count);
    answer_matches(wire_call(wire, "ListEvents", "{'run_id':'r','limit':1,'count':true}"),
                   "{'total':%ld,'last_seq':%ld}", count, count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exactly once");
    TCase *test_case = scene_case(suite, "exactly once", 120);

    tcase_add_test(test_case, the_daemon_is_killed);
    tcase_add_test(test_case, the_client_is_killed);
    tcase_add_test(test_case, an_acknowledgement_is_a_promise);
    return harness_main(suite);
}
