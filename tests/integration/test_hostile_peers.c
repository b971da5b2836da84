/*
 * Peers that mean harm, or only mean well too often: the others are served, memory stays bounded,
 * and the offender is closed with a reason.
 */
#include <poll.h>
#include <string.h>
#include <sys/resource.h>

#include "scene.h"

/* What a daemon may take on top of what it had, in KiB, whatever one peer does. The sanitizers keep
 * freed memory for a while. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { MEMORY_MARGIN = 600 << 10 };
#else
enum { MEMORY_MARGIN = 120 << 10 };
#endif

static void connections_become(int count)
{
    for (int64_t deadline = harness_deadline();;) {
        if (answer_int(wire_call(wire, "GetStatus", NULL), "connections") == count)
            return;
        harness_turn(deadline, "the connections to be gone");
    }
}

static void restart_with(const char *config)
{
    wire_close(wire);
    subject_stop(subject);
    subject_configure(subject, config);
    subject_start(subject);
    wire = wire_open(subject);
}

START_TEST(two_thousand_connections)
{
    enum { CONNECTIONS = 2000 };
    struct rlimit files;
    struct wire **wires = harness_alloc(CONNECTIONS * sizeof(*wires));

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    ck_assert_msg(files.rlim_max > CONNECTIONS + 100, "only %ld descriptors allowed here",
                  (long)files.rlim_max);
    restart_with("");
    scene_run("r");
    for (int i = 0; i < CONNECTIONS; i++)
        wires[i] = wire_open(subject);
    for (int i = 0; i < CONNECTIONS; i++)
        wire_start(wires[i], "AppendEvents", NULL, "{'run_id':'r','events':[{'type':'a'}]}");
    for (int i = 0; i < CONNECTIONS; i++)
        answer_matches(wire_result(wires[i]), "{'inserted':1}");
    answer_matches(wire_call(wire, "GetStatus", NULL), "{'connections':%d}", CONNECTIONS + 1);
    answer_matches(wire_call(wire, "GetRun", "{'run_id':'r'}"), "{'run':{'last_seq':%d}}",
                   CONNECTIONS);
    for (int i = 0; i < CONNECTIONS; i++)
        wire_close(wires[i]);
    connections_become(1);
}
END_TEST

START_TEST(one_connection_too_many)
{
    struct wire *wires[10];
    struct wire *last;

    restart_with("[limits]\nconnections = 10\n");
    for (int i = 0; i < 9; i++)
        wire_call(wires[i] = wire_open(subject), "Ping", NULL);
    last = wire_open(subject);
    wire_start(last, "Ping", NULL, NULL);
    answer_matches(wire_error(last, "TooManyConnections"), "{'limit':10}");
    wire_expect_end(last);
    for (int i = 0; i < 9; i++)
        wire_call(wires[i], "Ping", NULL);
    /* a place that is free again is given */
    wire_close(wires[0]);
    connections_become(9);
    wire_call(wire_open(subject), "Ping", NULL);
}
END_TEST

/* The daemon has closed it, after a reason. */
static void closed_with_a_reason(struct wire *offender)
{
    cJSON *reply = wire_reply(offender);

    ck_assert_msg(reply != NULL, "closed without a reason");
    ck_assert_str_ne(answer_text(reply, "error"), "");
    wire_expect_end(offender);
    wire_call(wire, "Ping", NULL);
}

START_TEST(half_a_message)
{
    struct wire *offender;

    restart_with("[limits]\nmessage_ms = 300\n");
    offender = wire_open(subject);
    wire_call(offender, "Ping", NULL);
    wire_send(offender, "{\"method\":", 10);
    wire_call(wire, "Ping", NULL);
    closed_with_a_reason(offender);
    connections_become(1);
}
END_TEST

/* Five hundred turns of the daemon take thirty times what a message may. */
START_TEST(a_byte_now_and_then)
{
    struct wire *offender;
    struct pollfd ended;
    int turns = 0;

    restart_with("[limits]\nmessage_ms = 300\n");
    offender = wire_open(subject);
    ended = (struct pollfd){.fd = wire_fd(offender), .events = POLLIN};
    wire_send(offender, "{", 1);
    do {
        ck_assert_int_lt(turns++, 500);
        wire_send(offender, " ", 1);
        wire_call(wire, "Ping", NULL);
    } while (poll(&ended, 1, 20) == 0);
    closed_with_a_reason(offender);
}
END_TEST

START_TEST(a_silent_connection_may_stay)
{
    struct wire *silent;
    struct wire *offender;

    restart_with("[limits]\nmessage_ms = 300\n");
    silent = wire_open(subject);
    wire_call(silent, "Ping", NULL);
    offender = wire_open(subject);
    wire_send(offender, "{", 1);
    closed_with_a_reason(offender);
    wire_call(silent, "Ping", NULL);
}
END_TEST

START_TEST(a_message_without_an_end)
{
    struct wire *offender = wire_open(subject);
    int64_t memory = subject_memory(subject);
    char *bytes = harness_repeat(" ", 1 << 20);
    bool open = true;

    for (int i = 0; open && i < 100; i++) {
        open = wire_send(offender, bytes, 1 << 20);
        wire_call(wire, "Ping", NULL);
        ck_assert_int_lt(subject_memory(subject) - memory, MEMORY_MARGIN);
    }
    answer_matches(wire_error(offender, "TooLarge"), "{'what':'message','limit':16777216}");
    wire_expect_end(offender);
    connections_become(1);
}
END_TEST

static void much_make(void)
{
    const char *events = harness_repeat(
        harness_text(",{'type':'a','payload':{'text':'%s'}}", harness_repeat("x", 1000)), 999);

    scene_run("r");
    for (int i = 0; i < 10; i++)
        wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}%s]}", events);
}

START_TEST(who_never_reads)
{
    static const char call[] = "{\"method\":\"dev.historyd.history.ListEvents\",\"parameters\":"
                               "{\"run_id\":\"r\",\"limit\":1000}}";
    struct wire *offender;
    int64_t memory;
    int64_t deadline = harness_deadline();
    struct pollfd ended;
    ssize_t n;

    restart_with("[limits]\nsend_ms = 500\n");
    much_make();
    memory = subject_memory(subject);
    offender = wire_open(subject);
    ended = (struct pollfd){.fd = wire_fd(offender), .events = 0};
    do {
        n = wire_send_some(offender, call, sizeof(call));
        if (n == 0)
            poll(&ended, 1, 10);
        wire_call(wire, "Ping", NULL);
        ck_assert_int_lt(subject_memory(subject) - memory, MEMORY_MARGIN);
        harness_left(deadline, "the offender to be closed");
    } while (n >= 0 && !(ended.revents & POLLHUP));
    connections_become(1);
}
END_TEST

START_TEST(a_watcher_that_never_reads)
{
    struct wire *offender = wire_open(subject);
    int64_t memory;

    scene_run("first");
    wire_start(offender, "Watch", "'more':true", "{'after_id':0}");
    memory = subject_memory(subject);
    much_make();
    scene_event("first", "last");
    ck_assert_int_lt(subject_memory(subject) - memory, MEMORY_MARGIN);
    answer_matches(wire_call(wire, "GetStatus", NULL), "{'watchers':1}");
    /* it is not closed, and when it reads at last nothing is missing */
    for (int64_t next = 1; next <= 10001;) {
        cJSON *answer = wire_result(offender);
        const cJSON *events = answer_find(answer, "events");

        for (int i = 0; i < cJSON_GetArraySize(events); i++, next++)
            ck_assert_int_eq(answer_int(cJSON_GetArrayItem(events, i), "id"), next);
    }
}
END_TEST

START_TEST(more_calls_than_may_be_under_way)
{
    enum { CALLS = 50000 };
    static const char call[] = "{\"method\":\"dev.historyd.history.GetRun\",\"parameters\":"
                               "{\"run_id\":\"r\"}}";
    int64_t memory;
    char *calls = harness_alloc(CALLS * sizeof(call));
    struct wire *eager = wire_open(subject);

    scene_run("r");
    memory = subject_memory(subject);
    for (int i = 0; i < CALLS; i++)
        memcpy(calls + (size_t)i * sizeof(call), call, sizeof(call));
    ck_assert(wire_send(eager, calls, CALLS * sizeof(call)));
    wire_call(wire, "Ping", NULL);
    ck_assert_int_lt(subject_memory(subject) - memory, MEMORY_MARGIN);
    for (int i = 0; i < CALLS; i++)
        ck_assert_msg(strncmp(wire_receive(eager, NULL), "{\"parameters\":{\"run\"", 20) == 0,
                      "answer %d", i);
}
END_TEST

START_TEST(descriptors_are_given_back)
{
    int before;

    scene_run("r");
    before = subject_descriptors(subject);
    for (int i = 0; i < 300; i++) {
        struct wire *other = wire_open(subject);

        wire_start(other, i % 3 == 0 ? "Watch" : "Ping", i % 3 == 0 ? "'more':true" : NULL, NULL);
        if (i % 3 == 1)
            wire_send(other, "x", 2);
        if (i % 2)
            wire_receive(other, NULL);
        wire_close(other);
    }
    connections_become(1);
    ck_assert_int_eq(subject_descriptors(subject), before);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("hostile peers");
    TCase *test_case = scene_case(suite, "hostile peers", 120);

    tcase_add_test(test_case, two_thousand_connections);
    tcase_add_test(test_case, one_connection_too_many);
    tcase_add_test(test_case, half_a_message);
    tcase_add_test(test_case, a_byte_now_and_then);
    tcase_add_test(test_case, a_silent_connection_may_stay);
    tcase_add_test(test_case, a_message_without_an_end);
    tcase_add_test(test_case, who_never_reads);
    tcase_add_test(test_case, a_watcher_that_never_reads);
    tcase_add_test(test_case, more_calls_than_may_be_under_way);
    tcase_add_test(test_case, descriptors_are_given_back);
    return harness_main(suite);
}
