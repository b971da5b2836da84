/*
 * Shutting down: what was acknowledged is there, what came too late is told so, and nothing is left
 * behind.
 */
#include <signal.h>
#include <string.h>

#include "database.h"
#include "scene.h"

enum { WIRES = 8, CALLS = 200 };

static void calls_send(struct wire *one, int number)
{
    for (int i = 0; i < CALLS; i++)
        wire_start(
            one, "AppendEvents", NULL,
            harness_text("{'run_id':'r','events':[{'type':'a','task':%d,'pr':%d}]}", number, i));
}

/* Reads the answers to calls_send(): those acknowledged come first, then at most refusals. Returns
 * how many were acknowledged. */
static int answers_read(struct wire *one)
{
    int acknowledged = 0;
    int refused = 0;
    cJSON *reply;

    while ((reply = wire_reply(one))) {
        const cJSON *error = answer_find(reply, "error");

        if (!error) {
            ck_assert_msg(refused == 0, "acknowledged after ShuttingDown");
            answer_matches(reply, "{'parameters':{'inserted':1}}");
            acknowledged++;
        } else {
            ck_assert_str_eq(error->valuestring, "dev.historyd.history.ShuttingDown");
            refused++;
        }
    }
    ck_assert_int_le(acknowledged + refused, CALLS);
    return acknowledged;
}

static int64_t stored_of(int number)
{
    return database_int(subject->database,
                        harness_text("SELECT count(*) FROM events WHERE task = %d", number));
}

START_TEST(a_signal_under_load)
{
    struct wire *wires[WIRES];
    int acknowledged[WIRES];
    int64_t stored;

    scene_run("r");
    for (int i = 0; i < WIRES; i++)
        calls_send(wires[i] = wire_open(subject), i);
    answer_matches(wire_result(wires[0]), "{'inserted':1}");
    subject_signal(subject, _i ? SIGINT : SIGTERM);
    for (int i = 0; i < WIRES; i++)
        acknowledged[i] = answers_read(wires[i]) + (i == 0);
    ck_assert_int_eq(subject_wait(subject), 0);
    ck_assert(!harness_exists(subject->socket));
    ck_assert(!harness_exists(harness_text("%s-wal", subject->database)));
    for (int i = 0; i < WIRES; i++) {
        stored = stored_of(i);
        /* refused means not stored: nobody is lied to */
        ck_assert_msg(stored == acknowledged[i], "connection %d: %d acknowledged, %d stored", i,
                      acknowledged[i], (int)stored);
    }
}
END_TEST

START_TEST(streams_end)
{
    struct wire *watchers[3];

    for (int i = 0; i < 3; i++) {
        watchers[i] = wire_open(subject);
        wire_start(watchers[i], "Watch", "'more':true", NULL);
        answer_matches(wire_result(watchers[i]), "{'ready':true}");
    }
    subject_signal(subject, SIGTERM);
    for (int i = 0; i < 3; i++) {
        wire_error(watchers[i], "ShuttingDown");
        wire_expect_end(watchers[i]);
    }
    ck_assert_int_eq(subject_wait(subject), 0);
}
END_TEST

START_TEST(idle_connections_do_not_hold_it)
{
    struct wire *half = wire_open(subject);

    wire_call(wire_open(subject), "Ping", NULL);
    wire_send(half, "{\"method", 8);
    subject_stop(subject);
    wire_expect_end(wire);
}
END_TEST

START_TEST(who_never_reads_does_not_hold_it)
{
    struct wire *other = wire_open(subject);

    scene_run("r");
    for (int i = 0; i < 10; i++)
        wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a','error':'%s'}%s]}",
                  harness_repeat("x", 60000), harness_repeat(",{\"type\":\"a\"}", 99));
    for (int i = 0; i < 100; i++)
        wire_start(other, "ListEvents", NULL, "{'run_id':'r','limit':1000}");
    subject_stop(subject);
}
END_TEST

START_TEST(a_signal_while_it_starts)
{
    void *lock;

    subject_stop(subject);
    lock = database_lock(subject->database);
    subject->log = harness_path("second.log");
    subject_spawn(subject);
    subject_wait_signals(subject);
    subject_signal(subject, SIGTERM);
    database_unlock(lock);
    ck_assert_int_eq(subject_wait(subject), 0);
    ck_assert_ptr_nonnull(strstr(subject_output(subject), "SIGTERM: stopping"));
    ck_assert_msg(!strstr(subject_output(subject), " serves "), "it served nevertheless:\n%s",
                  subject_output(subject));
    ck_assert(!harness_exists(subject->socket));
}
END_TEST

START_TEST(a_second_signal_changes_nothing)
{
    scene_run("r");
    subject_signal(subject, SIGTERM);
    subject_signal(subject, SIGINT);
    subject_signal(subject, SIGTERM);
    ck_assert_int_eq(subject_wait(subject), 0);
    ck_assert_int_eq(database_int(subject->database, "SELECT count(*) FROM runs"), 1);
}
END_TEST

START_TEST(other_signals_are_no_harm)
{
    subject_signal(subject, SIGPIPE);
    wire_call(wire, "Ping", NULL);
    subject_signal(subject, SIGSTOP);
    wire_start(wire, "Ping", NULL, NULL);
    subject_signal(subject, SIGCONT);
    wire_result(wire);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shutdown");
    TCase *test_case = scene_case(suite, "shutdown", 60);

    tcase_add_loop_test(test_case, a_signal_under_load, 0, 2);
    tcase_add_test(test_case, streams_end);
    tcase_add_test(test_case, idle_connections_do_not_hold_it);
    tcase_add_test(test_case, who_never_reads_does_not_hold_it);
    tcase_add_test(test_case, a_signal_while_it_starts);
    tcase_add_test(test_case, a_second_signal_changes_nothing);
    tcase_add_test(test_case, other_signals_are_no_harm);
    return harness_main(suite);
}
