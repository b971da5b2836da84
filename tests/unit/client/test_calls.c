/*
 * Blocking calls: what is sent, what comes back, and every way in which it may not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <historyd/historyd.h>

#include "fake_server.h"
#include "quiet.h"

static const struct hd_get_run_params run_params = {.run_id = "r1"};

static void assert_run(struct hd_client *client)
{
    const struct hd_get_run_result *result;

    ck_assert_int_eq(hd_get_run(client, &run_params, &result), 0);
    ck_assert_str_eq(result->run.id, "r1");
    ck_assert_int_eq(result->run.last_seq, 9007199254740993);
    ck_assert_ptr_null(result->run.error);
    hd_result_free(result);
}

/* --- answers in pieces ------------------------------------------------------------------------ */

static void script_split(struct fake_server *server, void *data)
{
    static const char answer[] = FAKE_RUN_ANSWER;
    struct fake_peer peer;
    size_t i;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    for (i = 0; i <= sizeof(FAKE_RUN_ANSWER); i++) {
        fake_expect(&peer, NULL);
        fake_send_bytes(&peer, answer, i);
        fake_send_bytes(&peer, &answer[i], sizeof(FAKE_RUN_ANSWER) - i);
    }
    fake_expect(&peer, NULL);
    for (i = 0; i < sizeof(FAKE_RUN_ANSWER); i++)
        fake_send_bytes(&peer, &answer[i], 1);
    fake_expect_end(&peer);
    fake_close(&peer);
}

START_TEST(answer_split_at_every_byte)
{
    struct fake_server server;
    struct hd_client *client;
    size_t i;

    fake_server_start(&server, script_split, NULL);
    client = fake_client(&server);
    for (i = 0; i <= sizeof(FAKE_RUN_ANSWER) + 1; i++)
        assert_run(client);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

/* --- one exchange ----------------------------------------------------------------------------- */

START_TEST(call_as_it_is_sent)
{
    const struct exchange exchanges[] = {
        {.call = "{\"method\":\"dev.historyd.history.GetRun\",\"parameters\":{\"run_id\":\"r1\"}}",
         .answer = FAKE_RUN_ANSWER},
        {.call = "{\"method\":\"dev.historyd.history.AppendEvents\",\"parameters\":{\"run_id\":"
                 "\"r1\",\"events\":[{\"seq\":9223372036854775807,\"type\":\"a.b\",\"unit\":"
                 "\"\\\"x\\n\",\"task\":-9223372036854775808,\"payload\":{\"n\":"
                 "9007199254740993,\"f\":1e400}}]}}",
         .answer = "{\"parameters\":{\"first_seq\":9223372036854775807,\"last_seq\":"
                   "9223372036854775807,\"inserted\":1,\"duplicates\":0}}"},
        {0},
    };
    const struct hd_new_event event = {
        .has_seq = true,
        .seq = INT64_MAX,
        .type = "a.b",
        .unit = "\"x\n",
        .has_task = true,
        .task = INT64_MIN,
        .payload = "{\"n\":9007199254740993,\"f\":1e400}",
    };
    const struct hd_append_events_params params = {.run_id = "r1", .events = &event, .n_events = 1};
    const struct hd_append_events_result *result;
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    assert_run(client);
    ck_assert_int_eq(hd_append_events(client, &params, &result), 0);
    ck_assert_int_eq(result->first_seq, INT64_MAX);
    ck_assert_int_eq(result->inserted, 1);
    ck_assert_ptr_null(hd_client_error(client));
    hd_client_free(client);
    ck_assert_int_eq(result->duplicates, 0); /* a result outlives its client */
    hd_result_free(result);
    hd_result_free(NULL);
    fake_server_join(&server);
}
END_TEST

START_TEST(unknown_fields_are_ignored)
{
    const struct exchange exchanges[] = {
        {.answer =
             "{\"parameters\":{\"newer\":[{}],\"run\":" FAKE_RUN ",\"x\":null},\"upgraded\":1}"},
        {.answer = "{\"parameters\":{\"run\":" FAKE_RUN "}}"},
        {0},
    };
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    assert_run(client);
    assert_run(client);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

START_TEST(answer_that_lacks_a_field)
{
    const struct exchange exchanges[] = {
        {.answer = "{\"parameters\":{\"run\":{\"id\":\"r1\"}}}"},
        {.answer = "{}"},
        {.answer = FAKE_RUN_ANSWER}, /* on the same connection: nothing is out of step */
        {0},
    };
    const struct hd_get_run_result *result = NULL;
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    ck_assert_int_eq(hd_get_run(client, &run_params, &result), -EPROTO);
    ck_assert_ptr_nonnull(strstr(hd_client_error(client)->message, "GetRun"));
    ck_assert_int_eq(hd_get_run(client, &run_params, &result), -EPROTO);
    ck_assert_ptr_null(result);
    assert_run(client);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

/* --- errors the daemon answers ---------------------------------------------------------------- */

static const struct {
    const char *answer;
    int status;
    const char *name, *words, *parameters;
} errors[] = {
    {"{\"error\":\"dev.historyd.history.RunNotFound\",\"parameters\":{\"run_id\":\"r1\"}}",
     HD_RUN_NOT_FOUND, "RunNotFound", "run_id \"r1\"", "{\"run_id\":\"r1\"}"},
    {"{\"error\":\"dev.historyd.history.SequenceConflict\",\"parameters\":{ \"run_id\": \"r\\n\","
     " \"seq\": 9223372036854775807 } }",
     HD_SEQUENCE_CONFLICT, "SequenceConflict", "seq 9223372036854775807",
     "{\"run_id\":\"r\\n\",\"seq\":9223372036854775807}"},
    {"{\"error\":\"dev.historyd.history.StorageFull\"}", HD_STORAGE_FULL, "StorageFull", "", "{}"},
    {"{\"error\":\"org.varlink.service.InvalidParameter\",\"parameters\":"
     "{\"parameter\":\"events[17].seq\"}}",
     HD_INVALID_PARAMETER, "InvalidParameter", "\"events[17].seq\"",
     "{\"parameter\":\"events[17].seq\"}"},
    {"{\"error\":\"org.varlink.service.PermissionDenied\",\"parameters\":{}}", HD_PERMISSION_DENIED,
     "PermissionDenied", "dev.historyd.history.GetRun needs the role read", "{}"},
    {"{\"error\":\"com.example.Newer\",\"parameters\":{\"n\":[1,{\"x\":1e400}]}}", HD_UNKNOWN_ERROR,
     "UnknownError", "com.example.Newer", "{\"n\":[1,{\"x\":1e400}]}"},
};
enum { N_ERRORS = sizeof(errors) / sizeof(errors[0]) };

static void script_errors(struct fake_server *server, void *data)
{
    struct fake_peer peer;
    size_t i;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    for (i = 0; i < N_ERRORS; i++) {
        fake_expect(&peer, NULL);
        fake_send(&peer, errors[i].answer);
    }
    fake_expect_end(&peer);
    fake_close(&peer);
}

START_TEST(errors_are_told)
{
    const struct hd_get_run_result *result = NULL;
    const struct hd_error *error;
    struct fake_server server;
    struct hd_client *client;
    size_t i;

    fake_server_start(&server, script_errors, NULL);
    client = fake_client(&server);
    for (i = 0; i < N_ERRORS; i++) {
        ck_assert_int_eq(hd_get_run(client, &run_params, &result), errors[i].status);
        error = hd_client_error(client);
        ck_assert_int_eq(error->status, errors[i].status);
        ck_assert_str_eq(hd_status_name(error->status), errors[i].name);
        ck_assert_str_eq(error->parameters, errors[i].parameters);
        ck_assert_msg(strstr(error->message, errors[i].words) && !strchr(error->message, '\n'),
                      "%s", error->message);
        ck_assert_ptr_nonnull(strstr(errors[i].answer, error->name));
    }
    ck_assert_ptr_null(result);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

START_TEST(statuses_have_names)
{
    ck_assert_str_eq(hd_status_name(0), "OK");
    ck_assert_str_eq(hd_status_name(-ECONNREFUSED), "ECONNREFUSED");
    ck_assert_str_eq(hd_status_name(HD_BUSY), "Busy");
    ck_assert_str_eq(hd_status_name(-99999), "unknown");
    ck_assert_str_eq(hd_status_name(99999), "unknown");
    ck_assert_uint_gt(strlen(hd_version()), 4);
}
END_TEST

/* --- what is no answer ------------------------------------------------------------------------ */

static const struct {
    const char *bytes;
    size_t size;
} garbage[] = {
    {"HTTP/1.1 400 Bad Request", 25},
    {"", 1},
    {"[]", 3},
    {"{\"parameters\":{}}x", 19},
    {"{\"parameters\":{\"a\":01}}", 24},
    {"{\"parameters\":[]}", 18},
    {"{\"error\":7}", 12},
    {"{\"parameters\":{\"a\":\"\xff\"}}", 25},
    {"{\"parameters\":{},\"continues\":true}", 35},
};
enum { N_GARBAGE = sizeof(garbage) / sizeof(garbage[0]) };

static void script_garbage(struct fake_server *server, void *data)
{
    struct fake_peer peer;
    size_t i;

    (void)data;
    for (i = 0; i < N_GARBAGE; i++) {
        if (!fake_accept(server, &peer))
            return;
        fake_expect(&peer, NULL);
        fake_send_unread(&peer, garbage[i].bytes, garbage[i].size);
        fake_expect_end(&peer); /* the client does not stay with such a server */
        fake_close(&peer);
    }
}

START_TEST(garbage_is_no_answer)
{
    struct fake_server server;
    struct hd_client *client;
    size_t i;

    fake_server_start(&server, script_garbage, NULL);
    client = fake_client(&server);
    for (i = 0; i < N_GARBAGE; i++) {
        ck_assert_int_eq(hd_ping(client), -EPROTO);
        ck_assert_ptr_nonnull(strstr(hd_client_error(client)->message, server.path));
    }
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

static void script_cut(struct fake_server *server, void *data)
{
    struct fake_peer peer;
    size_t i;

    (void)data;
    for (i = 0; i < sizeof(FAKE_RUN_ANSWER); i++) {
        if (!fake_accept(server, &peer))
            return;
        fake_expect(&peer, NULL);
        fake_send_unread(&peer, FAKE_RUN_ANSWER, i);
        fake_close(&peer);
    }
}

START_TEST(answer_cut_at_every_byte)
{
    struct fake_server server;
    struct hd_client *client;
    size_t i;

    fake_server_start(&server, script_cut, NULL);
    client = fake_client(&server);
    for (i = 0; i < sizeof(FAKE_RUN_ANSWER); i++)
        ck_assert_int_eq(hd_get_run(client, &run_params, NULL), -ECONNRESET);
    ck_assert_ptr_nonnull(strstr(hd_client_error(client)->message, "closed"));
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

static void script_silent(struct fake_server *server, void *data)
{
    struct fake_peer peer;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    fake_expect(&peer, NULL);
    fake_expect_end(&peer);
    fake_close(&peer);
    if (!fake_accept(server, &peer))
        return;
    fake_expect(&peer, NULL);
    fake_send(&peer, FAKE_RUN_ANSWER);
    fake_expect_end(&peer);
    fake_close(&peer);
}

START_TEST(timeout_closes_the_connection)
{
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, script_silent, NULL);
    client = fake_client(&server);
    hd_client_set_timeout(client, 5);
    ck_assert_int_eq(hd_ping(client), -ETIMEDOUT);
    ck_assert_ptr_nonnull(strstr(hd_client_error(client)->message, "in 5 ms"));
    ck_assert_int_eq(hd_client_get_fd(client), -1);
    hd_client_set_timeout(client, 0);
    assert_run(client);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

static Suite *calls_suite(void)
{
    Suite *suite = suite_create("client calls");
    TCase *tcase = quiet_tcase("answers");

    tcase_add_test(tcase, answer_split_at_every_byte);
    tcase_add_test(tcase, call_as_it_is_sent);
    tcase_add_test(tcase, unknown_fields_are_ignored);
    tcase_add_test(tcase, answer_that_lacks_a_field);
    tcase_add_test(tcase, errors_are_told);
    tcase_add_test(tcase, statuses_have_names);
    tcase_add_test(tcase, garbage_is_no_answer);
    tcase_add_test(tcase, answer_cut_at_every_byte);
    tcase_add_test(tcase, timeout_closes_the_connection);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(calls_suite());
}
