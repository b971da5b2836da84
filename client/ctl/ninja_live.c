/*
 * A build recorded while it runs: Ninja's log tells what ended well and when, its output what
 * failed.
 *
 * One loop waits for both, for signals and for Ninja's end. The library's recorder sends the events
 * from its own thread, so that a slow disk never holds the build up.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "command.h"
#include "ninja_live.h"
#include "process.h"
#include "rfc3339.h"

enum {
    LIVE_TICK = 200,       /* ms after which the log is looked at, whatever was told */
    LIVE_HOLD = 20,        /* ms in which the next line of one edge is written */
    LIVE_REBASE = 20000,   /* us by which a file may seem to be written before its edge ended */
    LIVE_UPDATE = 1000000, /* us between two updates of the run's row */
};

static volatile sig_atomic_t live_signal;

static void live_note_signal(int number)
{
    live_signal = number;
}

/* Hands one event to the recorder; one that finds no room in time is counted as lost. */
static int live_add(struct ninja_live *live, const struct hd_new_event *event)
{
    int r = hd_recorder_add(live->recorder, event, NULL);

    if (r == -ENOBUFS) {
        r = hd_recorder_flush(live->recorder, ctl_timeout(live->ctl));
        if (r == 0)
            r = hd_recorder_add(live->recorder, event, NULL);
    }
    if (r == -ENOMEM)
        return r;
    live->n_lost += r != 0;
    return 0;
}

static int live_add_unit(struct ninja_live *live, const struct ninja_plan_unit *unit)
{
    struct hd_new_event event;
    int r = 0;

    for (int ended = 0; ended < 2 && r == 0; ended++) {
        r = ninja_plan_unit_event(&live->plan, unit, ended, &event);
        if (r == 0)
            r = live_add(live, &event);
    }
    return r;
}

/* Ninja writes the lines of one edge one after the other. They are held until a line of another
 * edge comes, or none for a while. */
static int live_end_unit(struct ninja_live *live)
{
    struct ninja_unit unit = {live->entries, live->n_entries, 0, 0};
    int r;

    if (live->n_entries == 0)
        return 0;
    unit.start = live->entries[0].start;
    unit.end = live->entries[0].end;
    live->n_entries = 0;
    r = ninja_plan_add_unit(&live->plan, &unit, live->base);
    if (r != 0)
        return r < 0 ? r : 0;
    return live_add_unit(live, &live->plan.units[live->plan.n_units - 1]);
}

/* When the build began whose clock the log counts by. Ninja starts a second build after it made
 * build.ninja anew: the log's clock goes back, or files are newer than it could be. */
static void live_set_base(struct ninja_live *live, const struct ninja_entry *entry)
{
    int64_t latest = rfc3339_now() - entry->end * 1000;
    int64_t earliest = entry->mtime / 1000 - entry->end * 1000;

    if (latest < live->plan.started)
        latest = live->plan.started;
    if (live->base == 0 || entry->end < live->last_end || latest < live->base ||
        (earliest > live->base + LIVE_REBASE && earliest <= latest))
        live->base = latest;
    live->last_end = entry->end;
}

static bool live_same_edge(const struct ninja_live *live, const struct ninja_entry *entry)
{
    const struct ninja_entry *first = &live->entries[0];

    return live->n_entries && first->start == entry->start && first->end == entry->end &&
           first->hash == entry->hash;
}

static int live_entry(void *userdata, const struct ninja_entry *entry)
{
    struct ninja_live *live = userdata;
    struct ninja_entry *room;
    int r;

    if (!live_same_edge(live, entry)) {
        r = live_end_unit(live);
        if (r < 0)
            return r;
        live_set_base(live, entry);
    }
    if (live->n_entries == live->entries_capacity) {
        size_t capacity = live->entries_capacity ? live->entries_capacity * 2 : 16;

        room = reallocarray(live->entries, capacity, sizeof(*room));
        if (!room)
            return -ENOMEM;
        live->entries = room;
        live->entries_capacity = capacity;
    }
    live->last_line = rfc3339_now();
    room = &live->entries[live->n_entries++];
    *room = *entry;
    /* The follower's line goes; the path stays with the plan. */
    room->output = arena_copy(live->plan.arena, entry->output, entry->output_size);
    return room->output ? 0 : -ENOMEM;
}

/* Reads what is new in the log; `all` says that Ninja writes nothing more of the last edge. */
static int live_read_log(struct ninja_live *live, bool all)
{
    int r = ninja_follow_read(&live->follow, live_entry, live);

    if (r == 0 && live->n_entries &&
        (all || rfc3339_now() - live->last_line >= LIVE_HOLD * INT64_C(1000)))
        r = live_end_unit(live);
    return r;
}

/* An edge failed just now. Its paths may hold blanks: then Ninja is asked which paths there are. */
static int live_failure(void *userdata, const struct ninja_failure *failure)
{
    struct ninja_live *live = userdata;
    const struct ninja_graph *paths = NULL;
    int r = live_read_log(live, true);

    if (r < 0)
        return r;
    if (memchr(failure->outputs, ' ', failure->outputs_size)) {
        if (!live->paths.has_graph && ninja_draw_paths(live->place->given, &live->paths) < 0)
            return -ENOMEM;
        paths = &live->paths.graph;
    }
    r = ninja_plan_add_failure(&live->plan, failure, rfc3339_now(), paths);
    if (r != 0)
        return r < 0 ? r : 0;
    return live_add_unit(live, &live->plan.units[live->plan.n_units - 1]);
}

void ninja_live_open_output(struct ninja_live *live)
{
    ninja_output_open(&live->output, live_failure, live);
}

int ninja_live_update(struct ninja_live *live, bool now)
{
    struct hd_update_run_params params = {.run_id = live->plan.run_id,
                                          .has_total_units = true,
                                          .total_units = live->output.total,
                                          .has_completed_units = true,
                                          .completed_units =
                                              (int64_t)(live->plan.n_units - live->plan.n_failed),
                                          .has_failed_units = true,
                                          .failed_units = (int64_t)live->plan.n_failed};
    int64_t time = rfc3339_now();

    if (!now && (time < live->next_update || live->output.total == 0))
        return 0;
    live->next_update = time + LIVE_UPDATE;
    if (params.total_units < (int64_t)live->plan.n_units || now)
        params.total_units = (int64_t)live->plan.n_units;
    if (now)
        return hd_update_run(live->ctl->client, &params, NULL);
    /* Only a courtesy to those who look: nobody waits for it. */
    hd_update_run_start(live->ctl->client, &params, HD_CALL_ONEWAY, NULL, NULL);
    hd_client_process(live->ctl->client);
    return 0;
}

/* Reads what Ninja printed, passes it on and looks for failures. Returns 1 at the end, 0, -errno.
 */
static int live_read_output(struct ninja_live *live)
{
    char bytes[16384];
    ssize_t n = read(live->pipe, bytes, sizeof(bytes));
    int r;

    if (n == 0)
        return 1;
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    /* Where nobody reads our output any more, the build goes on all the same. */
    output_bytes(&live->ctl->out, bytes, (size_t)n);
    output_flush(&live->ctl->out);
    r = ninja_output_feed(&live->output, bytes, (size_t)n);
    return r < 0 ? r : 0;
}

static int live_watch_log(const struct ninja_live *live)
{
    char folder[PATH_MAX];
    char *slash;
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (fd < 0)
        return -1;
    snprintf(folder, sizeof(folder), "%s", live->follow.path);
    slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    if (inotify_add_watch(fd, slash ? folder : ".", IN_MODIFY | IN_CREATE | IN_MOVED_TO) < 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Passes on to Ninja what was meant for both: a terminal tells both anyway, a service manager only
 * us. */
static void live_pass_signal(struct ninja_live *live)
{
    if (!live_signal)
        return;
    live->interrupted = true;
    kill(live->pid, live_signal);
    live_signal = 0;
}

enum { LIVE_PIPE, LIVE_LOG, LIVE_PROCESS, LIVE_WATCHED };

/* One round: waits, then reads what came. Returns 1 when Ninja has ended and all it printed is
 * read, 0, or -errno. */
static int live_round(struct ninja_live *live, struct pollfd watched[LIVE_WATCHED],
                      const sigset_t *mask)
{
    long wait = live->n_entries ? LIVE_HOLD : LIVE_TICK;
    struct timespec tick = {.tv_nsec = wait * 1000000L};
    int r = ppoll(watched, LIVE_WATCHED, &tick, mask);
    char news[4096];

    live_pass_signal(live);
    if (r < 0)
        return errno == EINTR ? 0 : -errno;
    if (watched[LIVE_LOG].revents)
        while (read(watched[LIVE_LOG].fd, news, sizeof(news)) > 0)
            ;
    r = live_read_log(live, false);
    if (r < 0)
        return r;
    if (watched[LIVE_PIPE].revents) {
        r = live_read_output(live);
        if (r < 0)
            return r;
        if (r > 0)
            watched[LIVE_PIPE].fd = -1;
    } else if (watched[LIVE_PROCESS].revents) {
        /* Something it left behind may hold the pipe open; Ninja itself has said all. */
        return 1;
    }
    ninja_live_update(live, false);
    /* Without a descriptor of the process, the end of its output is its end. */
    return watched[LIVE_PIPE].fd < 0 && watched[LIVE_PROCESS].fd < 0;
}

int ninja_live_follow(struct ninja_live *live)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction action = {.sa_handler = live_note_signal};
    struct pollfd watched[LIVE_WATCHED] = {
        [LIVE_PIPE] = {.fd = live->pipe, .events = POLLIN},
        [LIVE_LOG] = {.fd = live_watch_log(live), .events = POLLIN},
        [LIVE_PROCESS] = {.fd = (int)syscall(SYS_pidfd_open, live->pid, 0), .events = POLLIN}};
    sigset_t blocked, before;
    int r;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaddset(&blocked, signals[i]);
        sigaction(signals[i], &action, NULL);
    }
    /* Outside of the wait no signal comes: none is missed between looking and waiting. */
    sigprocmask(SIG_BLOCK, &blocked, &before);
    fcntl(live->pipe, F_SETFL, O_NONBLOCK);
    do {
        r = live_round(live, watched, &before);
    } while (r == 0);
    if (r > 0)
        r = live_read_log(live, true);
    if (r == 0)
        r = ninja_output_end(&live->output);
    sigprocmask(SIG_SETMASK, &before, NULL);
    if (watched[LIVE_LOG].fd >= 0)
        close(watched[LIVE_LOG].fd);
    if (watched[LIVE_PROCESS].fd >= 0)
        close(watched[LIVE_PROCESS].fd);
    return r;
}
