/*
 * Connecting: where to, what is said when it fails, and coming back after a loss.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_server.h"
#include "quiet.h"

static void assert_words(const struct hd_client *client, const char *words)
{
    const char *message = hd_client_error(client)->message;

    ck_assert_msg(strstr(message, words), "no `%s` in: %s", words, message);
}

START_TEST(nobody_there)
{
    struct fake_server server;
    struct hd_client *client;
    char words[256];

    fake_server_init(&server);
    client = fake_client(&server);
    ck_assert_int_eq(hd_ping(client), -ENOENT);
    snprintf(
        words, sizeof(words),
        "cannot connect to %s: no such file (is historyd running? set HISTORYD_SOCKET or --socket)",
        server.path);
    ck_assert_str_eq(hd_client_error(client)->message, words);
    ck_assert_ptr_null(hd_client_error(client)->name);
    ck_assert_str_eq(hd_client_error(client)->parameters, "{}");

    fake_server_listen(&server, 1);
    close(server.listener);
    server.listener = -1;
    ck_assert_int_eq(hd_ping(client), -ECONNREFUSED);
    assert_words(client, "nobody listens there");
    ck_assert_int_eq(hd_ping_start(client, 0, NULL, NULL), -ECONNREFUSED);
    ck_assert_uint_eq(hd_client_pending(client), 0);
    ck_assert_int_eq(hd_client_get_fd(client), -1);
    ck_assert_int_eq(hd_client_get_timeout(client), -1);
    ck_assert_int_eq(hd_client_wait(client, -1), 0); /* nothing can come: it does not block */
    hd_client_free(client);
    fake_server_clear(&server);
}
END_TEST

START_TEST(path_must_fit)
{
    struct sockaddr_un address;
    struct hd_client *client = NULL;
    char path[sizeof(address.sun_path) + 1];

    memset(path, 'x', sizeof(path));
    path[sizeof(address.sun_path)] = '\0';
    ck_assert_int_eq(hd_client_new(path, &client), -EINVAL);
    ck_assert_ptr_null(client);
    path[sizeof(address.sun_path) - 1] = '\0';
    ck_assert_int_eq(hd_client_new(path, &client), 0);
    ck_assert_str_eq(hd_client_path(client), path);
    hd_client_free(client);
    ck_assert_int_eq(hd_client_new("", &client), -EINVAL);
    hd_client_free(NULL);
}
END_TEST

static void assert_default(const char *path)
{
    struct hd_client *client;

    ck_assert_int_eq(hd_client_new(NULL, &client), 0);
    ck_assert_str_eq(hd_client_path(client), path);
    hd_client_free(client);
}

START_TEST(default_places)
{
    struct fake_server server;
    struct hd_client *client;
    char folder[128], path[192], overlong[256];

    fake_server_init(&server);
    snprintf(folder, sizeof(folder), "%s/historyd", server.folder);
    snprintf(path, sizeof(path), "%s/socket", folder);
    assert_default("/run/historyd/socket");
    setenv("XDG_RUNTIME_DIR", server.folder, 1);
    assert_default("/run/historyd/socket"); /* nothing there yet */
    ck_assert_int_eq(hd_client_new(NULL, &client), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    ck_assert_str_eq(hd_client_path(client), path); /* the daemon started after the client */
    hd_client_free(client);
    assert_default(path);
    setenv("HISTORYD_SOCKET", "/elsewhere", 1);
    assert_default("/elsewhere");
    setenv("HISTORYD_SOCKET", "", 1);
    assert_default(path);
    memset(overlong, '/', sizeof(overlong));
    overlong[sizeof(overlong) - 1] = '\0';
    setenv("XDG_RUNTIME_DIR", overlong, 1);
    assert_default("/run/historyd/socket");
    setenv("HISTORYD_SOCKET", overlong, 1);
    ck_assert_int_eq(hd_client_new(NULL, &client), -EINVAL);
    unlink(path);
    rmdir(folder);
    fake_server_clear(&server);
}
END_TEST

/* --- a full queue of connections -------------------------------------------------------------- */

enum { FILLERS = 64 };

/* Fills the listener's queue until connect() says EAGAIN. */
static int fill_queue(const struct fake_server *server, int fillers[static FILLERS])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int n;

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", server->path);
    for (n = 0; n < FILLERS; n++) {
        fillers[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(fillers[n], (struct sockaddr *)&address, sizeof(address)) < 0) {
            ck_assert_int_eq(errno, EAGAIN);
            return n + 1;
        }
    }
    ck_abort_msg("the queue is never full");
}

static void close_all(const int *fillers, int n)
{
    while (n > 0)
        close(fillers[--n]);
}

static int count_answer(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    int *statuses = userdata;

    ck_assert_ptr_nonnull(client);
    statuses[0]++;
    statuses[1] = reply->status;
    return 0;
}

START_TEST(full_queue_times_out)
{
    struct fake_server server;
    struct hd_client *client;
    int fillers[FILLERS], n;

    fake_server_init(&server);
    fake_server_listen(&server, 0);
    n = fill_queue(&server, fillers);
    client = fake_client(&server);
    hd_client_set_timeout(client, 20);
    ck_assert_int_eq(hd_ping(client), -ETIMEDOUT);
    assert_words(client, "takes no connections");
    hd_client_free(client);
    close_all(fillers, n);
    fake_server_clear(&server);
}
END_TEST

START_TEST(full_queue_is_waited_for)
{
    struct fake_server server;
    struct fake_peer peer;
    struct hd_client *client;
    int fillers[FILLERS], n, i, answers[2] = {0};

    fake_server_init(&server);
    fake_server_listen(&server, 0);
    n = fill_queue(&server, fillers);
    client = fake_client(&server);
    ck_assert_int_eq(hd_ping_start(client, 0, count_answer, answers), 0);
    ck_assert_int_eq(hd_client_get_fd(client), -1);
    ck_assert_int_ge(hd_client_get_timeout(client), 0);
    for (i = 0; i < n - 1; i++) { /* the last one was refused */
        ck_assert(fake_accept(&server, &peer));
        fake_close(&peer);
    }
    while (hd_client_get_fd(client) < 0) {
        ck_assert_int_eq(hd_client_wait(client, -1), 1);
        ck_assert_int_eq(hd_client_process(client), 0);
    }
    ck_assert(fake_accept(&server, &peer));
    hd_client_process(client);
    ck_assert(fake_expect(&peer, NULL));
    fake_send(&peer, "{}");
    ck_assert_int_eq(hd_client_process(client), 1);
    ck_assert_int_eq(answers[0], 1);
    ck_assert_int_eq(answers[1], 0);
    fake_close(&peer);
    hd_client_free(client);
    close_all(fillers, n);
    fake_server_clear(&server);
}
END_TEST

START_TEST(listener_gone_while_waiting)
{
    struct fake_server server;
    struct hd_client *client;
    int fillers[FILLERS], n, answers[2] = {0};

    fake_server_init(&server);
    fake_server_listen(&server, 0);
    n = fill_queue(&server, fillers);
    client = fake_client(&server);
    ck_assert_int_eq(hd_ping_start(client, 0, count_answer, answers), 0);
    fake_server_unlisten(&server);
    while (answers[0] == 0) {
        ck_assert_int_eq(hd_client_wait(client, -1), 1);
        hd_client_process(client);
    }
    ck_assert_int_eq(answers[1], -ENOENT);
    ck_assert_uint_eq(hd_client_pending(client), 0);
    hd_client_free(client);
    close_all(fillers, n);
    fake_server_clear(&server);
}
END_TEST

/* --- losing and coming back ------------------------------------------------------------------- */

START_TEST(idle_loss_is_not_noticed)
{
    static const char bye[] = "{}\0{\"error\":\"dev.historyd.history.ShuttingDown\"}";
    const struct exchange exchanges[] = {
        {.answer = FAKE_RUN_ANSWER, .close = true},
        {.answer = "{}"},
        {.answer = bye, .size = sizeof(bye), .close = true},
        {.answer = "{}"},
        {0},
    };
    const struct hd_get_run_params params = {.run_id = "r1"};
    struct fake_server server;
    struct hd_client *client;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    ck_assert_int_eq(hd_get_run(client, &params, NULL), 0);
    while (hd_client_wait(client, 0) == 0) /* until the close has come */
        ;
    ck_assert_int_eq(hd_ping(client), 0);
    ck_assert_int_eq(hd_ping(client), 0);
    while (hd_client_get_fd(client) >= 0 && hd_client_wait(client, 0) == 0)
        ;
    ck_assert_int_eq(hd_ping(client), 0);
    ck_assert_ptr_null(hd_client_error(client));
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

/* The socket must not reach programs the caller starts. */
START_TEST(descriptor_is_private)
{
    const struct exchange exchanges[] = {{.answer = "{}"}, {0}};
    struct fake_server server;
    struct hd_client *client;
    int fd;

    fake_server_start(&server, fake_exchanges, (void *)exchanges);
    client = fake_client(&server);
    ck_assert_int_eq(hd_ping(client), 0);
    fd = hd_client_get_fd(client);
    ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

static atomic_int signals;

static void on_signal(int number)
{
    (void)number;
    signals++;
}

static void script_interrupted(struct fake_server *server, void *data)
{
    struct fake_peer peer;

    (void)data;
    if (!fake_accept(server, &peer))
        return;
    fake_expect(&peer, NULL);
    while (signals < 5)
        usleep(1000); /* until enough have come */
    fake_send(&peer, FAKE_RUN_ANSWER);
    fake_expect_end(&peer);
    fake_close(&peer);
}

START_TEST(signals_do_not_end_a_call)
{
    const struct itimerval often = {{0, 2000}, {0, 2000}}, never = {{0, 0}, {0, 0}};
    const struct hd_get_run_params params = {.run_id = "r1"};
    struct sigaction action = {.sa_handler = on_signal}; /* without SA_RESTART */
    struct fake_server server;
    struct hd_client *client;
    sigset_t alarm;

    /* The script's thread does not take them. */
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    sigaction(SIGALRM, &action, NULL);
    pthread_sigmask(SIG_BLOCK, &alarm, NULL);
    fake_server_start(&server, script_interrupted, NULL);
    pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
    client = fake_client(&server);
    setitimer(ITIMER_REAL, &often, NULL);
    ck_assert_int_eq(hd_get_run(client, &params, NULL), 0);
    ck_assert_int_ge(signals, 5);
    setitimer(ITIMER_REAL, &never, NULL);
    hd_client_free(client);
    fake_server_join(&server);
}
END_TEST

START_TEST(child_has_a_connection_of_its_own)
{
    struct fake_server server;
    struct fake_peer ours, theirs;
    struct hd_client *client;
    int answers[2] = {0}, status;
    pid_t child;

    fake_server_init(&server);
    fake_server_listen(&server, 4);
    client = fake_client(&server);
    ck_assert_int_eq(hd_ping_start(client, 0, count_answer, answers), 0);
    hd_client_process(client);
    ck_assert(fake_accept(&server, &ours));
    child = fork();
    if (child == 0) {
        hd_client_process(client);
        status = hd_client_pending(client) == 0 && hd_ping(client) == 0 && answers[0] == 0;
        hd_client_free(client);
        _exit(status ? 0 : 1);
    }
    ck_assert(fake_accept(&server, &theirs));
    ck_assert(fake_expect(&theirs, NULL));
    fake_send(&theirs, "{}");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert(fake_expect(&ours, NULL));
    fake_send(&ours, "{}");
    ck_assert_int_eq(hd_client_process(client), 1);
    ck_assert_int_eq(answers[1], 0);
    fake_close(&ours);
    fake_close(&theirs);
    hd_client_free(client);
    fake_server_clear(&server);
}
END_TEST

static Suite *connect_suite(void)
{
    Suite *suite = suite_create("client connect");
    TCase *tcase = quiet_tcase("connect");

    tcase_add_test(tcase, nobody_there);
    tcase_add_test(tcase, path_must_fit);
    tcase_add_test(tcase, default_places);
    tcase_add_test(tcase, full_queue_times_out);
    tcase_add_test(tcase, full_queue_is_waited_for);
    tcase_add_test(tcase, listener_gone_while_waiting);
    tcase_add_test(tcase, idle_loss_is_not_noticed);
    tcase_add_test(tcase, descriptor_is_private);
    tcase_add_test(tcase, signals_do_not_end_a_call);
    tcase_add_test(tcase, child_has_a_connection_of_its_own);
    suite_add_tcase(suite, tcase);
    return suite;
}

int main(void)
{
    return quiet_run(connect_suite());
}
