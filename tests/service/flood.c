/*
 * flood RUN CONNECTIONS CALLS EVENTS BYTES: a runaway orchestrator.
 *
 * Opens all connections at once, and sends on each of them CALLS calls of AppendEvents, each with
 * EVENTS events of BYTES bytes, as fast as they are taken and before any answer is waited for.
 * Says at the end, in one line, how many calls were answered and with what, and how long it took:
 *
 *   stored 900 busy 0 refused 3 other 0 events 900 us 1834220
 *
 * `refused` are connections; their calls are not counted. Ends with 0, or with 1 when something was
 * answered otherwise or not at all.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_MS = 60000, ANSWER_MOST = 4096 };

struct flow {
    size_t sent;   /* bytes */
    int64_t calls; /* answered */
    size_t filled;
    char answer[ANSWER_MOST];
};

struct flood {
    int64_t n_flows;
    int64_t n_calls;
    struct pollfd *fds;
    struct flow *flows;
    char *call; /* with its NUL */
    size_t size;
    int64_t stored, busy, refused, other;
};

static int64_t clock_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
    exit(2);
}

static void call_make(struct flood *flood, const char *run, int64_t events, size_t bytes)
{
    FILE *text = open_memstream(&flood->call, &flood->size);

    if (!text)
        fail("memory");
    fprintf(text,
            "{\"method\":\"dev.historyd.history.AppendEvents\",\"parameters\":{\"run_id\":\"%s\","
            "\"events\":[",
            run);
    for (int64_t i = 0; i < events; i++) {
        fprintf(text, "%s{\"type\":\"unit.completed\",\"payload\":{\"x\":\"", i ? "," : "");
        for (size_t j = 0; j < bytes; j++)
            fputc('x', text);
        fputs("\"}}", text);
    }
    fputs("]}}", text);
    fputc('\0', text);
    if (fclose(text) != 0)
        fail("memory");
}

static void flows_open(struct flood *flood)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/historyd/socket"};

    flood->fds = calloc((size_t)flood->n_flows, sizeof(*flood->fds));
    flood->flows = calloc((size_t)flood->n_flows, sizeof(*flood->flows));
    if (!flood->fds || !flood->flows)
        fail("memory");
    for (int64_t i = 0; i < flood->n_flows; i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
            fail("connecting");
        fcntl(fd, F_SETFL, O_NONBLOCK);
        flood->fds[i] = (struct pollfd){.fd = fd, .events = POLLIN | POLLOUT};
    }
}

static bool flow_send(struct flood *flood, int64_t i)
{
    struct flow *flow = &flood->flows[i];
    size_t all = flood->size * (size_t)flood->n_calls;

    while (flow->sent < all) {
        size_t at = flow->sent % flood->size;
        ssize_t n = send(flood->fds[i].fd, flood->call + at, flood->size - at, MSG_NOSIGNAL);

        if (n < 0)
            return errno == EAGAIN || errno == EPIPE;
        flow->sent += (size_t)n;
    }
    flood->fds[i].events = POLLIN;
    return true;
}

static void answer_count(struct flood *flood, struct flow *flow)
{
    flow->calls++;
    if (!strstr(flow->answer, "\"error\""))
        flood->stored++;
    else if (strstr(flow->answer, ".Busy\""))
        flood->busy++;
    else if (strstr(flow->answer, ".TooManyConnections\""))
        flood->refused++;
    else if (flood->other++ == 0)
        fprintf(stderr, "flood: %s\n", flow->answer);
}

/* False when the connection is at its end. */
static bool flow_receive(struct flood *flood, int64_t i)
{
    struct flow *flow = &flood->flows[i];

    for (;;) {
        size_t room = sizeof(flow->answer) - flow->filled;
        ssize_t n = recv(flood->fds[i].fd, flow->answer + flow->filled, room, 0);
        char *end;

        if (n <= 0)
            return n < 0 && errno == EAGAIN;
        flow->filled += (size_t)n;
        while ((end = memchr(flow->answer, '\0', flow->filled))) {
            size_t size = (size_t)(end - flow->answer) + 1;

            answer_count(flood, flow);
            flow->filled -= size;
            memmove(flow->answer, flow->answer + size, flow->filled);
        }
        if (flow->calls == flood->n_calls)
            return false;
    }
}

/* A descriptor that is done is negative: poll() passes it over. It stays open until the end, so
 * that its connection counts. */
static void flood_turn(struct flood *flood, int64_t *open)
{
    if (poll(flood->fds, (nfds_t)flood->n_flows, QUIET_MS) <= 0)
        fail("nothing was answered");
    for (int64_t i = 0; i < flood->n_flows; i++) {
        struct pollfd *fd = &flood->fds[i];

        if (fd->fd < 0 || !fd->revents)
            continue;
        if ((fd->revents & POLLOUT) && !flow_send(flood, i))
            fail("sending");
        if ((fd->revents & ~POLLOUT) && !flow_receive(flood, i)) {
            fd->fd = -1;
            --*open;
        }
    }
}

int main(int argc, char **argv)
{
    struct flood flood = {.n_flows = 0};
    int64_t events, open, began;

    if (argc != 6) {
        fputs("usage: flood RUN CONNECTIONS CALLS EVENTS BYTES\n", stderr);
        return 2;
    }
    flood.n_flows = open = strtoll(argv[2], NULL, 10);
    flood.n_calls = strtoll(argv[3], NULL, 10);
    events = strtoll(argv[4], NULL, 10);
    call_make(&flood, argv[1], events, (size_t)strtoll(argv[5], NULL, 10));
    flows_open(&flood);
    began = clock_us();
    while (open > 0)
        flood_turn(&flood, &open);
    printf("stored %" PRId64 " busy %" PRId64 " refused %" PRId64 " other %" PRId64
           " events %" PRId64 " us %" PRId64 "\n",
           flood.stored, flood.busy, flood.refused, flood.other, flood.stored * events,
           clock_us() - began);
    if (flood.stored + flood.busy + flood.other != (flood.n_flows - flood.refused) * flood.n_calls)
        flood.other++;
    free(flood.call);
    free(flood.flows);
    free(flood.fds);
    return flood.other > 0;
}
