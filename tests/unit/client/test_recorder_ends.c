/*
 * The recorder at its ends: refusals for good, daemons that are silent or dead, many threads, and
 * the states it tells.
 */
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon_model.h"
#include "quiet.h"

static struct daemon_model model;

/* --- refusals for good ------------------------------------------------------------------------ */

static const struct {
    const char *answer;
    int error;
    const char *words;
} finals[] = {
    {"{\"error\":\"dev.historyd.history.SequenceConflict\",\"parameters\":"
     "{\"run_id\":\"r1\",\"seq\":3}}",
     HD_SEQUENCE_CONFLICT, "seq 3"},
    {"{\"error\":\"dev.historyd.history.RunNotFound\",\"parameters\":{\"run_id\":\"r1\"}}",
     HD_RUN_NOT_FOUND, "r1"},
    {"{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":"
     "{\"parameter\":\"events[0].type\"}}",
     HD_INVALID_PARAMETER, "events[0].type"},
    {"{\"error\":\"org.varlink.service.PermissionDenied\"}", HD_PERMISSION_DENIED, ""},
    {"{\"error\":\"dev.historyd.history.TooLarge\",\"parameters\":"
     "{\"what\":\"events[1].payload\",\"limit\":9}}",
     HD_TOO_LARGE, "limit 9"},
    {"{\"error\":\"org.varlink.service.MethodNotFound\",\"parameters\":{\"method\":\"x\"}}",
     HD_METHOD_NOT_FOUND, ""},
    {"{\"error\":\"com.example.New\"}", HD_UNKNOWN_ERROR, "com.example.New"},
};
enum { N_FINALS = sizeof(finals) / sizeof(finals[0]) };

/* Refuses the third call, which holds two events, while the second is under way. */
static void script_final(struct fake_server *server, void *data)
{
    struct append_call call = {0};
    struct fake_peer peer;
    char *second = NULL;
    const char *text;

    if (!fake_accept(server, &peer))
        return;
    if (fake_read(&peer, &text))
        daemon_model_take(&model, &peer, text);
    if (fake_read(&peer, &text))
        second = strdup(text);
    if (!fake_read(&peer, &text) || !daemon_model_read(server, text, &call) || call.n_events != 2)
        fake_problem(server, "the third call has %zu events", call.n_events);
    if (second)
        daemon_model_take(&model, &peer, second);
    free(second);
    fake_send(&peer, data);
    while (fake_read(&peer, &text)) /* calls that were under way */
        ;
    fake_close(&peer);
}

START_TEST(what_can_never_pass)
{
    const struct hd_recorder_options options = {.batch_events = 2};
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;
    int64_t acknowledged;
    size_t i;

    for (i = 0; i < N_FINALS; i++) {
        fake_server_start(&server, script_final, (void *)finals[i].answer);
        recorder = model_recorder(&server, options);
        model_add(recorder, 1);
        ck_assert_int_eq(hd_recorder_flush(recorder, -1), 0);
        model_add(recorder, 3);
        hd_recorder_add(recorder, &model_event, NULL); /* may come too late */
        ck_assert_int_eq(hd_recorder_flush(recorder, -1), -EPIPE);
        ck_assert_int_eq(hd_recorder_add(recorder, &model_event, NULL), -EPIPE);
        hd_recorder_get_state(recorder, &state);
        ck_assert_int_eq(state.condition, HD_RECORDER_FAILED);
        ck_assert_int_eq(state.error, finals[i].error);
        ck_assert_msg(strstr(state.message, finals[i].words) != NULL, "%s", state.message);
        ck_assert_int_eq(hd_recorder_close(recorder, -1, &acknowledged), -EPIPE);
        ck_assert_int_ge(acknowledged, 2);
        ck_assert_int_le(acknowledged, 3);
        fake_server_join(&server);
        ck_assert_int_eq(acknowledged, (int64_t)model.n_stored);
        daemon_model_clear(&model);
    }
}
END_TEST

/* --- daemons that are silent or dead ---------------------------------------------------------- */

static void script_hung(struct fake_server *server, void *data)
{
    struct fake_peer peer;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    fake_expect(&peer, NULL);
    fake_expect_end(&peer); /* the recorder gives up */
    fake_close(&peer);
    if (!fake_accept(server, &peer))
        return;
    daemon_model_serve(&model, &peer);
    fake_close(&peer);
}

START_TEST(hung_daemon_is_left)
{
    const struct hd_recorder_options options = {.timeout_ms = 1000, .calls_in_flight = 1};
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;

    fake_server_start(&server, script_hung, NULL);
    recorder = model_recorder(&server, options);
    model_add(recorder, 10);
    ck_assert_int_eq(hd_recorder_flush(recorder, 0), -ETIMEDOUT);
    ck_assert_int_eq(hd_recorder_flush(recorder, -1), 0);
    hd_recorder_get_state(recorder, &state);
    ck_assert_int_eq(state.error, -ETIMEDOUT);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    daemon_model_assert(&model, 10);
    daemon_model_clear(&model);
}
END_TEST

static void script_silent(struct fake_server *server, void *data)
{
    struct fake_peer peer;
    const char *text;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    while (fake_read(&peer, &text))
        ;
    fake_close(&peer);
}

START_TEST(closing_does_not_wait_for_ever)
{
    const struct hd_recorder_options options = {.last_seq = 7};
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;
    int64_t acknowledged = 0;

    fake_server_start(&server, script_silent, NULL);
    recorder = model_recorder(&server, options);
    model_add(recorder, 3);
    do {
        hd_recorder_get_state(recorder, &state);
    } while (state.condition != HD_RECORDER_SENDING);
    ck_assert_int_eq(hd_recorder_flush(recorder, 1), -ETIMEDOUT);
    ck_assert_int_eq(hd_recorder_close(recorder, 1, &acknowledged), -ETIMEDOUT);
    ck_assert_int_eq(acknowledged, 7);
    fake_server_join(&server);

    fake_server_init(&server);
    recorder = model_recorder(&server, options);
    ck_assert_int_eq(hd_recorder_close(recorder, -1, &acknowledged), 0); /* nothing was added */
    recorder = model_recorder(&server, options);
    model_add(recorder, 3);
    ck_assert_int_eq(hd_recorder_close(recorder, 1, &acknowledged), -ETIMEDOUT);
    ck_assert_int_eq(acknowledged, 7);
    fake_server_clear(&server);
}
END_TEST

/* --- threads and states ----------------------------------------------------------------------- */

static void script_serve(struct fake_server *server, void *data)
{
    struct fake_peer peer;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    daemon_model_serve(&model, &peer);
    fake_close(&peer);
}

enum { ADDERS = 4, ADDED = 500 };

struct adder {
    pthread_t thread;
    struct hd_recorder *recorder;
    int64_t seqs[ADDED];
    int failures;
};

static void *adder_run(void *data)
{
    struct adder *adder = data;
    int i;

    for (i = 0; i < ADDED; i++)
        adder->failures += hd_recorder_add(adder->recorder, &model_event, &adder->seqs[i]) != 0;
    adder->failures += hd_recorder_flush(adder->recorder, -1) != 0;
    return NULL;
}

START_TEST(many_threads_add)
{
    const struct hd_recorder_options options = {.batch_events = 7};
    static struct adder adders[ADDERS];
    static bool seen[ADDERS * ADDED + 1];
    struct hd_recorder *recorder;
    struct fake_server server;
    int i, k;

    fake_server_start(&server, script_serve, NULL);
    recorder = model_recorder(&server, options);
    for (i = 0; i < ADDERS; i++) {
        adders[i].recorder = recorder;
        ck_assert_int_eq(pthread_create(&adders[i].thread, NULL, adder_run, &adders[i]), 0);
    }
    for (i = 0; i < ADDERS; i++) {
        pthread_join(adders[i].thread, NULL);
        ck_assert_int_eq(adders[i].failures, 0);
        for (k = 0; k < ADDED; k++) {
            ck_assert(!seen[adders[i].seqs[k]]);
            ck_assert(k == 0 || adders[i].seqs[k] > adders[i].seqs[k - 1]);
            seen[adders[i].seqs[k]] = true;
        }
    }
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    daemon_model_assert(&model, ADDERS * ADDED);
    daemon_model_clear(&model);
}
END_TEST

enum { STATES = 32 };

struct states {
    atomic_int n;
    struct hd_recorder_state states[STATES];
};

static void on_state(struct hd_recorder *recorder, void *userdata)
{
    struct states *states = userdata;

    if (states->n < STATES)
        hd_recorder_get_state(recorder, &states->states[states->n++]);
}

/* Stores the first call without saying so. */
static void script_one_loss(struct fake_server *server, void *data)
{
    struct fake_peer peer;
    const char *text;

    if (!fake_accept(server, &peer))
        return;
    if (fake_read(&peer, &text))
        daemon_model_store(&model, server, text);
    fake_close(&peer);
    script_serve(server, data);
}

START_TEST(states_are_told)
{
    struct states states = {0};
    const struct hd_recorder_options options = {.on_state = on_state, .userdata = &states};
    struct hd_recorder *recorder;
    struct fake_server server;

    fake_server_init(&server);
    recorder = model_recorder(&server, options);
    while (states.n < 1)
        sched_yield();
    fake_server_run(&server, script_one_loss, NULL);
    while (states.n < 2)
        sched_yield();
    model_add(recorder, 1);
    ck_assert_int_eq(hd_recorder_flush(recorder, -1), 0);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    ck_assert_int_eq(states.states[0].condition, HD_RECORDER_CONNECTING);
    ck_assert_int_eq(states.states[0].error, -ENOENT);
    ck_assert_ptr_nonnull(strstr(states.states[0].message, "cannot connect"));
    ck_assert_int_ge(states.n, 4);
    ck_assert_int_eq(states.states[states.n - 3].condition, HD_RECORDER_SENDING);
    ck_assert_int_eq(states.states[states.n - 2].condition, HD_RECORDER_CONNECTING);
    ck_assert_int_eq(states.states[states.n - 2].error, -ECONNRESET);
    ck_assert_int_eq(states.states[states.n - 1].condition, HD_RECORDER_SENDING);
    daemon_model_clear(&model);
}
END_TEST

static Suite *ends_suite(void)
{
    Suite *suite = suite_create("client recorder ends");
    TCase *tcase = quiet_tcase("ends");

    tcase_add_test(tcase, what_can_never_pass);
    tcase_add_test(tcase, hung_daemon_is_left);
    tcase_add_test(tcase, closing_does_not_wait_for_ever);
    tcase_add_test(tcase, many_threads_add);
    tcase_add_test(tcase, states_are_told);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(ends_suite());
}
