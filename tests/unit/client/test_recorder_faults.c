/*
 * The recorder against a daemon that fails in every way: each event is stored once, none that was
 * acknowledged is missing, and what cannot pass is told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon_model.h"
#include "quiet.h"

static struct daemon_model model;

/* --- the connection breaks at every point ----------------------------------------------------- */

/* How one connection ends. */
struct breakage {
    size_t bytes_in;  /* reads so many bytes of the first call, then closes */
    bool stored;      /* else: takes the first call whole and stores it, … */
    size_t bytes_out; /* … sends so many bytes of its answer, then closes */
};

static void break_connection(struct fake_peer *peer, const struct breakage *breakage)
{
    char bytes[4096], answer[256];
    const char *text;
    ssize_t received = 0;
    size_t left = breakage->bytes_in, size;

    if (!breakage->stored) {
        while (left > 0 && received >= 0) {
            received = recv(peer->fd, bytes, left < sizeof(bytes) ? left : sizeof(bytes), 0);
            if (received <= 0)
                return;
            left -= (size_t)received;
        }
        return;
    }
    if (!fake_read(peer, &text) || !daemon_model_store(&model, peer->server, text))
        return;
    daemon_model_answer(text, answer);
    size = strlen(answer) + 1;
    fake_send_unread(peer, answer, breakage->bytes_out < size ? breakage->bytes_out : size);
}

/* An array of breakages, up to one that is stored with an answer as long as `SIZE_MAX`. */
static void script_breaking(struct fake_server *server, void *data)
{
    const struct breakage *breakage = data;
    struct fake_peer peer;

    for (; breakage->bytes_out != SIZE_MAX; breakage++) {
        if (!fake_accept(server, &peer))
            return;
        break_connection(&peer, breakage);
        fake_close(&peer);
    }
    if (!fake_accept(server, &peer))
        return;
    daemon_model_serve(&model, &peer);
    fake_close(&peer);
}

enum { BROKEN_IN = 120, BROKEN_OUT = 76, BROKEN_EVENTS = 40 };

START_TEST(connection_breaks_everywhere)
{
    const struct hd_recorder_options options = {.batch_events = 3, .calls_in_flight = 4};
    struct breakage breakages[BROKEN_IN + BROKEN_OUT + 1];
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;
    int64_t acknowledged = 0;
    size_t i;

    for (i = 0; i < BROKEN_IN; i++)
        breakages[i] = (struct breakage){.bytes_in = i * 3};
    for (i = 0; i < BROKEN_OUT; i++)
        breakages[BROKEN_IN + i] = (struct breakage){.stored = true, .bytes_out = i};
    breakages[BROKEN_IN + BROKEN_OUT] = (struct breakage){.bytes_out = SIZE_MAX};
    fake_server_start(&server, script_breaking, breakages);
    recorder = model_recorder(&server, options);
    model_add(recorder, BROKEN_EVENTS);
    ck_assert_int_eq(hd_recorder_flush(recorder, -1), 0);
    hd_recorder_get_state(recorder, &state);
    ck_assert_uint_eq(state.reconnects, BROKEN_IN + BROKEN_OUT);
    ck_assert_int_eq(state.error, -ECONNRESET);
    ck_assert_int_eq(state.condition, HD_RECORDER_SENDING);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, &acknowledged), 0);
    ck_assert_int_eq(acknowledged, BROKEN_EVENTS);
    fake_server_join(&server);
    daemon_model_assert(&model, BROKEN_EVENTS);
    ck_assert_uint_ge(model.n_duplicates, BROKEN_OUT / 2);
    daemon_model_clear(&model);
}
END_TEST

/* --- refusals that pass ----------------------------------------------------------------------- */

struct refusal {
    const char *answer;
    unsigned int calls; /* bit n: the n-th call of the script is refused so */
    bool close;
};

enum { UNDER_WAY = 3 };

static void refuse_or_store(struct fake_peer *peer, const struct refusal *refusal,
                            unsigned int call, const char *text)
{
    if (refusal->calls & 1U << call)
        fake_send(peer, refusal->answer);
    else
        daemon_model_take(&model, peer, text);
}

/* Takes as many calls as may be under way before it answers any, and serves once all refusals are
 * said. */
static void script_refusing(struct fake_server *server, void *data)
{
    const struct refusal *refusal = data;
    char *texts[UNDER_WAY];
    struct fake_peer peer;
    unsigned int call;
    const char *text;
    int i;

    if (!fake_accept(server, &peer))
        return;
    for (call = 0; refusal->calls >> call; call += UNDER_WAY) {
        for (i = 0; i < UNDER_WAY; i++)
            texts[i] = fake_read(&peer, &text) ? strdup(text) : NULL;
        for (i = 0; i < UNDER_WAY; i++) {
            if (texts[i])
                refuse_or_store(&peer, refusal, call + (unsigned int)i, texts[i]);
            else
                fake_problem(server, "call %u did not come", call + (unsigned int)i);
            free(texts[i]);
        }
    }
    if (refusal->close) {
        fake_close(&peer);
        if (!fake_accept(server, &peer))
            return;
    }
    daemon_model_serve(&model, &peer);
    fake_close(&peer);
}

/* A failure that must be told; others may follow it. */
struct failure {
    int error;
    const char *words;
    atomic_bool told;
};

static void on_failure(struct hd_recorder *recorder, void *userdata)
{
    struct failure *failure = userdata;
    struct hd_recorder_state state;

    hd_recorder_get_state(recorder, &state);
    if (state.error == failure->error && strstr(state.message, failure->words))
        failure->told = true;
}

static void assert_passes(const struct refusal *refusal, int error, const char *words)
{
    struct failure failure = {.error = error, .words = words};
    const struct hd_recorder_options options = {
        .batch_events = 2,
        .calls_in_flight = UNDER_WAY,
        .on_state = on_failure,
        .userdata = &failure,
    };
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;

    fake_server_start(&server, script_refusing, (void *)refusal);
    recorder = model_recorder(&server, options);
    model_add(recorder, 20);
    ck_assert_int_eq(hd_recorder_flush(recorder, -1), 0);
    hd_recorder_get_state(recorder, &state);
    ck_assert_msg(failure.told, "last: %s", state.message);
    ck_assert_int_eq(state.condition, HD_RECORDER_SENDING);
    ck_assert_uint_eq(state.reconnects, refusal->close ? 1 : 0);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    daemon_model_assert(&model, 20);
    if (!refusal->close) /* what was acknowledged is not sent again */
        ck_assert_uint_eq(model.n_duplicates, 0);
    daemon_model_clear(&model);
}

START_TEST(busy_is_tried_again)
{
    const struct refusal refusals[] = {
        {"{\"error\":\"dev.historyd.history.Busy\",\"parameters\":{\"retry_after_ms\":1}}", 1,
         false},
        /* a later call was stored before this one */
        {"{\"error\":\"dev.historyd.history.Busy\",\"parameters\":{\"retry_after_ms\":1}}", 5,
         false},
        {"{\"error\":\"dev.historyd.history.Busy\",\"parameters\":{\"retry_after_ms\":0}}", 255,
         false},
    };
    size_t i;

    for (i = 0; i < 3; i++)
        assert_passes(&refusals[i], HD_BUSY, "retry_after_ms");
}
END_TEST

START_TEST(storage_full_is_tried_again)
{
    const struct refusal refusal = {"{\"error\":\"dev.historyd.history.StorageFull\"}", 7, false};

    assert_passes(&refusal, HD_STORAGE_FULL, "");
}
END_TEST

START_TEST(failing_daemon_is_waited_for)
{
    const struct refusal refusals[] = {
        {"{\"error\":\"dev.historyd.history.StorageFailed\",\"parameters\":{\"message\":\"I/O\"}}",
         2, true},
        {"{\"error\":\"dev.historyd.history.ShuttingDown\"}", 1, true},
        {"{\"error\":\"dev.historyd.history.TooManyConnections\",\"parameters\":{\"limit\":1}}", 1,
         true},
    };

    assert_passes(&refusals[0], HD_STORAGE_FAILED, "I/O");
    assert_passes(&refusals[1], HD_SHUTTING_DOWN, "");
    assert_passes(&refusals[2], HD_TOO_MANY_CONNECTIONS, "limit 1");
}
END_TEST

START_TEST(garbage_is_a_lost_connection)
{
    const struct refusal refusal = {"HTTP/1.1 400", 2, true};

    assert_passes(&refusal, -EPROTO, "not Varlink");
}
END_TEST

/* A daemon that takes few events at once; the larger the call, the earlier it is refused. */
static void script_narrow(struct fake_server *server, void *data)
{
    const bool *close_too = data;
    struct fake_peer peer;
    struct append_call call;
    const char *text;

    if (!fake_accept(server, &peer))
        return;
    while (fake_read(&peer, &text)) {
        if (!daemon_model_read(server, text, &call))
            break;
        if (call.n_events <= 5) {
            daemon_model_take(&model, &peer, text);
            continue;
        }
        fake_send(&peer, *close_too ? "{\"error\":\"dev.historyd.history.TooLarge\",\"parameters\":"
                                      "{\"what\":\"message\",\"limit\":5}}"
                                    : "{\"error\":\"dev.historyd.history.TooLarge\",\"parameters\":"
                                      "{\"what\":\"events\",\"limit\":5}}");
        if (*close_too) {
            fake_close(&peer);
            if (!fake_accept(server, &peer))
                return;
        }
    }
    fake_close(&peer);
}

START_TEST(too_large_batches_are_halved)
{
    const struct hd_recorder_options options = {.batch_events = 100};
    struct hd_new_event event = {.type = "a",
                                 .payload = "{ \"t\" : \"},{\\\"\" , \"l\" : [{}, {}] }"};
    struct hd_recorder *recorder;
    struct fake_server server;
    bool close_too;
    int turn, i;

    for (turn = 0; turn < 2; turn++) {
        close_too = turn == 1;
        fake_server_start(&server, script_narrow, &close_too);
        recorder = model_recorder(&server, options);
        for (i = 0; i < 1000; i++)
            ck_assert_int_eq(hd_recorder_add(recorder, &event, NULL), 0);
        ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
        fake_server_join(&server);
        daemon_model_assert(&model, 1000);
        daemon_model_clear(&model);
    }
}
END_TEST

static Suite *faults_suite(void)
{
    Suite *suite = suite_create("client recorder faults");
    TCase *tcase = quiet_tcase("faults");

    tcase_add_test(tcase, connection_breaks_everywhere);
    tcase_add_test(tcase, busy_is_tried_again);
    tcase_add_test(tcase, storage_full_is_tried_again);
    tcase_add_test(tcase, failing_daemon_is_waited_for);
    tcase_add_test(tcase, garbage_is_a_lost_connection);
    tcase_add_test(tcase, too_large_batches_are_halved);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(faults_suite());
}
