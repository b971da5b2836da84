#include "visitor.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness.h"

enum {
    STEPS = 12,       /* of a visit, at most */
    MOMENT_US = 3000, /* a pause within one, at most */
    RUNS = 16,
    EVENTS = 1000,
    LONG_TEXT = 300000,
    TEXT = LONG_TEXT + 512,
    SCRATCH = 1 << 16,
};

struct visitor {
    struct visitor_counts *counts;
    uint32_t random;
    int fd;
    char text[TEXT];
};

static uint32_t draw(struct visitor *visitor, uint32_t below)
{
    visitor->random = visitor->random * 1664525u + 1013904223u;
    return (visitor->random >> 8) % below;
}

static void moment(struct visitor *visitor)
{
    if (draw(visitor, 3) == 0)
        usleep(draw(visitor, MOMENT_US));
}

/* --- what is said ----------------------------------------------------------------------------- */

#define HISTORY "{\"method\":\"dev.historyd.history."
#define ADMIN   "{\"method\":\"dev.historyd.admin."

static const char *const simple[] = {
    HISTORY "Ping\"}",
    HISTORY "Ping\",\"oneway\":true}",
    HISTORY "GetStatus\"}",
    HISTORY "GetMetrics\"}",
    HISTORY "ListRuns\",\"parameters\":{\"limit\":1000}}",
    HISTORY "Watch\",\"more\":true}",
    HISTORY "Watch\",\"more\":true,\"parameters\":{\"repo_path\":\"/visitors\"}}",
    "{\"method\":\"org.varlink.service.GetInfo\"}",
    ADMIN "Checkpoint\"}",
    ADMIN "CheckIntegrity\",\"parameters\":{\"quick\":true}}",
    ADMIN "ApplyRetention\",\"parameters\":{\"dry_run\":true}}",
    ADMIN "Backup\",\"more\":true,\"parameters\":{\"keep\":1}}",
    ADMIN "Reload\"}",
    "{\"method\":\"no.such.Thing\"}",
    "{\"method\":",
    "",
};
enum { SIMPLE = sizeof(simple) / sizeof(*simple) };

/* One in so many calls is one of those above that take long. */
enum { SELDOM = 40, SLOW_FIRST = 8, SLOW_LAST = 12 };

static size_t say_simple(struct visitor *visitor)
{
    uint32_t which = draw(visitor, SIMPLE);

    if (which >= SLOW_FIRST && which <= SLOW_LAST &&
        (visitor->counts->gentle || draw(visitor, SELDOM) > 0))
        which = 0;
    return (size_t)snprintf(visitor->text, TEXT, "%s", simple[which]);
}

static size_t say_events(struct visitor *visitor)
{
    uint32_t run = draw(visitor, RUNS);
    uint32_t seq = draw(visitor, EVENTS) + 1;

    return (size_t)snprintf(visitor->text, TEXT,
                            HISTORY "AppendEvents\",\"parameters\":{\"run_id\":\"visitor-%u\","
                                    "\"events\":[{\"seq\":%u,\"type\":\"a\",\"task\":%u}]}}",
                            run, seq, seq);
}

static size_t say_with_run(struct visitor *visitor)
{
    static const char *const formats[] = {
        HISTORY "CreateRun\",\"parameters\":{\"id\":\"visitor-%u\",\"repo_path\":\"/visitors\"}}",
        HISTORY "GetRun\",\"parameters\":{\"run_id\":\"visitor-%u\"}}",
        HISTORY "ListEvents\",\"parameters\":{\"run_id\":\"visitor-%u\",\"limit\":1000}}",
        HISTORY "GetGraph\",\"parameters\":{\"run_id\":\"visitor-%u\"}}",
        HISTORY "PutGraph\",\"parameters\":{\"run_id\":\"visitor-%u\",\"graph\":{\"nodes\":["
                "{\"id\":\"a\"},{\"id\":\"b\"}],\"edges\":[{\"from\":\"a\",\"to\":\"b\"}]}}}",
        HISTORY "Watch\",\"more\":true,\"parameters\":{\"run_id\":\"visitor-%u\",\"after_seq\":0}}",
    };
    enum { FORMATS = sizeof(formats) / sizeof(*formats) };
    const char *format = formats[draw(visitor, FORMATS)];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return (size_t)snprintf(visitor->text, TEXT, format, draw(visitor, RUNS));
#pragma GCC diagnostic pop
}

/* More than a socket takes at once. */
static size_t say_long(struct visitor *visitor)
{
    int used =
        snprintf(visitor->text, TEXT,
                 HISTORY "UpdateRun\",\"parameters\":{\"run_id\":\"visitor-0\",\"unknown\":\"");

    memset(visitor->text + used, 'x', LONG_TEXT);
    return (size_t)used + LONG_TEXT + (size_t)sprintf(visitor->text + used + LONG_TEXT, "\"}}");
}

/* Puts a message into `text`; returns its size without the NUL behind it. */
static size_t say_something(struct visitor *visitor)
{
    uint32_t kind = draw(visitor, 32);

    if (kind == 0)
        return say_long(visitor);
    if (kind < 12)
        return say_events(visitor);
    return kind < 22 ? say_with_run(visitor) : say_simple(visitor);
}

/* --- a visit ---------------------------------------------------------------------------------- */

/* False when the daemon has closed. What does not go at once is not sent. */
static bool visit_send(struct visitor *visitor, bool half)
{
    size_t size = say_something(visitor) + 1;
    ssize_t n;

    if (half)
        size = draw(visitor, (uint32_t)size);
    n = send(visitor->fd, visitor->text, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN)
        return false;
    if (half || n < (ssize_t)size)
        visitor->counts->halves++;
    else
        visitor->counts->calls++;
    return true;
}

static bool visit_receive(struct visitor *visitor)
{
    static char bytes[SCRATCH];
    struct pollfd poll_for = {.fd = visitor->fd, .events = POLLIN};
    ssize_t n;

    poll(&poll_for, 1, (int)draw(visitor, 3));
    n = recv(visitor->fd, bytes, 1 + draw(visitor, SCRATCH), MSG_DONTWAIT);
    if (n > 0)
        visitor->counts->received += n;
    return n > 0 || (n < 0 && errno == EAGAIN);
}

static bool visit_step(struct visitor *visitor)
{
    uint32_t step = draw(visitor, 16);

    moment(visitor);
    if (step == 0)
        return shutdown(visitor->fd, draw(visitor, 2) ? SHUT_WR : SHUT_RDWR) == 0;
    if (step < 4)
        return visit_send(visitor, true);
    return step < 11 ? visit_send(visitor, false) : visit_receive(visitor);
}

static int visit_begin(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void visit(struct visitor *visitor, const struct sockaddr_un *address)
{
    uint32_t steps = draw(visitor, STEPS);
    bool open = true;

    visitor->fd = visit_begin(address);
    if (visitor->fd < 0) {
        visitor->counts->refused++;
        usleep(500);
        return;
    }
    for (uint32_t i = 0; i < steps && open; i++)
        open = visit_step(visitor);
    if (!open)
        visitor->counts->closed++;
    close(visitor->fd);
    visitor->counts->visits++;
}

static void rest(struct visitor_counts *counts)
{
    if (!counts->pausing)
        return;
    counts->resting++;
    while (counts->pausing && !counts->ending)
        usleep(500);
    counts->resting--;
}

struct visitor_counts *visitor_counts_new(void)
{
    return harness_shared(sizeof(struct visitor_counts));
}

pid_t visitor_start(struct visitor_counts *counts, const char *socket, uint32_t seed,
                    uint32_t pause_us)
{
    static struct visitor visitor;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket);
    visitor = (struct visitor){.counts = counts, .random = seed};
    while (!counts->ending) {
        rest(counts);
        visit(&visitor, &address);
        if (pause_us > 0)
            usleep(draw(&visitor, 2 * pause_us));
    }
    _exit(0);
}
