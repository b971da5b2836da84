#include "generator.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"

enum { SILENCE_SECONDS = 60, CLIENTS_MOST = 256, CHUNK = 65536, WAL_LOOK = 64 };

/* --- before the clock starts ------------------------------------------------------------------ */

static double random_part(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return ((double)(*state >> 11) + 1) / 9007199254740993.0;
}

static void arrivals_make(struct load *load)
{
    uint64_t state = 88172645463325252u ^ (uint64_t)load->spec->draw * 0x9e3779b97f4a7c15u;
    double moment = 0;

    load->arrivals = bench_alloc(load->spec->calls * sizeof(*load->arrivals));
    for (size_t i = 0; i < load->spec->calls; i++) {
        load->arrivals[i] = moment;
        moment -= log(random_part(&state)) / load->spec->rate;
    }
}

static void call_write(struct load *load, struct load_client *client, size_t call)
{
    struct daemon_side *side = load->side;
    struct buffer *bytes = &client->bytes;

    buffer_append_text(bytes, "{\"method\":\"dev.historyd.history.AppendEvents\",\"parameters\":{"
                              "\"run_id\":\"");
    buffer_append_text(bytes, side->shape->runs[client->run]);
    buffer_append_text(bytes, "\",\"events\":[");
    for (unsigned i = 0; i < load->spec->events; i++) {
        if (i)
            buffer_append_char(bytes, ',');
        shape_write(side->shape, client->run, client->first[call] + i,
                    load->spec->unnumbered ? 0 : client->first_seq[call] + i, bytes);
    }
    buffer_append(bytes, "]}}", 4);
    client->ends[call] = bytes->size;
}

/* Numbers go round the clients call by call, so that a run with several senders has them in about
 * the order of time. */
static void calls_number(struct load *load)
{
    struct daemon_side *side = load->side;
    unsigned n_clients = load->spec->clients;

    for (size_t i = 0; i < load->spec->calls; i++) {
        struct load_client *client = &load->clients[i % n_clients];
        size_t call = i / n_clients;

        client->first[call] = side->index;
        client->first_seq[call] = side->next_seq[client->run];
        side->index += load->spec->events;
        side->next_seq[client->run] += load->spec->events;
        client->n_calls = call + 1;
    }
}

static void client_prepare(struct load *load, struct load_client *client, unsigned number)
{
    size_t most = load->spec->calls / load->spec->clients + 1;

    client->run = number % load->side->shape->n_runs;
    client->births = bench_alloc(most * sizeof(*client->births));
    client->first = bench_alloc(most * sizeof(*client->first));
    client->first_seq = bench_alloc(most * sizeof(*client->first_seq));
    client->ends = bench_alloc(most * sizeof(*client->ends));
    client->fd = load->spec->by_library ? -1 : daemon_connect(load->side);
}

void load_prepare(struct load *load, const struct load_spec *spec, struct daemon_side *side)
{
    *load = (struct load){.spec = spec, .side = side};
    if (spec->clients < 1 || spec->clients > CLIENTS_MOST)
        bench_die("1 to %d clients", CLIENTS_MOST);
    load->clients = calloc(spec->clients, sizeof(*load->clients));
    if (!load->clients)
        bench_die("out of memory");
    snprintf(load->expected, sizeof(load->expected), "\"inserted\":%u,", spec->events);
    if (spec->rate > 0)
        arrivals_make(load);
    side->unnumbered = side->unnumbered || spec->unnumbered;
    for (unsigned i = 0; i < spec->clients; i++)
        client_prepare(load, &load->clients[i], i);
    calls_number(load);
    if (spec->by_library) {
        load_library_prepare(load);
        return;
    }
    for (unsigned i = 0; i < spec->clients; i++) {
        struct load_client *client = &load->clients[i];

        for (size_t call = 0; call < client->n_calls; call++)
            call_write(load, client, call);
        if (client->bytes.failed)
            bench_die("out of memory");
    }
}

void load_clear(struct load *load)
{
    load_library_clear(load);
    for (unsigned i = 0; i < load->spec->clients; i++) {
        struct load_client *client = &load->clients[i];

        if (client->fd >= 0)
            close(client->fd);
        buffer_clear(&client->bytes);
        free(client->births);
        free(client->first);
        free(client->first_seq);
        free(client->ends);
    }
    free(load->clients);
    free(load->arrivals);
    samples_clear(&load->result.latency);
}

/* --- while it runs ---------------------------------------------------------------------------- */

/* Closed loop: each client's own calls. Open loop: all that are born by now. */
void load_release(struct load *load)
{
    const struct load_spec *spec = load->spec;
    double now = bench_now();

    if (spec->rate > 0) {
        while (load->n_arrived < spec->calls &&
               load->start + load->arrivals[load->n_arrived] <= now) {
            struct load_client *client = &load->clients[load->n_arrived % spec->clients];

            client->births[client->released++] = load->start + load->arrivals[load->n_arrived];
            load->n_arrived++;
        }
        return;
    }
    for (unsigned i = 0; i < spec->clients; i++) {
        struct load_client *client = &load->clients[i];

        while (client->released < client->n_calls &&
               client->released - client->acked < spec->in_flight)
            client->births[client->released++] = now;
    }
}

double load_wait_seconds(const struct load *load)
{
    double wait;

    if (load->spec->rate <= 0 || load->n_arrived == load->spec->calls)
        return SILENCE_SECONDS;
    wait = load->start + load->arrivals[load->n_arrived] - bench_now();
    return wait > 0 ? wait : 0;
}

void load_acked(struct load *load, struct load_client *client)
{
    samples_add(&load->result.latency, (bench_now() - client->births[client->acked]) * 1e3);
    client->acked++;
    load->acked++;
    if (load->acked % WAL_LOOK == 0) {
        int64_t wal = daemon_wal(load->side);

        if (wal > load->side->wal_most)
            load->side->wal_most = wal;
    }
}

static void client_answer(struct load *load, struct load_client *client)
{
    if (!memmem(client->answer, client->answer_size, load->expected, strlen(load->expected)))
        bench_die("a call was refused: %.*s", (int)client->answer_size, client->answer);
    client->answer_size = 0;
    load_acked(load, client);
}

static void client_receive(struct load *load, struct load_client *client)
{
    static char chunk[CHUNK];
    ssize_t n = recv(client->fd, chunk, sizeof(chunk), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        bench_die("the daemon closed a connection");
    for (char *at = chunk, *end = chunk + n; at < end;) {
        char *stop = memchr(at, '\0', (size_t)(end - at));
        size_t size = (size_t)((stop ? stop : end) - at);

        if (client->answer_size + size > sizeof(client->answer))
            bench_die("an answer is too long");
        memcpy(client->answer + client->answer_size, at, size);
        client->answer_size += size;
        if (stop)
            client_answer(load, client);
        at += size + 1;
    }
}

static size_t client_due(const struct load_client *client)
{
    return client->released > 0 ? client->ends[client->released - 1] : 0;
}

static void client_send(struct load_client *client)
{
    size_t due = client_due(client);

    while (client->sent < due) {
        ssize_t n = send(client->fd, client->bytes.data + client->sent, due - client->sent,
                         MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            bench_die("send: %s", strerror(errno));
        client->sent += (size_t)n;
    }
}

static void socket_wait(struct load *load, double seconds)
{
    struct pollfd polls[CLIENTS_MOST];
    struct timespec wait = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
    unsigned n_clients = load->spec->clients;
    int ready;

    for (unsigned i = 0; i < n_clients; i++) {
        struct load_client *client = &load->clients[i];
        bool unsent = client->sent < client_due(client);

        polls[i] = (struct pollfd){.fd = client->fd,
                                   .events = (short)(unsent ? POLLIN | POLLOUT : POLLIN)};
    }
    ready = ppoll(polls, n_clients, &wait, NULL);
    if (ready < 0 && errno != EINTR)
        bench_die("poll: %s", strerror(errno));
    if (ready == 0 && seconds >= SILENCE_SECONDS)
        bench_die("the daemon is silent");
    for (unsigned i = 0; ready > 0 && i < n_clients; i++)
        if (polls[i].revents & ~POLLOUT)
            client_receive(load, &load->clients[i]);
}

void load_run(struct load *load)
{
    const struct load_spec *spec = load->spec;

    load->start = bench_now();
    while (load->acked < spec->calls) {
        load_release(load);
        for (unsigned i = 0; i < spec->clients; i++) {
            if (spec->by_library)
                load_library_send(load, &load->clients[i]);
            else
                client_send(&load->clients[i]);
        }
        if (spec->by_library)
            load_library_wait(load, load_wait_seconds(load));
        else
            socket_wait(load, load_wait_seconds(load));
    }
    load->result.seconds = bench_now() - load->start;
    load->result.events = (int64_t)(spec->calls * spec->events);
    load->side->appended += load->result.events;
}

double load_once(const struct load_spec *spec, struct daemon_side *side, struct samples *latency)
{
    struct load load;
    double rate;

    load_prepare(&load, spec, side);
    load_run(&load);
    rate = (double)load.result.events / load.result.seconds;
    if (latency)
        samples_join(latency, &load.result.latency);
    load_clear(&load);
    return rate;
}
