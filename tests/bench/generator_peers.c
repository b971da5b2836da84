#include "generator_peers.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"

enum { CHUNK = 1 << 18, TAIL = 64, PAGE = 1000, LOOK_MS = 20, EVENTS_MOST = 64, WAIT_SECONDS = 60 };

struct peer_client {
    int fd;
    char tail[TAIL]; /* the last bytes of a message that is not whole yet */
    size_t tail_size;
    size_t calls; /* a watcher's: seen */
    int64_t at;   /* a reader's: next page */
    bool ready;
};

struct peers {
    pthread_t thread;
    atomic_bool stop;
    atomic_size_t slowest; /* calls the slowest watcher has seen */
    int epoll;
    struct peer_client *clients;
    unsigned count;
    int64_t pages;          /* that the readers' runs have */
    int64_t seen;           /* pages, or calls */
    int64_t base_id;        /* watchers: newest event before the first call */
    unsigned events;        /* a call */
    const double *arrivals; /* NULL: readers */
    const double *start;
    struct samples delays;
};

static void peer_send(int fd, const char *text)
{
    if (send(fd, text, strlen(text) + 1, MSG_NOSIGNAL) < 0)
        bench_die("send: %s", strerror(errno));
}

static void reader_ask(struct peers *peers, struct peer_client *client)
{
    const int64_t pages_a_run = SEED_RUN_EVENTS / PAGE;
    char text[256];
    char id[32];

    seed_run_id(client->at / pages_a_run, id);
    snprintf(text, sizeof(text),
             "{\"method\":\"dev.historyd.history.ListEvents\",\"parameters\":{\"run_id\":\"%s\","
             "\"after_seq\":%lld,\"limit\":%d}}",
             id, (long long)(client->at % pages_a_run * PAGE), PAGE);
    peer_send(client->fd, text);
    client->at = (client->at + 1) % peers->pages;
}

/* The number behind the last "last_id" of a message, whose end is in the tail. */
static int64_t watcher_last_id(struct peer_client *client)
{
    static const char key[] = "\"last_id\":";
    char text[TAIL + 1];
    char *at;

    memcpy(text, client->tail, client->tail_size);
    text[client->tail_size] = '\0';
    at = strstr(text, key);
    if (!at)
        bench_die("a watcher was told: %s", text);
    return strtoll(at + strlen(key), NULL, 10);
}

static void watcher_told(struct peers *peers, struct peer_client *client, double now)
{
    int64_t last = watcher_last_id(client) - peers->base_id;
    size_t until = last > 0 ? (size_t)last / peers->events : 0;

    client->ready = true;
    for (; client->calls < until; client->calls++) {
        samples_add(&peers->delays, (now - *peers->start - peers->arrivals[client->calls]) * 1e3);
        peers->seen++;
    }
}

static void tail_add(struct peer_client *client, const char *bytes, size_t size)
{
    size_t keep;

    if (size >= TAIL) {
        memcpy(client->tail, bytes + size - TAIL, TAIL);
        client->tail_size = TAIL;
        return;
    }
    keep = client->tail_size < TAIL - size ? client->tail_size : TAIL - size;
    memmove(client->tail, client->tail + client->tail_size - keep, keep);
    memcpy(client->tail + keep, bytes, size);
    client->tail_size = keep + size;
}

static void peer_receive(struct peers *peers, struct peer_client *client, char *chunk)
{
    ssize_t n = recv(client->fd, chunk, CHUNK, MSG_DONTWAIT);
    double now = bench_now();

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        bench_die("the daemon closed a reader's or a watcher's connection");
    for (char *at = chunk, *end = chunk + n; at < end;) {
        char *stop = memchr(at, '\0', (size_t)(end - at));
        size_t size = (size_t)((stop ? stop : end) - at);

        tail_add(client, at, size);
        at += size + 1;
        if (!stop)
            continue;
        if (peers->arrivals) {
            watcher_told(peers, client, now);
        } else {
            peers->seen++;
            reader_ask(peers, client);
        }
        client->tail_size = 0;
    }
}

static void slowest_update(struct peers *peers)
{
    size_t slowest = SIZE_MAX;

    for (unsigned i = 0; i < peers->count; i++)
        if (peers->clients[i].calls < slowest)
            slowest = peers->clients[i].calls;
    atomic_store(&peers->slowest, slowest);
}

static void *peers_main(void *data)
{
    struct epoll_event ready[EVENTS_MOST];
    struct peers *peers = data;
    char *chunk = bench_alloc(CHUNK);

    while (!atomic_load(&peers->stop)) {
        int n = epoll_wait(peers->epoll, ready, EVENTS_MOST, LOOK_MS);

        for (int i = 0; i < n; i++)
            peer_receive(peers, ready[i].data.ptr, chunk);
        if (peers->arrivals)
            slowest_update(peers);
    }
    free(chunk);
    return NULL;
}

static struct peers *peers_new(const struct daemon_side *side, unsigned count)
{
    struct peers *peers = calloc(1, sizeof(*peers));

    if (peers)
        peers->clients = calloc(count, sizeof(*peers->clients));
    if (!peers || !peers->clients)
        bench_die("out of memory");
    peers->count = count;
    peers->epoll = epoll_create1(EPOLL_CLOEXEC);
    for (unsigned i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers->clients[i]};

        peers->clients[i].fd = daemon_connect(side);
        if (epoll_ctl(peers->epoll, EPOLL_CTL_ADD, peers->clients[i].fd, &event) < 0)
            bench_die("epoll: %s", strerror(errno));
    }
    return peers;
}

static void peers_run(struct peers *peers)
{
    if (pthread_create(&peers->thread, NULL, peers_main, peers) != 0)
        bench_die("no thread can be started");
}

struct peers *readers_start(const struct daemon_side *side, unsigned readers, int64_t seeded)
{
    struct peers *peers = peers_new(side, readers);

    peers->pages = seed_runs(seeded) * (SEED_RUN_EVENTS / PAGE);
    if (peers->pages == 0)
        bench_die("too few events for readers");
    for (unsigned i = 0; i < readers; i++) {
        peers->clients[i].at = peers->pages * i / readers;
        reader_ask(peers, &peers->clients[i]);
    }
    peers_run(peers);
    return peers;
}

struct peers *watchers_start(const struct daemon_side *side, unsigned watchers, unsigned run,
                             unsigned events, const double *arrivals, const double *start)
{
    struct peers *peers = peers_new(side, watchers);
    char *chunk = bench_alloc(CHUNK);
    char text[256];

    peers->base_id = side->base_id + side->appended;
    peers->events = events;
    peers->arrivals = arrivals;
    peers->start = start;
    snprintf(text, sizeof(text),
             "{\"method\":\"dev.historyd.history.Watch\",\"more\":true,\"parameters\":{\"run_id\":"
             "\"%s\"}}",
             side->shape->runs[run]);
    for (unsigned i = 0; i < watchers; i++)
        peer_send(peers->clients[i].fd, text);
    for (unsigned i = 0; i < watchers; i++)
        while (!peers->clients[i].ready) {
            peer_receive(peers, &peers->clients[i], chunk);
            bench_sleep_until(bench_now() + 1e-4);
        }
    free(chunk);
    peers_run(peers);
    return peers;
}

bool watchers_wait(struct peers *peers, size_t calls)
{
    double deadline = bench_now() + WAIT_SECONDS;

    while (atomic_load(&peers->slowest) < calls && bench_now() < deadline)
        bench_sleep_until(bench_now() + 5e-3);
    return atomic_load(&peers->slowest) >= calls;
}

double peers_cpu(const struct peers *peers)
{
    struct timespec taken = {.tv_sec = 0};
    clockid_t clock;

    if (pthread_getcpuclockid(peers->thread, &clock) == 0)
        clock_gettime(clock, &taken);
    return (double)taken.tv_sec + (double)taken.tv_nsec / 1e9;
}

int64_t peers_stop(struct peers *peers, struct samples *ret_delays)
{
    int64_t seen;

    atomic_store(&peers->stop, true);
    pthread_join(peers->thread, NULL);
    seen = peers->seen;
    for (unsigned i = 0; i < peers->count; i++)
        close(peers->clients[i].fd);
    close(peers->epoll);
    if (ret_delays)
        samples_join(ret_delays, &peers->delays);
    samples_clear(&peers->delays);
    free(peers->clients);
    free(peers);
    return seen;
}
