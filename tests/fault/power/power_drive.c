#include "power_drive.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cut_image.h"
#include "power_check.h"
#include "power_wire.h"

enum {
    TRACE_CAPACITY_MIB = 256,
    SYNC_NS = 300000, /* long enough for an answer that leaves too early to be seen */
    NAP_NS = 1000000,
    WAIT_LIMIT = 60000, /* naps */
};

struct driving {
    const struct power_drive *drive;
    const struct power_load *load;
    struct cut_trace trace;
    char socket[PATH_MAX];
    atomic_uint connections;
    atomic_bool failed;
    atomic_int clients_left;
};

struct client {
    struct driving *driving;
    int number;
    pthread_t thread;
    struct power_wire wire;
};

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
}

static void mark(struct driving *driving, enum power_mark_kind kind, int client, size_t step,
                 const struct power_wire *wire)
{
    struct power_mark mark = {.kind = kind,
                              .client = (uint32_t)client,
                              .step = (uint32_t)step,
                              .scene = (uint32_t)(driving->load->scene - power_scenes),
                              .seed = driving->load->seed};

    if (wire) {
        mark.received = wire->received;
        power_wire_name(wire->number, mark.peer, sizeof(mark.peer));
    }
    cut_trace_mark(&driving->trace, &mark, sizeof(mark));
}

/* --- a client -------------------------------------------------------------------------------- */

static int client_connect(struct client *client)
{
    struct driving *driving = client->driving;

    for (int i = 0; i < WAIT_LIMIT && !atomic_load(&driving->failed); i++) {
        uint32_t number = atomic_fetch_add(&driving->connections, 1);

        if (power_wire_connect(&client->wire, driving->socket, number) == 0)
            return 0;
        nap();
    }
    return -1;
}

/* A daemon that is about to end, or busy: the same call again. */
static bool answer_is_later(const struct power_step *step, const struct power_wire *wire)
{
    return power_wire_is_error(wire, ".ShuttingDown\"") ||
           power_wire_is_error(wire, ".StorageFailed\"") || power_wire_is_error(wire, ".Busy\"") ||
           (step->kind == POWER_DELETE && power_wire_is_error(wire, ".InProgress\""));
}

/* Refusals that are no fault: of what an earlier try did, or another client does. */
static bool answer_is_good(const struct power_step *step, const struct power_wire *wire)
{
    static const char *const refusals[] = {[POWER_DELETE] = ".RunNotFound\"",
                                           [POWER_CHECKPOINT] = ".InProgress\"",
                                           [POWER_RETENTION] = ".InProgress\"",
                                           [POWER_BACKUP] = ".InProgress\""};
    const char *refusal = refusals[step->kind];

    return !power_wire_is_error(wire, "") || (refusal && power_wire_is_error(wire, refusal)) ||
           (step->kind == POWER_BACKUP && power_wire_is_error(wire, ".NameExists\""));
}

static int step_play(struct client *client, size_t number)
{
    struct driving *driving = client->driving;
    const struct power_step *step = &driving->load->clients[client->number].steps[number];

    mark(driving, POWER_MARK_SENT, client->number, number, NULL);
    for (;;) {
        if (client->wire.fd < 0 && client_connect(client) < 0)
            return -1;
        if (power_wire_call(&client->wire, step->method, step->parameters) < 0 ||
            answer_is_later(step, &client->wire)) {
            power_wire_close(&client->wire);
            nap();
            continue;
        }
        break;
    }
    if (!answer_is_good(step, &client->wire)) {
        fprintf(stderr, "powercut: %s %s: %s\n", step->method, step->parameters,
                client->wire.answer);
        return -1;
    }
    /* A refused backup is nobody's promise. */
    if (step->kind != POWER_BACKUP || !power_wire_is_error(&client->wire, ""))
        mark(driving, POWER_MARK_DONE, client->number, number, &client->wire);
    return 0;
}

static void *client_main(void *data)
{
    struct client *client = data;
    struct driving *driving = client->driving;
    const struct power_client *load = &driving->load->clients[client->number];

    client->wire.fd = -1;
    for (size_t i = 0; i < load->n_steps && !atomic_load(&driving->failed); i++) {
        if (load->steps[i].kind != POWER_PAST && step_play(client, i) < 0)
            atomic_store(&driving->failed, true);
    }
    power_wire_close(&client->wire);
    free(client->wire.answer);
    atomic_fetch_sub(&driving->clients_left, 1);
    return NULL;
}

/* --- the daemon ------------------------------------------------------------------------------ */

static pid_t daemon_start(const struct driving *driving)
{
    const struct power_drive *drive = driving->drive;
    char database[PATH_MAX];
    char config[PATH_MAX];
    char log[PATH_MAX];
    int fd;
    pid_t pid;

    snprintf(database, sizeof(database), "%s/disk/" POWER_DATABASE, drive->folder);
    snprintf(config, sizeof(config), "%s/config", drive->folder);
    snprintf(log, sizeof(log), "%s/log", drive->folder);
    pid = fork();
    if (pid != 0)
        return pid;
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    setenv("POWERCUT_TRACE", drive->trace, 1);
    setenv("LD_PRELOAD", drive->recorder, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    execl(drive->daemon, drive->daemon, "--socket", driving->socket, "--database", database,
          "--config", config, (char *)NULL);
    _exit(127);
}

/* Where this daemon is to meet its end; the counts go on from daemon to daemon. */
static void end_arrange(struct driving *driving, uint64_t *draw, int end)
{
    const struct power_scene *scene = driving->load->scene;
    struct cut_orders *orders = &driving->trace.header->orders;
    /* The first ends come early: while a database is made. */
    uint64_t reach = end < scene->ends / 2 ? 12 : 60;
    int64_t distance = 1 + (int64_t)cut_draw_below(draw, reach);

    orders->sync_ns = SYNC_NS;
    orders->kill_at_write = 0;
    orders->kill_at_sync = 0;
    orders->fail_at_sync = 0;
    if (end >= scene->ends)
        return;
    switch (scene->end) {
    case POWER_STAYS:
        break;
    case POWER_KILL_AT_WRITE:
    case POWER_CUT:
        orders->kill_at_write = orders->writes + distance;
        break;
    case POWER_KILL_AT_SYNC:
        orders->kill_at_sync = orders->syncs + distance;
        break;
    case POWER_FAIL_SYNC:
        orders->fail_at_sync = orders->syncs + distance;
        break;
    }
}

static void log_show(const struct driving *driving)
{
    char command[PATH_MAX + 32];

    snprintf(command, sizeof(command), "tail -n 5 '%s/log' >&2", driving->drive->folder);
    if (system(command) != 0)
        fputs("powercut: no log\n", stderr);
}

/* The daemon is dead. The clients may still say what they got before. */
static int power_cut(struct driving *driving, uint64_t seed)
{
    struct cut_disk *disk = cut_disk_new(&driving->trace);
    struct cut_image image = {.n_files = 0};
    int r;

    cut_trace_lock(&driving->trace);
    cut_disk_follow(disk, driving->trace.header->records);
    cut_trace_unlock(&driving->trace);
    cut_image_make(disk, seed, &image);
    r = cut_image_write(&image, driving->trace.header->folder);
    if (r == 0)
        r = cut_trace_power(&driving->trace);
    cut_image_clear(&image);
    cut_disk_free(disk);
    return r;
}

/* Until all clients are through: starts it again whenever it ends. */
static int daemon_tend(struct driving *driving)
{
    uint64_t draw = driving->load->seed * 7919;
    int most = driving->load->scene->ends + 8;
    int status = 0;
    pid_t pid = -1;

    for (int end = 0; end < most && !atomic_load(&driving->failed); end++) {
        bool ended = false;

        end_arrange(driving, &draw, end);
        pid = daemon_start(driving);
        while (!ended && atomic_load(&driving->clients_left) > 0 &&
               !atomic_load(&driving->failed)) {
            ended = waitpid(pid, &status, WNOHANG) == pid;
            if (!ended)
                nap();
        }
        if (!ended)
            break;
        pid = -1;
        if (driving->load->scene->end == POWER_STAYS ||
            (driving->load->scene->end == POWER_CUT && end < driving->load->scene->ends &&
             power_cut(driving, cut_draw(&draw)) < 0))
            atomic_store(&driving->failed, true);
    }
    if (pid < 0) {
        atomic_store(&driving->failed, true);
        fputs("powercut: the daemon ended\n", stderr);
        return -1;
    }
    kill(pid, SIGTERM);
    waitpid(pid, &status, 0);
    return 0;
}

/* --- the whole ------------------------------------------------------------------------------- */

static int files_make(const struct driving *driving)
{
    const struct power_drive *drive = driving->drive;
    const struct power_scene *scene = driving->load->scene;
    char path[PATH_MAX];
    FILE *config;

    snprintf(path, sizeof(path), "%s/config", drive->folder);
    config = fopen(path, "w");
    if (!config)
        return -errno;
    fprintf(config,
            "[store]\ncheckpoint_pages = 100\n%s\n[retention]\ndays = 0\nlost_after_s = 0\n%s"
            "[backup]\nfolder = %s/disk/" POWER_BACKUPS "\n",
            drive->config ? drive->config : "", scene->config ? scene->config : "", drive->folder);
    fclose(config);
    snprintf(path, sizeof(path), "%s/disk", drive->folder);
    if (mkdir(path, 0700) < 0)
        return -errno;
    if (!scene->past)
        return 0;
    snprintf(path, sizeof(path), "%s/disk/" POWER_DATABASE, drive->folder);
    return power_make_past(path, driving->load);
}

static void past_mark(struct driving *driving)
{
    for (int i = 0; i < driving->load->n_clients; i++) {
        const struct power_client *client = &driving->load->clients[i];

        for (size_t j = 0; j < client->n_steps; j++)
            if (client->steps[j].kind == POWER_PAST) {
                mark(driving, POWER_MARK_SENT, i, j, NULL);
                mark(driving, POWER_MARK_DONE, i, j, NULL);
            }
    }
}

static int play(struct driving *driving)
{
    struct client clients[POWER_CLIENTS_MOST];
    int n_clients = driving->load->n_clients;
    int r;

    mark(driving, POWER_MARK_LOAD, 0, 0, NULL);
    past_mark(driving);
    atomic_store(&driving->clients_left, n_clients);
    for (int i = 0; i < n_clients; i++) {
        clients[i] = (struct client){.driving = driving, .number = i};
        if (pthread_create(&clients[i].thread, NULL, client_main, &clients[i]) != 0)
            abort();
    }
    r = daemon_tend(driving);
    for (int i = 0; i < n_clients; i++)
        pthread_join(clients[i].thread, NULL);
    if (r < 0 || atomic_load(&driving->failed)) {
        log_show(driving);
        return -1;
    }
    return 0;
}

int power_drive(const struct power_drive *drive, const struct power_load *load)
{
    struct driving driving = {.drive = drive, .load = load};
    char disk[PATH_MAX];
    const char *fault;
    int r;

    snprintf(driving.socket, sizeof(driving.socket), "%s/socket", drive->folder);
    snprintf(disk, sizeof(disk), "%s/disk", drive->folder);
    r = files_make(&driving);
    if (r == 0)
        r = cut_trace_create(drive->trace, disk, "-shm", (uint64_t)TRACE_CAPACITY_MIB << 20,
                             &driving.trace);
    if (r < 0) {
        fprintf(stderr, "powercut: %s: %s\n", drive->folder, strerror(-r));
        return -1;
    }
    r = play(&driving);
    fault = cut_trace_fault(&driving.trace);
    if (fault)
        fprintf(stderr, "powercut: %s: the trace is no good: %s\n", drive->trace, fault);
    cut_trace_close(&driving.trace);
    return fault ? -1 : r;
}
