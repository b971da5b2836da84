/*
 * The client library against a hostile server: whatever it is answered, and however the bytes are
 * cut, a call ends with a result or an error that has words, and nothing is read past an answer.
 *
 * The first byte chooses the call, the second the size of the pieces the bytes come in; a thread
 * sends the rest to the next connection and closes it, once for each input.
 */
#include <errno.h>
#include <historyd/calls.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"

static struct sockaddr_un place = {.sun_family = AF_UNIX};
static char folder[] = "/tmp/historyd-fuzz-XXXXXX";
static int listening = -1;

static struct answer {
    const char *bytes;
    size_t size;
    size_t piece;
} answer;
static sem_t wanted, served;

/* Serves one connection. */
static void serve_one(void)
{
    struct pollfd wait = {.fd = listening, .events = POLLIN};
    char drain[4096];
    int fd;

    if (poll(&wait, 1, 2000) != 1)
        return;
    fd = accept(listening, NULL, NULL);
    if (fd < 0)
        return;
    (void)!read(fd, drain, sizeof(drain));
    for (size_t at = 0; at < answer.size; at += answer.piece) {
        size_t left = answer.size - at;

        if (send(fd, answer.bytes + at, left < answer.piece ? left : answer.piece, MSG_NOSIGNAL) <
            0)
            break;
    }
    shutdown(fd, SHUT_WR);
    close(fd);
}

static void *serve(void *data)
{
    for (;;) {
        while (sem_wait(&wanted) < 0)
            ;
        serve_one();
        sem_post(&served);
    }
    return data;
}

static void place_remove(void)
{
    unlink(place.sun_path);
    rmdir(folder);
}

/* Before the first input. */
static void listen_once(void)
{
    pthread_t server;

    if (listening >= 0)
        return;
    fuzz_demand(mkdtemp(folder), "no folder");
    atexit(place_remove);
    snprintf(place.sun_path, sizeof(place.sun_path), "%s/s", folder);
    listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz_demand(bind(listening, (struct sockaddr *)&place, sizeof(place)) == 0 &&
                    listen(listening, 16) == 0,
                "no socket");
    fuzz_demand(sem_init(&wanted, 0, 0) == 0 && sem_init(&served, 0, 0) == 0 &&
                    pthread_create(&server, NULL, serve, NULL) == 0,
                "no thread");
    pthread_detach(server);
}

static int watched(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    int *n = userdata;

    (void)client;
    fuzz_demand(reply->status == 0 || (reply->error && reply->error->message), "no words");
    return ++*n >= 100;
}

/* A typed call, its result freed: together they have every kind of field. */
#define CALL(name, ...)                                                                            \
    do {                                                                                           \
        const struct hd_##name##_result *result = NULL;                                            \
        r = hd_##name(client, ##__VA_ARGS__, &result);                                             \
        hd_result_free(result);                                                                    \
    } while (0)
#define PARAMS(name, ...) (&(struct hd_##name##_params){__VA_ARGS__})

static int call(struct hd_client *client, unsigned int which)
{
    static const struct hd_new_event event = {.type = "unit.started"};
    int n = 0, r;

    switch (which % 10) {
    case 0:
        return hd_client_call(client, "dev.historyd.history.Watch", NULL, HD_CALL_MORE, watched,
                              &n);
    case 1:
        return hd_client_call(client, "dev.historyd.history.GetStatus", NULL, 0, watched, &n);
    case 2:
        CALL(list_runs, PARAMS(list_runs, .limit = 0));
        return r;
    case 3:
        CALL(list_events, PARAMS(list_events, .run_id = "r"));
        return r;
    case 4:
        CALL(get_graph, PARAMS(get_graph, .run_id = "r"));
        return r;
    case 5:
        CALL(get_status);
        return r;
    case 6:
        CALL(append_events, PARAMS(append_events, .run_id = "r", .events = &event, .n_events = 1));
        return r;
    case 7:
        CALL(create_run, PARAMS(create_run, .repo_path = "/r"));
        return r;
    case 8:
        CALL(get_info);
        return r;
    default:
        CALL(check_integrity, PARAMS(check_integrity, .quick = true));
        return r;
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    unsigned int which = fuzz_byte(&input);
    size_t piece = (size_t)fuzz_byte(&input) * 16 + 1, rest;
    char *bytes = fuzz_rest(&input, &rest);
    struct hd_client *client;
    int r;

    listen_once();
    answer = (struct answer){.bytes = bytes, .size = rest, .piece = piece};
    sem_post(&wanted);
    fuzz_demand(hd_client_new(place.sun_path, &client) == 0, "no client");
    hd_client_set_timeout(client, 5000);
    r = call(client, which);
    fuzz_demand(r == 0 || (hd_client_error(client) && hd_client_error(client)->message),
                "failed without words");
    fuzz_demand(r != -ETIMEDOUT, "it never ended");
    hd_client_free(client);
    while (sem_wait(&served) < 0)
        ;
    free(bytes);
}
