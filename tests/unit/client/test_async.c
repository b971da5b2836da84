/*
 * The asynchronous core, step by step in one thread: the test is the event loop and the server.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake_server.h"
#include "quiet.h"

enum { MOST = 64 };

/* What was called back, in order. */
struct told {
    int n;
    long tags[MOST];
    int statuses[MOST];
    bool continues[MOST];
};

static struct told told;

/* The tag of a call is its userdata. */
static int tell(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    ck_assert_ptr_nonnull(client);
    ck_assert_int_lt(told.n, MOST);
    told.tags[told.n] = (long)userdata;
    told.statuses[told.n] = reply->status;
    told.continues[told.n++] = reply->continues;
    return 0;
}

static int tell_and_stop(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    tell(client, reply, userdata);
    return 1;
}

static void *tag(long number)
{
    return (void *)number;
}

struct scene {
    struct fake_server server;
    struct fake_peer peer;
    struct hd_client *client;
};

static void scene_begin(struct scene *scene)
{
    told = (struct told){0};
    *scene = (struct scene){.peer = {.fd = -1}};
    fake_server_init(&scene->server);
    fake_server_listen(&scene->server, 8);
    scene->client = fake_client(&scene->server);
}

static void scene_end(struct scene *scene)
{
    hd_client_free(scene->client);
    fake_close(&scene->peer);
    fake_server_clear(&scene->server);
    ck_assert_str_eq(scene->server.problem, "");
}

/* Starts a Ping with a tag and lets it go out. */
static void start(struct scene *scene, long number)
{
    ck_assert_int_eq(hd_ping_start(scene->client, 0, tell, tag(number)), 0);
}

static void assert_told(int at, long number, int status)
{
    ck_assert_int_gt(told.n, at);
    ck_assert_int_eq(told.tags[at], number);
    ck_assert_int_eq(told.statuses[at], status);
}

START_TEST(answers_keep_the_order_of_calls)
{
    struct scene scene;
    long i;

    scene_begin(&scene);
    ck_assert_int_eq(hd_client_get_fd(scene.client), -1);
    for (i = 0; i < 20; i++)
        start(&scene, i);
    ck_assert_uint_eq(hd_client_pending(scene.client), 20);
    ck_assert_int_eq(hd_client_get_events(scene.client), POLLIN | POLLOUT);
    ck_assert_int_eq(hd_client_process(scene.client), 0);
    ck_assert_int_eq(hd_client_get_events(scene.client), POLLIN);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    for (i = 0; i < 20; i++) {
        ck_assert(fake_expect(&scene.peer, NULL));
        fake_send(&scene.peer, i % 2 ? "{\"error\":\"dev.historyd.history.StorageFull\"}" : "{}");
    }
    ck_assert_int_eq(hd_client_wait(scene.client, -1), 1);
    ck_assert_int_eq(hd_client_process(scene.client), 20);
    for (i = 0; i < 20; i++)
        assert_told((int)i, i, i % 2 ? HD_STORAGE_FULL : 0);
    ck_assert_uint_eq(hd_client_pending(scene.client), 0);
    ck_assert_int_eq(hd_client_wait(scene.client, 0), 0);
    scene_end(&scene);
}
END_TEST

/* --- failures reach the right calls ------------------------------------------------------------
 */

START_TEST(error_before_the_close)
{
    struct scene scene;

    scene_begin(&scene);
    start(&scene, 1);
    start(&scene, 2);
    start(&scene, 3);
    hd_client_process(scene.client);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    fake_send(&scene.peer, "{}");
    fake_send(&scene.peer, "{\"error\":\"dev.historyd.history.MalformedMessage\",\"parameters\":"
                           "{\"reason\":\"x\",\"offset\":0}}");
    fake_close(&scene.peer); /* with calls unread: the client may see a reset for it */
    while (told.n < 3)
        hd_client_process(scene.client);
    assert_told(0, 1, 0);
    assert_told(1, 2, HD_MALFORMED_MESSAGE);
    assert_told(2, 3, -ECONNRESET);
    ck_assert_int_eq(hd_client_get_fd(scene.client), -1);
    scene_end(&scene);
}
END_TEST

/* What was said before the close is read even when sending fails first. */
START_TEST(error_while_more_is_sent)
{
    char *text = calloc(1, 4 << 20);
    struct scene scene;

    scene_begin(&scene);
    memset(text, ' ', (4 << 20) - 1);
    memcpy(text, "{}", 2);
    start(&scene, 1);
    hd_client_process(scene.client);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    fake_send(&scene.peer, "{\"error\":\"dev.historyd.history.TooManyConnections\",\"parameters\":"
                           "{\"limit\":1}}");
    fake_close(&scene.peer);
    ck_assert_int_eq(hd_client_start(scene.client, "x.Y", text, 0, tell, tag(2)), 0);
    while (told.n < 2)
        hd_client_process(scene.client);
    assert_told(0, 1, HD_TOO_MANY_CONNECTIONS);
    assert_told(1, 2, -ECONNRESET);
    scene_end(&scene);
    free(text);
}
END_TEST

START_TEST(one_late_call_costs_the_connection)
{
    struct scene scene;

    scene_begin(&scene);
    start(&scene, 1); /* 30 s */
    hd_client_set_timeout(scene.client, 1);
    start(&scene, 2);
    ck_assert_int_ge(hd_client_get_timeout(scene.client), 0);
    ck_assert_int_le(hd_client_get_timeout(scene.client), 1);
    hd_client_process(scene.client);
    while (told.n == 0) {
        hd_client_wait(scene.client, -1);
        hd_client_process(scene.client);
    }
    assert_told(0, 2, -ETIMEDOUT);
    assert_told(1, 1, -ECONNRESET);
    scene_end(&scene);
}
END_TEST

START_TEST(freeing_cancels)
{
    struct scene scene;

    scene_begin(&scene);
    start(&scene, 1);
    hd_client_process(scene.client);
    start(&scene, 2);
    scene_end(&scene);
    assert_told(0, 1, -ECANCELED);
    assert_told(1, 2, -ECANCELED);
    ck_assert_int_eq(told.n, 2);
}
END_TEST

/* --- callbacks that call ---------------------------------------------------------------------- */

static int start_another(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    tell(client, reply, userdata);
    ck_assert_int_eq(hd_ping_start(client, 0, tell, tag((long)userdata + 100)),
                     reply->status == -ECANCELED ? -ECANCELED : 0);
    ck_assert_int_eq(hd_client_process(client), 0);
    if (reply->status != -ECANCELED)
        ck_assert_int_eq(hd_ping(client), -EBUSY); /* it would wait for itself */
    return 0;
}

START_TEST(callback_starts_a_call)
{
    struct scene scene;

    scene_begin(&scene);
    ck_assert_int_eq(hd_ping_start(scene.client, 0, start_another, tag(1)), 0);
    hd_client_process(scene.client);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    ck_assert(fake_expect(&scene.peer, NULL));
    fake_send(&scene.peer, "{}");
    ck_assert_int_eq(hd_client_process(scene.client), 1);
    ck_assert(fake_expect(&scene.peer, NULL)); /* it went out with the same turn */
    fake_send(&scene.peer, "{}");
    ck_assert_int_eq(hd_client_process(scene.client), 1);
    assert_told(1, 101, 0);

    /* A call that is lost may be made again at once, on a new connection. */
    ck_assert_int_eq(hd_ping_start(scene.client, 0, start_another, tag(2)), 0);
    hd_client_process(scene.client);
    fake_close(&scene.peer);
    ck_assert_int_eq(hd_client_process(scene.client), 1);
    assert_told(2, 2, -ECONNRESET);
    hd_client_process(scene.client);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    ck_assert(fake_expect(&scene.peer, NULL));
    fake_send(&scene.peer, "{}");
    ck_assert_int_eq(hd_client_process(scene.client), 1);
    assert_told(3, 102, 0);

    /* None is made while the client is freed. */
    ck_assert_int_eq(hd_ping_start(scene.client, 0, start_another, tag(3)), 0);
    scene_end(&scene);
    assert_told(4, 3, -ECANCELED);
    ck_assert_int_eq(told.n, 5);
}
END_TEST

static int start_and_stop(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    tell(client, reply, userdata);
    ck_assert_int_eq(hd_ping_start(client, 0, tell, tag(3)), 0);
    return 1;
}

/* Ending a stream closes the connection: what was sent behind it is lost, what was not goes out
 * again. */
START_TEST(ending_a_stream_with_calls_behind)
{
    struct scene scene;

    scene_begin(&scene);
    ck_assert_int_eq(hd_watch_start(scene.client, NULL, HD_CALL_MORE, start_and_stop, tag(1)), 0);
    start(&scene, 2);
    hd_client_process(scene.client);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    ck_assert(fake_expect(&scene.peer, NULL));
    fake_send(&scene.peer, "{\"parameters\":{\"last_id\":1},\"continues\":true}");
    fake_send(&scene.peer, "{\"parameters\":{\"last_id\":2},\"continues\":true}");
    ck_assert_int_eq(hd_client_process(scene.client), 2);
    assert_told(0, 1, 0);
    ck_assert(told.continues[0]);
    assert_told(1, 2, -ECANCELED);
    ck_assert_uint_eq(hd_client_pending(scene.client), 1);
    fake_close(&scene.peer);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    hd_client_process(scene.client);
    ck_assert(
        fake_expect(&scene.peer, "{\"method\":\"dev.historyd.history.Ping\",\"parameters\":{}}"));
    fake_send(&scene.peer, "{}");
    ck_assert_int_eq(hd_client_process(scene.client), 1);
    assert_told(2, 3, 0);
    scene_end(&scene);
}
END_TEST

START_TEST(ending_a_stream_of_a_dead_daemon)
{
    struct scene scene;

    scene_begin(&scene);
    ck_assert_int_eq(hd_watch_start(scene.client, NULL, HD_CALL_MORE, start_and_stop, tag(1)), 0);
    hd_client_process(scene.client);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    fake_send(&scene.peer, "{\"parameters\":{\"last_id\":1},\"continues\":true}");
    fake_server_unlisten(&scene.server);
    ck_assert_int_eq(hd_client_process(scene.client), 2);
    assert_told(1, 3, -ENOENT);
    scene_end(&scene);
}
END_TEST

/* The value of the last answer means nothing: there is no stream left to end. */
START_TEST(stopping_at_the_last_answer)
{
    struct scene scene;

    scene_begin(&scene);
    ck_assert_int_eq(hd_ping_start(scene.client, 0, tell_and_stop, tag(1)), 0);
    start(&scene, 2);
    hd_client_process(scene.client);
    ck_assert(fake_accept(&scene.server, &scene.peer));
    fake_send(&scene.peer, "{}");
    fake_send(&scene.peer, "{}");
    ck_assert_int_eq(hd_client_process(scene.client), 2);
    assert_told(1, 2, 0);
    scene_end(&scene);
}
END_TEST

START_TEST(oneway_calls_in_between)
{
    struct scene scene;

    scene_begin(&scene);
    ck_assert_int_eq(hd_ping_start(scene.client, HD_CALL_ONEWAY, tell, tag(1)), 0);
    start(&scene, 2);
    hd_client_set_timeout(scene.client, 1);
    ck_assert_int_eq(hd_ping_start(scene.client, HD_CALL_ONEWAY, tell, tag(3)), 0);
    ck_assert_int_le(hd_client_get_timeout(scene.client), 1);
    ck_assert_uint_eq(hd_client_pending(scene.client), 3);
    hd_client_process(scene.client);
    ck_assert_uint_eq(hd_client_pending(scene.client), 2);    /* the first is done: it is sent */
    ck_assert_int_gt(hd_client_get_timeout(scene.client), 1); /* the last cannot be late any more */
    ck_assert(fake_accept(&scene.server, &scene.peer));
    fake_send(&scene.peer, "{}");
    ck_assert_int_eq(hd_client_process(scene.client), 1);
    assert_told(0, 2, 0);
    ck_assert_uint_eq(hd_client_pending(scene.client), 0);
    fake_send(&scene.peer, "{}"); /* unasked */
    ck_assert_int_eq(hd_client_process(scene.client), 0);
    ck_assert_int_eq(hd_client_get_fd(scene.client), -1);
    scene_end(&scene);
}
END_TEST

static Suite *async_suite(void)
{
    Suite *suite = suite_create("client async");
    TCase *tcase = quiet_tcase("async");

    tcase_add_test(tcase, answers_keep_the_order_of_calls);
    tcase_add_test(tcase, error_before_the_close);
    tcase_add_test(tcase, error_while_more_is_sent);
    tcase_add_test(tcase, one_late_call_costs_the_connection);
    tcase_add_test(tcase, freeing_cancels);
    tcase_add_test(tcase, callback_starts_a_call);
    tcase_add_test(tcase, ending_a_stream_with_calls_behind);
    tcase_add_test(tcase, ending_a_stream_of_a_dead_daemon);
    tcase_add_test(tcase, stopping_at_the_last_answer);
    tcase_add_test(tcase, oneway_calls_in_between);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(async_suite());
}
