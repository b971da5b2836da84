/*
 * Streams, calls as text, calls without an answer, and messages of any size.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_server.h"
#include "quiet.h"

#define WATCH "{\"parameters\":{\"last_id\":%d},\"continues\":true}"

/* What a callback saw, and when it shall end the stream. */
struct seen {
    int answers, status;
    int64_t last_id;
    int stop_at; /* answers; 0: never */
    char parameters[128];
};

static int see(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    const struct hd_watch_result *result = reply->result;
    struct seen *seen = userdata;

    ck_assert_ptr_nonnull(client);
    seen->answers++;
    seen->status = reply->status;
    if (result)
        seen->last_id = result->last_id;
    snprintf(seen->parameters, sizeof(seen->parameters), "%s",
             reply->parameters ? reply->parameters : "none");
    ck_assert_int_eq(reply->error != NULL, reply->status != 0);
    return seen->answers == seen->stop_at;
}

static void script_stream(struct fake_server *server, void *data)
{
    struct fake_peer peer;
    char text[64];
    int i;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    fake_expect(&peer, "{\"method\":\"dev.historyd.history.Watch\",\"more\":true,"
                       "\"parameters\":{\"after_id\":7}}");
    for (i = 1; i <= 5; i++) {
        snprintf(text, sizeof(text), WATCH, i);
        fake_send(&peer, text);
    }
    fake_expect_end(&peer);
    fake_close(&peer);
    if (!fake_accept(server, &peer))
        return;
    fake_expect(&peer, NULL);
    fake_send(&peer, "{}");
    fake_expect_end(&peer);
    fake_close(&peer);
}

START_TEST(callback_ends_a_stream)
{
    const struct hd_watch_params params = {.has_after_id = true, .after_id = 7};
    struct seen seen = {.stop_at = 3};
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, script_stream, NULL);
    client = fake_client(&server);
    hd_client_set_timeout(client, 0);
    ck_assert_int_eq(hd_watch(client, &params, see, &seen), 0);
    ck_assert_int_eq(seen.answers, 3);
    ck_assert_int_eq(seen.last_id, 3);
    ck_assert_int_eq(hd_client_get_fd(client), -1);
    ck_assert_int_eq(hd_ping(client), 0); /* on a new connection */
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

START_TEST(daemon_ends_a_stream)
{
    const struct exchange exchanges[] = {
        {.answer = "{\"parameters\":{\"last_id\":1},\"continues\":true}\0"
                   "{\"parameters\":{\"last_id\":2}}",
         .size = sizeof("{\"parameters\":{\"last_id\":1},\"continues\":true}") +
                 sizeof("{\"parameters\":{\"last_id\":2}}")},
        {.answer = "{\"error\":\"dev.historyd.history.HistoryTruncated\",\"parameters\":"
                   "{\"oldest_id\":9},\"continues\":true}"},
        {.answer = "{\"parameters\":{\"last_id\":3},\"continues\":true}", .close = true},
        {0},
    };
    struct seen seen = {0};
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    ck_assert_int_eq(hd_watch(client, NULL, see, &seen), 0);
    ck_assert_int_eq(seen.answers, 2);
    ck_assert_int_eq(hd_watch(client, NULL, see, &seen), HD_HISTORY_TRUNCATED);
    ck_assert_int_eq(seen.answers, 3);
    ck_assert_str_eq(seen.parameters, "{\"oldest_id\":9}");
    ck_assert_int_eq(hd_watch(client, NULL, see, &seen), -ECONNRESET);
    ck_assert_int_eq(seen.answers, 5);
    ck_assert_int_eq(seen.status, -ECONNRESET);
    ck_assert_str_eq(seen.parameters, "none");
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

static void script_silent_stream(struct fake_server *server, void *data)
{
    struct fake_peer peer;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    fake_expect(&peer, NULL);
    fake_send(&peer, "{\"parameters\":{\"last_id\":1},\"continues\":true}");
    fake_expect(&peer, NULL); /* a call behind the stream */
    fake_send(&peer, "{\"parameters\":{\"last_id\":2}}");
    fake_send(&peer, "{}");
    fake_expect_end(&peer);
    fake_close(&peer);
}

/* Only the first answer has a time-out; then a stream may be silent. */
START_TEST(silent_stream_is_not_late)
{
    struct seen seen = {0};
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, script_silent_stream, NULL);
    client = fake_client(&server);
    hd_client_set_timeout(client, 1000);
    ck_assert_int_eq(hd_watch_start(client, NULL, HD_CALL_MORE, see, &seen), 0);
    while (seen.answers == 0) {
        hd_client_wait(client, -1);
        hd_client_process(client);
    }
    ck_assert_int_eq(hd_client_get_timeout(client), -1);
    ck_assert_int_eq(hd_ping(client), 0);
    ck_assert_int_eq(seen.answers, 2);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

/* --- text ------------------------------------------------------------------------------------- */

START_TEST(calls_as_text)
{
    const struct exchange exchanges[] = {
        {.call = "{\"method\":\"com.example.Do\",\"parameters\":{\"x\": 1}}",
         .answer = "{\"parameters\": {\"b\" : 9007199254740993, \"a\": [ 1e400 ] } }"},
        {.call = "{\"method\":\"dev.historyd.history.Watch\",\"more\":true,\"parameters\":{}}",
         .answer = "{\"parameters\":{\"last_id\":4}}"},
        {.call = "{\"method\":\"x.Y\",\"parameters\":{}}", .answer = "{\"error\":\"x.Z\"}"},
        {.call = "{\"method\":\"dev.historyd.history.GetRun\",\"parameters\":{}}",
         .answer = "{\"parameters\":{\"newer\":true}}"},
        {0},
    };
    struct seen seen = {0};
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    ck_assert_int_eq(hd_client_call(client, "com.example.Do", "{\"x\": 1}", 0, see, &seen), 0);
    ck_assert_str_eq(seen.parameters, "{\"b\":9007199254740993,\"a\":[1e400]}");
    ck_assert_int_eq(
        hd_client_call(client, "dev.historyd.history.Watch", NULL, HD_CALL_MORE, see, &seen), 0);
    ck_assert_int_eq(seen.last_id, 4);
    ck_assert_int_eq(hd_client_call(client, "x.Y", NULL, 0, see, &seen), HD_UNKNOWN_ERROR);
    ck_assert_str_eq(seen.parameters, "{}");
    /* What is not as the interface says is shown all the same. */
    ck_assert_int_eq(hd_client_call(client, "dev.historyd.history.GetRun", NULL, 0, see, &seen),
                     -EPROTO);
    ck_assert_str_eq(seen.parameters, "{\"newer\":true}");
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

START_TEST(parameters_that_are_no_object)
{
    static const char *const wrong[] = {
        "", "[]", "{", "{}x", "null", "{\"a\":01}", "{\"a\":1,\"a\":2}"};
    const struct hd_node nodes[] = {{.id = "a"}, {.id = "b", .attributes = "{]"}};
    const struct hd_graph graph = {.nodes = nodes, .n_nodes = 2};
    const struct hd_create_run_params params = {.repo_path = "/src", .graph = &graph};
    struct hd_client *client;
    size_t i;

    /* Nothing is sent, so nobody needs to listen. */
    ck_assert_int_eq(hd_client_new("/nonexistent/socket", &client), 0);
    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ck_assert_int_eq(hd_client_call(client, "x.Y", wrong[i], 0, NULL, NULL), -EINVAL);
    ck_assert_int_eq(hd_create_run(client, &params, NULL), -EINVAL);
    ck_assert_ptr_nonnull(strstr(hd_client_error(client)->message, "graph.nodes[1].attributes"));
    ck_assert_int_eq(hd_client_call(client, "x.Y", NULL, HD_CALL_MORE | HD_CALL_ONEWAY, NULL, NULL),
                     -EINVAL);
    ck_assert_int_eq(hd_client_call(client, "x.Y", NULL, 64, NULL, NULL), -EINVAL);
    hd_client_free(client);
}
END_TEST

START_TEST(call_without_an_answer)
{
    const struct exchange exchanges[] = {
        {.call = "{\"method\":\"x.Y\",\"oneway\":true,\"parameters\":{}}"},
        {.call = "{\"method\":\"dev.historyd.history.Ping\",\"parameters\":{}}", .answer = "{}"},
        {0},
    };
    struct seen seen = {0};
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    ck_assert_int_eq(hd_client_call(client, "x.Y", NULL, HD_CALL_ONEWAY, see, &seen), 0);
    ck_assert_uint_eq(hd_client_pending(client), 0);
    ck_assert_int_eq(hd_ping(client), 0);
    ck_assert_int_eq(seen.answers, 0);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

/* --- size ------------------------------------------------------------------------------------- */

enum { HUGE_PAYLOAD = 24 * 1024 * 1024 };

static void script_huge(struct fake_server *server, void *data)
{
    static const char head[] = "{\"parameters\":{\"description\":\"", tail[] = "\"}}";
    char *text = malloc(sizeof(head) + HUGE_PAYLOAD + sizeof(tail));
    struct fake_peer peer;

    (void)data;
    memcpy(text, head, sizeof(head) - 1);
    memset(text + sizeof(head) - 1, 'x', HUGE_PAYLOAD);
    memcpy(text + sizeof(head) - 1 + HUGE_PAYLOAD, tail, sizeof(tail));
    if (fake_accept(server, &peer)) {
        fake_expect(&peer, NULL);
        fake_send_unread(&peer, text, sizeof(head) - 1 + HUGE_PAYLOAD + sizeof(tail));
        fake_expect(&peer, NULL);
        fake_send_unread(&peer, text, HUGE_PAYLOAD);
        fake_expect_end(&peer);
        fake_close(&peer);
    }
    free(text);
}

START_TEST(huge_answer)
{
    const struct hd_get_interface_description_params params = {.interface = "x"};
    const struct hd_get_interface_description_result *result;
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, script_huge, NULL);
    client = fake_client(&server);
    ck_assert_int_eq(hd_get_interface_description(client, &params, &result), 0);
    ck_assert_uint_eq(strlen(result->description), HUGE_PAYLOAD);
    hd_result_free(result);
    hd_client_set_answer_limit(client, HUGE_PAYLOAD / 2);
    ck_assert_int_eq(hd_get_interface_description(client, &params, &result), -EMSGSIZE);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

/* The daemon refuses a message before it has come whole, and closes: the words still arrive. */
static void script_too_large(struct fake_server *server, void *data)
{
    struct fake_peer peer;
    char some[4096];

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    if (read(peer.fd, some, sizeof(some)) <= 0)
        fake_problem(server, "nothing came");
    fake_send(&peer, "{\"error\":\"dev.historyd.history.TooLarge\",\"parameters\":"
                     "{\"what\":\"message\",\"limit\":16777216}}");
    fake_close(&peer);
}

START_TEST(refused_while_sending)
{
    char *text = malloc(HUGE_PAYLOAD + 16);
    struct fake_server server;
    struct hd_client *client;

    memset(text, ' ', HUGE_PAYLOAD);
    strcpy(text + HUGE_PAYLOAD, "{}");
    fake_server_start(&server, script_too_large, NULL);
    client = fake_client(&server);
    ck_assert_int_eq(hd_client_call(client, "x.Y", text, 0, NULL, NULL), HD_TOO_LARGE);
    ck_assert_str_eq(hd_client_error(client)->parameters,
                     "{\"what\":\"message\",\"limit\":16777216}");
    hd_client_free(client);
    fake_server_join(&server);
    free(text);
}
END_TEST

static Suite *streams_suite(void)
{
    Suite *suite = suite_create("client streams");
    TCase *tcase = quiet_tcase("streams");

    tcase_add_test(tcase, callback_ends_a_stream);
    tcase_add_test(tcase, daemon_ends_a_stream);
    tcase_add_test(tcase, silent_stream_is_not_late);
    tcase_add_test(tcase, calls_as_text);
    tcase_add_test(tcase, parameters_that_are_no_object);
    tcase_add_test(tcase, call_without_an_answer);
    tcase_add_test(tcase, huge_answer);
    tcase_add_test(tcase, refused_while_sending);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(streams_suite());
}
