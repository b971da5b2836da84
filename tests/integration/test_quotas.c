/*
 * What one user may use of the daemon: a runaway waits or is refused, and the others are served.
 */
#include <poll.h>
#include <string.h>

#include "strangers.h"

enum { RUNAWAY = 6001, NEIGHBOUR };

static const char one_event[] = "{'run_id':'r','events':[{'type':'a'}]}";

/* A call as it goes over the wire, `count` times; the NULs are in it. */
static char *calls_make(const char *parameters, size_t count, size_t *ret_size)
{
    const char *call =
        harness_text("{'method':'dev.historyd.history.AppendEvents','parameters':%s}",
                     harness_quote(parameters));
    size_t size = strlen(call) + 1;
    char *calls = harness_alloc(count * size);

    for (size_t i = 0; i < count; i++)
        memcpy(calls + i * size, call, size);
    *ret_size = count * size;
    return calls;
}

static void refused_for_quota(struct wire *one, int limit)
{
    wire_start(one, "Ping", NULL, NULL);
    answer_matches(wire_error(one, "TooManyConnections"), "{'limit':%d}", limit);
    wire_expect_end(one);
}

START_TEST(connections)
{
    struct wire *mine[3];
    int64_t deadline = harness_deadline();
    struct wire *next;

    strangers_restart("[quotas]\nconnections = 3\n");
    for (int i = 0; i < 3; i++)
        wire_call(mine[i] = stranger_wire(RUNAWAY), "Ping", NULL);
    for (int i = 0; i < 5; i++)
        refused_for_quota(stranger_wire(RUNAWAY), 3);
    for (int i = 0; i < 3; i++) {
        wire_call(mine[i], "Ping", NULL);
        wire_call(stranger_wire(NEIGHBOUR), "Ping", NULL);
    }
    for (int i = 0; i < 10; i++)
        wire_call(wire_open(subject), "Ping", NULL);
    ck_assert_int_eq(strangers_metric("historyd_quota_connections_refused_total"), 5);
    /* A place that is free again is given. */
    wire_close(mine[0]);
    for (;;) {
        cJSON *reply;

        next = stranger_wire(RUNAWAY);
        wire_start(next, "Ping", NULL, NULL);
        reply = wire_reply(next);
        if (!answer_find(reply, "error"))
            break;
        harness_turn(deadline, "a free place");
    }
    refused_for_quota(stranger_wire(RUNAWAY), 3);
    strangers_reload("[quotas]\nconnections = 4\n");
    wire_call(stranger_wire(RUNAWAY), "Ping", NULL);
    refused_for_quota(stranger_wire(RUNAWAY), 4);
}
END_TEST

/* Many connections that pipeline far more than they may, and read nothing meanwhile. */
START_TEST(calls_under_way)
{
    enum { CONNECTIONS = 10, CALLS = 200 };
    struct wire *mine[CONNECTIONS], *neighbour;
    size_t size;
    char *calls = calls_make(one_event, CALLS, &size);

    strangers_restart("[quotas]\ncalls = 4\n");
    scene_run("r");
    neighbour = stranger_wire(NEIGHBOUR);
    for (int i = 0; i < CONNECTIONS; i++) {
        mine[i] = stranger_wire(RUNAWAY);
        ck_assert(wire_send(mine[i], calls, size));
    }
    for (int i = 0; i < 20; i++) {
        answer_matches(wire_call(neighbour, "AppendEvents", one_event), "{'inserted':1}");
        /* Four, and the one that asks. */
        ck_assert_int_le(strangers_metric("historyd_calls_under_way"), 5);
    }
    for (int i = 0; i < CONNECTIONS; i++)
        for (int j = 0; j < CALLS; j++)
            answer_matches(wire_result(mine[i]), "{'inserted':1}");
    ck_assert_int_gt(strangers_metric("historyd_quota_waits_total"), 0);
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':%d}}",
                   CONNECTIONS * CALLS + 20);
}
END_TEST

/* Everyone in line gets a turn: each connection is answered while the others have more to come. */
START_TEST(in_line)
{
    enum { CONNECTIONS = 5, CALLS = 300 };
    struct wire *mine[CONNECTIONS];
    size_t size;
    char *calls = calls_make(one_event, CALLS, &size);

    strangers_restart("[quotas]\ncalls = 1\n");
    scene_run("r");
    for (int i = 0; i < CONNECTIONS; i++) {
        mine[i] = stranger_wire(RUNAWAY);
        ck_assert(wire_send(mine[i], calls, size));
    }
    /* With one call at a time the numbers say in which order they were taken. */
    for (int j = 0; j < CALLS; j++) {
        int64_t least = INT64_MAX, most = 0;

        for (int i = 0; i < CONNECTIONS; i++) {
            int64_t seq = answer_int(wire_result(mine[i]), "last_seq");

            least = seq < least ? seq : least;
            most = seq > most ? seq : most;
        }
        ck_assert_msg(j < CALLS / 2 || most - least < CALLS, "answer %d: numbers %lld to %lld", j,
                      (long long)least, (long long)most);
    }
}
END_TEST

START_TEST(bytes_under_way)
{
    enum { CONNECTIONS = 8, CALLS = 20 };
    struct wire *mine[CONNECTIONS], *neighbour;
    size_t size;
    char *calls =
        calls_make(harness_text("{'run_id':'r','events':[{'type':'a','payload':{'x':'%s'}}]}",
                                harness_repeat("x", 200000)),
                   CALLS, &size);

    strangers_restart("[quotas]\nbytes = 65536\n");
    scene_run("r");
    neighbour = stranger_wire(NEIGHBOUR);
    for (int i = 0; i < CONNECTIONS; i++)
        mine[i] = stranger_wire(RUNAWAY);
    /* Each message is larger than the quota, and is taken when nothing else is under way. */
    for (int i = 0; i < CONNECTIONS; i++) {
        ck_assert(wire_send(mine[i], calls, size / CALLS));
        answer_matches(wire_result(mine[i]), "{'inserted':1}");
    }
    ck_assert(wire_send(mine[0], calls, size));
    for (int j = 0; j < CALLS; j++) {
        answer_matches(wire_result(mine[0]), "{'inserted':1}");
        answer_matches(wire_call(neighbour, "AppendEvents", one_event), "{'inserted':1}");
    }
    ck_assert_int_gt(strangers_metric("historyd_quota_waits_total"), 0);
}
END_TEST

/* Large messages that do not come to their end hold memory as well. */
START_TEST(bytes_of_halves)
{
    struct wire *first, *second;
    size_t size;
    char *call =
        calls_make(harness_text("{'run_id':'r','events':[{'type':'a','payload':{'x':'%s'}}]}",
                                harness_repeat("x", 1000000)),
                   1, &size);

    strangers_restart("[quotas]\nbytes = 65536\n");
    scene_run("r");
    first = stranger_wire(RUNAWAY);
    second = stranger_wire(RUNAWAY);
    /* More than a socket holds: the daemon has taken most of it when it is written. */
    ck_assert(wire_send(first, call, 900000));
    wire_send(second, call, 900000);
    wire_error(second, "Busy");
    wire_expect_end(second);
    second = stranger_wire(NEIGHBOUR);
    ck_assert(wire_send(second, call, size));
    answer_matches(wire_result(second), "{'inserted':1}");
    ck_assert(wire_send(first, call + 900000, size - 900000));
    answer_matches(wire_result(first), "{'inserted':1}");
    ck_assert_int_eq(strangers_metric("historyd_input_refused_total"), 1);
}
END_TEST

/* A user with no call under way may always send one: watching is none. */
START_TEST(watchers_and_one_call)
{
    struct wire *watchers[5], *caller;

    strangers_restart("[quotas]\ncalls = 1\n");
    scene_run("r");
    for (int i = 0; i < 5; i++) {
        watchers[i] = stranger_wire(RUNAWAY);
        wire_start(watchers[i], "Watch", "'more':true", NULL);
        answer_matches(wire_result(watchers[i]), "{'ready':true}");
    }
    caller = stranger_wire(RUNAWAY);
    answer_matches(wire_call(caller, "AppendEvents", one_event), "{'inserted':1}");
    for (int i = 0; i < 5; i++) {
        answer_matches(wire_result(watchers[i]), "{'events':[{'type':'a'}]}");
        wire_close(watchers[i]);
    }
    answer_matches(wire_call(caller, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':1}}");
}
END_TEST

/* Who waits in line and goes away is not in the way of those behind. */
START_TEST(gone_while_in_line)
{
    enum { CONNECTIONS = 20, CALLS = 50 };
    struct wire *mine[CONNECTIONS];
    size_t size;
    char *calls = calls_make(one_event, CALLS, &size);

    strangers_restart("[quotas]\ncalls = 1\n");
    scene_run("r");
    for (int i = 0; i < CONNECTIONS; i++) {
        mine[i] = stranger_wire(RUNAWAY);
        ck_assert(wire_send(mine[i], calls, size));
    }
    for (int i = 0; i < CONNECTIONS; i += 2)
        wire_close(mine[i]);
    for (int i = 1; i < CONNECTIONS; i += 2)
        for (int j = 0; j < CALLS; j++)
            answer_matches(wire_result(mine[i]), "{'inserted':1}");
}
END_TEST

static void append_many(struct wire *one, int events)
{
    answer_matches(wire_call(one, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}%s]}",
                             harness_repeat(",{\"type\":\"a\"}", (size_t)events - 1)),
                   "{'inserted':%d}", events);
}

START_TEST(too_many_events)
{
    struct wire *runaway, *neighbour;
    int64_t retry;

    strangers_restart("[quotas]\nevents_per_s = 10\n");
    scene_run("r");
    runaway = stranger_wire(RUNAWAY);
    neighbour = stranger_wire(NEIGHBOUR);
    /* What is more than a second's worth is taken, and what follows pays for it: 1000 s. */
    append_many(runaway, 10000);
    retry =
        answer_int(wire_call_error(runaway, "Busy", "AppendEvents", one_event), "retry_after_ms");
    ck_assert_int_gt(retry, 5000);
    ck_assert_int_le(retry, 1000000);
    /* A new connection has the same user. */
    wire_close(runaway);
    runaway = stranger_wire(RUNAWAY);
    wire_call_error(runaway, "Busy", "AppendEvents", one_event);
    /* Only events count. */
    wire_call(runaway, "CreateRun", "{'id':'q','repo_path':'/r'}");
    answer_matches(wire_call(runaway, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':10000}}");
    append_many(neighbour, 10);
    append_many(wire, 10000);
    append_many(wire, 10000);
    ck_assert_int_eq(strangers_metric("historyd_quota_event_refusals_total"), 2);
    strangers_reload("");
    append_many(runaway, 10000);
    append_many(runaway, 10000);
}
END_TEST

START_TEST(events_wait_for_their_moment)
{
    struct wire *runaway, *other;

    strangers_restart("[quotas]\nevents_per_s = 1000\n");
    scene_run("r");
    runaway = stranger_wire(RUNAWAY);
    append_many(runaway, 2000);
    append_many(runaway, 1000);
    ck_assert_int_eq(strangers_metric("historyd_quota_event_waits_total"), 1);
    ck_assert_int_eq(strangers_metric("historyd_quota_event_refusals_total"), 0);
    /* What was sent whole is carried out, though its sender goes before its moment. */
    append_many(runaway, 1000);
    other = stranger_wire(RUNAWAY);
    wire_start(other, "AppendEvents", "'oneway':true", one_event);
    wire_close(other);
    for (int64_t deadline = harness_deadline();;) {
        if (answer_int(wire_call(wire, "GetRun", "{'run_id':'r'}"), "run.last_seq") == 4001)
            break;
        harness_turn(deadline, "the event");
    }
}
END_TEST

/* The daemon does not wait for a moment to end. */
START_TEST(stopped_before_their_moment)
{
    struct wire *runaway;
    cJSON *reply;

    strangers_restart("[quotas]\nevents_per_s = 1000\n");
    scene_run("r");
    runaway = stranger_wire(RUNAWAY);
    append_many(runaway, 4000);
    wire_start(runaway, "AppendEvents", NULL, one_event);
    wire_start(runaway, "AppendEvents", NULL, one_event);
    wire_close(wire);
    subject_stop(subject);
    for (int i = 0; i < 2; i++) {
        reply = wire_reply(runaway);
        ck_assert_ptr_nonnull(reply);
        if (answer_find(reply, "error"))
            ck_assert_str_eq(answer_text(reply, "error"), "dev.historyd.history.ShuttingDown");
    }
}
END_TEST

/* All of it at once, and nobody else is refused anything. */
START_TEST(a_runaway)
{
    enum { CONNECTIONS = 40, ROUNDS = 60 };
    struct wire *mine[CONNECTIONS], *neighbour, *newcomer;
    size_t size;
    char *calls = calls_make(
        harness_text("{'run_id':'r','events':[{'type':'a'}%s]}",
                     harness_repeat(",{'type':'a','payload':{'x':'yyyyyyyyyyyyyyyyyy'}}", 99)),
        40, &size);

    strangers_restart("[quotas]\nconnections = 40\ncalls = 16\nbytes = 1048576\n"
                      "events_per_s = 20000\n");
    scene_run("r");
    wire_call(wire, "CreateRun", "{'id':'n','repo_path':'/n'}");
    neighbour = stranger_wire(NEIGHBOUR);
    for (int i = 0; i < CONNECTIONS; i++)
        mine[i] = stranger_wire(RUNAWAY);
    refused_for_quota(stranger_wire(RUNAWAY), CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++)
        wire_send_some(mine[i], calls, size);
    for (int i = 1; i <= ROUNDS; i++) {
        answer_matches(
            wire_call(neighbour, "AppendEvents", "{'run_id':'n','events':[{'type':'b'}]}"),
            "{'inserted':1,'last_seq':%d}", i);
        answer_matches(wire_call(neighbour, "ListEvents", "{'run_id':'n','limit':1}"),
                       "{'events':[{'seq':1}]}");
        newcomer = stranger_wire(NEIGHBOUR);
        wire_call(newcomer, "Ping", NULL);
        wire_close(newcomer);
        /* Sixteen, and the one that asks. */
        ck_assert_int_le(strangers_metric("historyd_calls_under_way"), 17);
    }
    ck_assert_int_gt(strangers_metric("historyd_quota_waits_total"), 0);
    for (int i = 0; i < CONNECTIONS; i++)
        wire_close(mine[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("quotas");
    TCase *test_case = scene_case(suite, "quotas", 120);

    if (strangers_possible()) {
        tcase_add_test(test_case, connections);
        tcase_add_test(test_case, calls_under_way);
        tcase_add_test(test_case, in_line);
        tcase_add_test(test_case, bytes_under_way);
        tcase_add_test(test_case, bytes_of_halves);
        tcase_add_test(test_case, watchers_and_one_call);
        tcase_add_test(test_case, gone_while_in_line);
        tcase_add_test(test_case, too_many_events);
        tcase_add_test(test_case, events_wait_for_their_moment);
        tcase_add_test(test_case, stopped_before_their_moment);
        tcase_add_test(test_case, a_runaway);
    }
    return harness_main(suite);
}
