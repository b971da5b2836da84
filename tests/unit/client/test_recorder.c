/*
 * The recorder: what it takes, how it sends, and that it never makes its caller wait.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon_model.h"
#include "quiet.h"

static struct daemon_model model;

/* Serves connections until one has been closed by the client. */
static void script_daemon(struct fake_server *server, void *data)
{
    struct fake_peer peer;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    daemon_model_serve(&model, &peer);
    fake_close(&peer);
}

START_TEST(events_are_numbered_and_stored)
{
    const struct hd_recorder_options options = {0};
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;
    int64_t seq, acknowledged = 0;
    int i;

    fake_server_start(&server, script_daemon, NULL);
    recorder = model_recorder(&server, options);
    for (i = 1; i <= 2000; i++) {
        ck_assert_int_eq(hd_recorder_add(recorder, &model_event, &seq), 0);
        ck_assert_int_eq(seq, i);
    }
    ck_assert_int_eq(hd_recorder_flush(recorder, -1), 0);
    hd_recorder_get_state(recorder, &state);
    ck_assert_int_eq(state.condition, HD_RECORDER_SENDING);
    ck_assert_int_eq(state.acknowledged_seq, 2000);
    ck_assert_int_eq(state.added_seq, 2000);
    ck_assert_uint_eq(state.buffered_bytes, 0);
    ck_assert_int_eq(state.error, 0);
    ck_assert_int_eq(hd_recorder_add(recorder, &model_event, NULL), 0);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, &acknowledged), 0);
    ck_assert_int_eq(acknowledged, 2001);
    fake_server_join(&server);
    daemon_model_assert(&model, 2001);
    ck_assert_uint_eq(model.n_duplicates, 0);
    ck_assert_uint_le(model.most_at_once, 500);
    daemon_model_clear(&model);
}
END_TEST

START_TEST(event_as_it_is_stored)
{
    const struct hd_recorder_options options = {.last_seq = 41};
    const struct hd_new_event event = {
        .time = "2026-01-20T14:30:52.123456Z",
        .type = "task.completed",
        .unit = "\x01\"\xe2\x80\xae",
        .has_task = true,
        .task = INT64_MIN,
        .has_pr = true,
        .pr = INT64_MAX,
        .payload = "{\"b\":9007199254740993,\"a\":1e400,\"t\":\"},{\\\"\\\\\"}",
        .error = "",
    };
    struct hd_recorder *recorder;
    struct fake_server server;

    fake_server_start(&server, script_daemon, NULL);
    recorder = model_recorder(&server, options);
    ck_assert_int_eq(hd_recorder_add(recorder, &event, NULL), 0);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    ck_assert_str_eq(model.events[42],
                     "{\"seq\":42,\"time\":\"2026-01-20T14:30:52.123456Z\",\"type\":"
                     "\"task.completed\",\"unit\":\"\\u0001\\\"\xe2\x80\xae\",\"task\":"
                     "-9223372036854775808,\"pr\":9223372036854775807,\"payload\":{\"b\":"
                     "9007199254740993,\"a\":1e400,\"t\":\"},{\\\"\\\\\"},\"error\":\"\"}");
    daemon_model_clear(&model);
}
END_TEST

START_TEST(time_is_that_of_the_call)
{
    const struct hd_recorder_options options = {0};
    struct hd_recorder *recorder;
    struct fake_server server;

    fake_server_start(&server, script_daemon, NULL);
    recorder = model_recorder(&server, options);
    ck_assert_int_eq(hd_recorder_add(recorder, &model_event, NULL), 0);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    ck_assert_ptr_nonnull(strstr(model.events[1], "\"time\":\"20"));
    daemon_model_clear(&model);
}
END_TEST

/* --- what is refused -------------------------------------------------------------------------- */

static const struct {
    struct hd_new_event event;
    const char *words;
} refused[] = {
    {{.type = "a", .has_seq = true, .seq = 1}, "seq: "},
    {{.type = NULL}, "type: "},
    {{.type = "Unit.Started"}, "type: not dotted lower-case words"},
    {{.type = ""}, "type: "},
    {{.type = "a", .time = "2026-01-20 14:30:52Z"}, "time: not an RFC 3339 time"},
    {{.type = "a", .unit = ""}, "unit: "},
    {{.type = "a", .unit = "\xff"}, "unit: "},
    {{.type = "a", .error = "\xc3"}, "error: not UTF-8"},
    {{.type = "a", .payload = "[]"}, "payload: not a JSON object"},
    {{.type = "a", .payload = "{\"a\":01}"}, "payload: not a JSON object"},
    {{.type = "a", .payload = ""}, "payload: not a JSON object"},
};

START_TEST(events_the_daemon_would_refuse)
{
    const struct hd_recorder_options options = {.buffer_bytes = 4 << 20};
    struct hd_new_event large = {.type = "a"};
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;
    char *text = calloc(1, (2 << 20) + 1);
    size_t i;

    fake_server_init(&server);
    recorder = model_recorder(&server, options);
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        ck_assert_int_eq(hd_recorder_add(recorder, &refused[i].event, NULL), -EINVAL);
        ck_assert_msg(
            strncmp(hd_recorder_add_error(), refused[i].words, strlen(refused[i].words)) == 0,
            "%s, not %s", hd_recorder_add_error(), refused[i].words);
    }
    memset(text, 'x', 2 << 20);
    large.error = text;
    ck_assert_int_eq(hd_recorder_add(recorder, &large, NULL), -EINVAL);
    ck_assert_str_eq(hd_recorder_add_error(), "error: more than 65536");

    /* Nested as deep as a payload may be, and one deeper. */
    memset(text, 0, 2 << 20);
    for (i = 0; i < 60; i++)
        memcpy(text + strlen(text), "{\"a\":", 6);
    memset(text + strlen(text) - 5, 0, 5);
    strcat(text, "{}");
    memset(text + strlen(text), '}', 59);
    large = (struct hd_new_event){.type = "a", .payload = text};
    ck_assert_int_eq(hd_recorder_add(recorder, &large, NULL), 0);
    memmove(text + 5, text, strlen(text));
    memcpy(text, "{\"a\":", 5);
    strcat(text, "}");
    ck_assert_int_eq(hd_recorder_add(recorder, &large, NULL), -EINVAL);

    hd_recorder_get_state(recorder, &state);
    ck_assert_int_eq(state.added_seq, 1);
    ck_assert_int_eq(hd_recorder_close(recorder, 0, NULL), -ETIMEDOUT);
    fake_server_clear(&server);
    free(text);
}
END_TEST

/* White space in a payload costs nothing of what a payload may hold. */
START_TEST(payload_of_white_space)
{
    const struct hd_recorder_options options = {0};
    char *text = malloc((2 << 20) + 1);
    const struct hd_new_event event = {
        .type = "a", .time = "2026-01-20T14:30:52Z", .payload = text};
    struct hd_recorder_state state;
    struct hd_recorder *recorder;
    struct fake_server server;

    memset(text, '\n', 2 << 20);
    text[0] = '{';
    text[(2 << 20) - 1] = '}';
    text[2 << 20] = '\0';
    fake_server_start(&server, script_daemon, NULL);
    recorder = model_recorder(&server, options);
    ck_assert_int_eq(hd_recorder_add(recorder, &event, NULL), 0);
    hd_recorder_get_state(recorder, &state);
    ck_assert_uint_lt(state.buffered_bytes, 200);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    ck_assert_ptr_nonnull(strstr(model.events[1], "\"payload\":{}"));
    daemon_model_clear(&model);
    free(text);
}
END_TEST

START_TEST(options_that_are_refused)
{
    static const char *const run_ids[] = {NULL, "", "a b", "\xc3\xa4"};
    struct hd_recorder_options options = {.socket_path = "/nonexistent"};
    struct hd_recorder *recorder = NULL;
    char path[200];
    size_t i;

    for (i = 0; i < 4; i++) {
        options.run_id = run_ids[i];
        ck_assert_int_eq(hd_recorder_open(&options, &recorder), -EINVAL);
    }
    options.run_id = "r1";
    options.last_seq = -1;
    ck_assert_int_eq(hd_recorder_open(&options, &recorder), -EINVAL);
    options.last_seq = INT64_MAX;
    ck_assert_int_eq(hd_recorder_open(&options, &recorder), -EINVAL);
    options.last_seq = 0;
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    options.socket_path = path;
    ck_assert_int_eq(hd_recorder_open(&options, &recorder), -EINVAL);
    ck_assert_ptr_null(recorder);
    ck_assert_int_eq(hd_recorder_close(NULL, 0, NULL), 0);
}
END_TEST

START_TEST(numbers_end)
{
    const struct hd_recorder_options options = {.last_seq = INT64_MAX - 1};
    struct hd_recorder *recorder;
    struct fake_server server;
    int64_t seq;

    fake_server_init(&server);
    recorder = model_recorder(&server, options);
    ck_assert_int_eq(hd_recorder_add(recorder, &model_event, &seq), 0);
    ck_assert_int_eq(seq, INT64_MAX);
    ck_assert_int_eq(hd_recorder_add(recorder, &model_event, &seq), -EINVAL);
    ck_assert_str_eq(hd_recorder_add_error(), "seq: no number is left");
    ck_assert_int_eq(hd_recorder_close(recorder, 0, NULL), -ETIMEDOUT);
    fake_server_clear(&server);
}
END_TEST

/* --- a full buffer ---------------------------------------------------------------------------- */

START_TEST(full_buffer_changes_nothing)
{
    const struct hd_recorder_options options = {.buffer_bytes = 1000};
    struct hd_new_event large = model_event;
    struct hd_recorder_state before, after;
    struct hd_recorder *recorder;
    struct fake_server server;
    char text[1100];
    int64_t seq = 0;
    int r;

    fake_server_init(&server);
    recorder = model_recorder(&server, options); /* before there is a daemon */
    while ((r = hd_recorder_add(recorder, &model_event, &seq)) == 0)
        ;
    ck_assert_int_eq(r, -ENOBUFS);
    hd_recorder_get_state(recorder, &before);
    ck_assert_int_eq(before.added_seq, seq);
    ck_assert_uint_le(before.buffered_bytes, 1000);
    ck_assert_int_eq(hd_recorder_add(recorder, &model_event, &seq), -ENOBUFS);
    hd_recorder_get_state(recorder, &after);
    ck_assert_int_eq(after.added_seq, before.added_seq);
    ck_assert_uint_eq(after.buffered_bytes, before.buffered_bytes);
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    large.error = text;
    ck_assert_int_eq(hd_recorder_add(recorder, &large, NULL), -EINVAL); /* will never fit */

    fake_server_run(&server, script_daemon, NULL);
    ck_assert_int_eq(hd_recorder_flush(recorder, -1), 0);
    ck_assert_int_eq(hd_recorder_add(recorder, &model_event, &seq), 0);
    ck_assert_int_eq(seq, before.added_seq + 1);
    ck_assert_int_eq(hd_recorder_close(recorder, 20000, NULL), 0);
    fake_server_join(&server);
    daemon_model_assert(&model, seq);
    daemon_model_clear(&model);
}
END_TEST

static Suite *recorder_suite(void)
{
    Suite *suite = suite_create("client recorder");
    TCase *tcase = quiet_tcase("recorder");

    tcase_add_test(tcase, events_are_numbered_and_stored);
    tcase_add_test(tcase, event_as_it_is_stored);
    tcase_add_test(tcase, time_is_that_of_the_call);
    tcase_add_test(tcase, events_the_daemon_would_refuse);
    tcase_add_test(tcase, payload_of_white_space);
    tcase_add_test(tcase, options_that_are_refused);
    tcase_add_test(tcase, numbers_end);
    tcase_add_test(tcase, full_buffer_changes_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(recorder_suite());
}
