#include "abuse_crowd.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { TURN_MS = 5, MOST_PASSED = 32, SCRATCH = 1 << 16 };

static struct abuse_peer peers[CROWD];
static struct pollfd polls[CROWD];
static int n_peers;
static const struct abuse_kind *kind;
static struct crowd_counts *counts;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int passed[MOST_PASSED];
static uint32_t random_state;

uint32_t crowd_random(uint32_t below)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % below;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void peer_close(struct abuse_peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
}

static void peer_closed_by_daemon(struct abuse_peer *peer)
{
    peer_close(peer);
    counts->closed++;
}

static void peer_open(struct abuse_peer *peer)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        counts->refused++;
        return;
    }
    *peer = (struct abuse_peer){.fd = fd, .number = peer->number};
    if (kind->pause_ms > 0)
        peer->not_before = now_ms() + (int64_t)crowd_random((uint32_t)kind->pause_ms);
    counts->opened++;
}

static ssize_t peer_send(const struct abuse_peer *peer, size_t size)
{
    struct iovec part = {.iov_base = (void *)(peer->bytes + peer->sent), .iov_len = size};
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(passed))];
    } control;
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    size_t bytes = (size_t)kind->descriptors * sizeof(int);

    if (kind->descriptors > 0) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(bytes);
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(bytes), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), passed, bytes);
    }
    return sendmsg(peer->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The message is out. */
static void peer_message_sent(struct abuse_peer *peer)
{
    peer->size = peer->sent = 0;
    peer->messages++;
    counts->messages++;
    if (kind->messages == 0 || peer->messages < kind->messages)
        return;
    if (kind->half_close) {
        shutdown(peer->fd, SHUT_WR);
        peer->silent = true;
    } else {
        peer_close(peer);
    }
}

static void peer_write(struct abuse_peer *peer, int64_t now)
{
    size_t size;
    ssize_t n;

    if (peer->size == 0)
        kind->fill(peer);
    size = peer->size - peer->sent;
    if (kind->chunk > 0 && size > kind->chunk)
        size = kind->chunk;
    n = peer_send(peer, size);
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
        peer_closed_by_daemon(peer);
        return;
    }
    if (n < 0)
        return;
    counts->sent += n;
    peer->sent += (size_t)n;
    peer->not_before = now + kind->pause_ms;
    if (peer->sent == peer->size)
        peer_message_sent(peer);
}

static void peer_read(struct abuse_peer *peer)
{
    static char scratch[SCRATCH];
    ssize_t n = recv(peer->fd, scratch, sizeof(scratch), MSG_DONTWAIT);

    if (n > 0)
        counts->received += n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        peer_closed_by_daemon(peer);
}

static bool peer_reads(const struct abuse_peer *peer)
{
    return kind->reads && kind->reads(peer);
}

static void peer_serve(struct abuse_peer *peer, short events, int64_t now)
{
    if (events & POLLIN)
        peer_read(peer);
    else if (events & (POLLHUP | POLLERR))
        peer_closed_by_daemon(peer);
    if (peer->fd >= 0 && events & POLLOUT)
        peer_write(peer, now);
}

static void crowd_turn(void)
{
    int64_t now = now_ms();
    short events;

    for (int i = 0; i < n_peers; i++) {
        struct abuse_peer *peer = &peers[i];

        if (peer->fd < 0)
            peer_open(peer);
        events = peer_reads(peer) ? POLLIN : 0;
        if (!peer->silent && peer->not_before <= now)
            events |= POLLOUT;
        polls[i] = (struct pollfd){.fd = peer->fd, .events = events};
    }
    poll(polls, (nfds_t)n_peers, TURN_MS);
    for (int i = 0; i < n_peers; i++)
        if (polls[i].fd >= 0 && polls[i].revents)
            peer_serve(&peers[i], polls[i].revents, now);
}

static void become(uid_t uid)
{
    if (geteuid() != 0)
        return;
    if (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* which the change of the user undid */
}

static void crowd_run(uid_t uid)
{
    become(uid);
    for (int i = 0; i < MOST_PASSED; i++)
        passed[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (int i = 0; i < n_peers; i++)
        peers[i] = (struct abuse_peer){.fd = -1, .number = i};
    if (kind->prepare)
        kind->prepare();
    for (;;)
        crowd_turn();
}

pid_t crowd_start(const struct abuse_kind *of, int size, const char *socket, uid_t uid,
                  uint32_t seed, struct crowd_counts *ret_counts)
{
    pid_t pid;

    ck_assert_uint_lt(strlen(socket), sizeof(address.sun_path));
    ck_assert_int_le(of->descriptors, MOST_PASSED);
    ck_assert_int_le(size, CROWD);
    n_peers = size;
    strcpy(address.sun_path, socket);
    kind = of;
    counts = ret_counts;
    random_state = seed;
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        crowd_run(uid);
    }
    return pid;
}
