/*
 * The generator through the client library.
 */
#include <errno.h>
#include <historyd/historyd.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "daemon_side.h"

enum { CLIENTS_MOST = 256 };

struct ack {
    struct load *load;
    struct load_client *client;
};

static int answered(struct hd_client *library, const struct hd_reply *reply, void *userdata)
{
    const struct hd_append_events_result *result = reply->result;
    struct ack *ack = userdata;

    (void)library;
    if (reply->status == -ECANCELED)
        return 0;
    if (reply->status != 0)
        bench_die("a call was refused: %s", reply->error->message);
    if (result->inserted != ack->load->spec->events)
        bench_die("%lld events of a call were stored", (long long)result->inserted);
    load_acked(ack->load, ack->client);
    free(ack);
    return 0;
}

void load_library_prepare(struct load *load)
{
    for (unsigned i = 0; i < load->spec->clients; i++) {
        struct load_client *client = &load->clients[i];

        if (hd_client_new(load->side->socket, &client->handle) < 0)
            bench_die("out of memory");
        if (hd_ping(client->handle) != 0)
            bench_die("Ping: %s", hd_client_error(client->handle)->message);
    }
}

void load_library_send(struct load *load, struct load_client *client)
{
    const struct shape *shape = load->side->shape;
    unsigned n_events = load->spec->events;

    while (client->started < client->released) {
        size_t call = client->started++;
        struct hd_new_event *events = bench_alloc(n_events * sizeof(*events));
        struct ack *ack = bench_alloc(sizeof(*ack));
        struct hd_append_events_params params = {
            .run_id = shape->runs[client->run], .events = events, .n_events = n_events};

        *ack = (struct ack){load, client};
        for (unsigned i = 0; i < n_events; i++)
            events[i] = shape_record(shape, client->run, client->first[call] + i,
                                     load->spec->unnumbered ? 0 : client->first_seq[call] + i);
        if (hd_append_events_start(client->handle, &params, 0, answered, ack) != 0)
            bench_die("AppendEvents: %s", hd_client_error(client->handle)->message);
        free(events);
    }
}

void load_library_wait(struct load *load, double seconds)
{
    struct pollfd polls[CLIENTS_MOST];
    struct timespec wait = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
    unsigned n_clients = load->spec->clients;
    int ready;

    for (unsigned i = 0; i < n_clients; i++)
        polls[i] = (struct pollfd){.fd = hd_client_get_fd(load->clients[i].handle),
                                   .events = hd_client_get_events(load->clients[i].handle)};
    ready = ppoll(polls, n_clients, &wait, NULL);
    if (ready < 0 && errno != EINTR)
        bench_die("poll: %s", strerror(errno));
    if (ready == 0 && load_wait_seconds(load) > 1)
        bench_die("the daemon is silent");
    for (unsigned i = 0; ready > 0 && i < n_clients; i++)
        if (polls[i].revents && hd_client_process(load->clients[i].handle) < 0)
            bench_die("out of memory");
}

void load_library_clear(struct load *load)
{
    for (unsigned i = 0; i < load->spec->clients; i++)
        hd_client_free(load->clients[i].handle);
}
