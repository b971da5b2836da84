/*
 * Users share the loop's time: however much one of them sends, others have their turns between.
 *
 * The daemon is stopped while everything is sent, so that all of it is there when it looks. In what
 * order calls were carried out the numbers of their events tell.
 */
#include <signal.h>
#include <string.h>

#include "strangers.h"

enum { RUNAWAY = 6101, NEIGHBOUR, CONNECTIONS = 100, VALUES = 45000 };

static struct wire *mine[CONNECTIONS];

/* A call that takes long to read, as it goes over the wire. */
static char *call_make(size_t *ret_size)
{
    char *call = harness_text("{'method':'dev.historyd.history.AppendEvents','parameters':"
                              "{'run_id':'r','events':[{'type':'a','payload':{'n':[0%s]}}]}}",
                              harness_repeat(",0", VALUES));

    *ret_size = strlen(call) + 1;
    return call;
}

static void all_connect(const char *config)
{
    strangers_restart(config);
    scene_run("r");
    for (int i = 0; i < CONNECTIONS; i++)
        wire_call(mine[i] = stranger_wire(RUNAWAY), "Ping", NULL);
}

static void all_send(void)
{
    size_t size;
    char *call = call_make(&size);

    for (int i = 0; i < CONNECTIONS; i++)
        ck_assert(wire_send(mine[i], call, size));
}

START_TEST(others_go_between)
{
    struct wire *neighbour;
    cJSON *answer;

    all_connect("");
    neighbour = stranger_wire(NEIGHBOUR);
    wire_call(neighbour, "Ping", NULL);
    subject_signal(subject, SIGSTOP);
    all_send();
    wire_start(neighbour, "AppendEvents", NULL, "{'run_id':'r','events':[{'type':'b'}]}");
    subject_signal(subject, SIGCONT);
    answer = wire_result(neighbour);
    ck_assert_int_lt(answer_int(answer, "last_seq"), CONNECTIONS / 2);
    for (int i = 0; i < CONNECTIONS; i++)
        answer_matches(wire_result(mine[i]), "{'inserted':1}");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':%d}}",
                   CONNECTIONS + 1);
}
END_TEST

/* Many small calls, of which no turn has time for all. */
START_TEST(pipelines_go_on)
{
    enum { CALLS = 500, PIPELINES = 20 };
    const char *call = harness_text("{'method':'dev.historyd.history.AppendEvents',"
                                    "'parameters':{'run_id':'r','events':[{'type':'a'}]}}");
    size_t size = strlen(call) + 1;
    char *calls = harness_alloc(CALLS * size);

    for (size_t i = 0; i < CALLS; i++)
        memcpy(calls + i * size, call, size);
    all_connect("");
    subject_signal(subject, SIGSTOP);
    for (int i = 0; i < PIPELINES; i++)
        ck_assert(wire_send(mine[i], calls, CALLS * size));
    subject_signal(subject, SIGCONT);
    for (int i = 0; i < PIPELINES; i++)
        for (int j = 0; j < CALLS; j++)
            answer_matches(wire_result(mine[i]), "{'inserted':1}");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':%d}}",
                   PIPELINES * CALLS);
}
END_TEST

/* What was sent whole is carried out, though the sender said nothing more. */
START_TEST(ended_while_resting)
{
    all_connect("");
    subject_signal(subject, SIGSTOP);
    all_send();
    for (int i = 0; i < CONNECTIONS; i++)
        wire_half_close(mine[i]);
    subject_signal(subject, SIGCONT);
    for (int i = 0; i < CONNECTIONS; i++) {
        answer_matches(wire_result(mine[i]), "{'inserted':1}");
        wire_expect_end(mine[i]);
    }
}
END_TEST

START_TEST(gone_while_resting)
{
    all_connect("");
    subject_signal(subject, SIGSTOP);
    all_send();
    for (int i = 0; i < CONNECTIONS; i++)
        wire_close(mine[i]);
    subject_signal(subject, SIGCONT);
    for (int64_t deadline = harness_deadline();
         answer_int(wire_call(wire, "GetStatus", NULL), "connections") > 1;)
        harness_turn(deadline, "the connections to be gone");
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':%d}}",
                   CONNECTIONS);
}
END_TEST

/* Both lines, that of the quota and that of the turns, and the limits of a message. */
START_TEST(in_both_lines)
{
    all_connect("[quotas]\ncalls = 2\nbytes = 65536\n[limits]\nmessage = 100000\n");
    subject_signal(subject, SIGSTOP);
    all_send();
    all_send();
    subject_signal(subject, SIGCONT);
    for (int i = 0; i < 2 * CONNECTIONS; i++)
        answer_matches(wire_result(mine[i % CONNECTIONS]), "{'inserted':1}");
}
END_TEST

START_TEST(stopped_while_resting)
{
    all_connect("");
    subject_signal(subject, SIGSTOP);
    all_send();
    subject_signal(subject, SIGTERM);
    subject_signal(subject, SIGCONT);
    ck_assert_int_eq(subject_wait(subject), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("turns");
    TCase *test_case = scene_case(suite, "turns", 120);

    if (strangers_possible()) {
        tcase_add_test(test_case, others_go_between);
        tcase_add_test(test_case, pipelines_go_on);
        tcase_add_test(test_case, ended_while_resting);
        tcase_add_test(test_case, gone_while_resting);
        tcase_add_test(test_case, in_both_lines);
        tcase_add_test(test_case, stopped_while_resting);
    }
    return harness_main(suite);
}
