/* How the book of attached runs finds and watches processes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "log.h"
#include "peer_process.h"
#include "server_private.h"

enum { PROCESS_FDS_MAX = 4096 };

struct process_watch {
    struct server *server;
    struct attach_process *process;
    struct descriptor_watch *descriptor;
};

static int64_t system_now(void *data)
{
    const struct server *server = data;

    return loop_now(server->loop);
}

static int system_find_peer(void *data, const struct attach_holder *holder, int *ret_pidfd,
                            int64_t *ret_start)
{
    (void)data;
    return connection_find_peer(holder->peer, ret_pidfd, ret_start);
}

static int system_find(void *data, pid_t pid, int *ret_pidfd, int64_t *ret_start)
{
    (void)data;
    return process_find(pid, ret_pidfd, ret_start);
}

static void system_ended(void *data)
{
    struct process_watch *watch = data;

    attachments_process_gone(&watch->server->attachments, watch->process);
}

static void system_discard(void *data, int pidfd)
{
    (void)data;
    close(pidfd);
}

/* Processes above the limit are asked for once a second. */
static void *system_watch(void *data, int pidfd, struct attach_process *process)
{
    struct server *server = data;
    struct process_watch *watch = NULL;

    if (server->processes < server->processes_limit)
        watch = malloc(sizeof(*watch));
    if (!watch) {
        close(pidfd);
        return NULL;
    }
    *watch = (struct process_watch){.server = server, .process = process};
    if (descriptor_watch_new(server->loop, pidfd, system_ended, watch, &watch->descriptor) < 0) {
        free(watch);
        return NULL;
    }
    server->processes++;
    return watch;
}

static void system_unwatch(void *data, void *watched)
{
    struct server *server = data;
    struct process_watch *watch = watched;

    descriptor_watch_close(watch->descriptor);
    free(watch);
    server->processes--;
}

static void system_stopped(void *data, const char *run_id, pid_t pid)
{
    struct server *server = data;

    counter_add(&server->service.measures.runs_lost, 1);
    log_write_about(LOG_PRIORITY_INFO, &(struct log_about){.run_id = run_id},
                    "stopped the run %s: process %d, which recorded it, is gone", run_id, (int)pid);
}

static const struct attach_system server_attach_system = {
    .now = system_now,
    .find_peer = system_find_peer,
    .find = system_find,
    .watch = system_watch,
    .unwatch = system_unwatch,
    .discard = system_discard,
    .stopped = system_stopped,
};

/* What connections leave of the descriptors. */
static int64_t process_descriptors(const struct server *server)
{
    int64_t room = SERVER_PROCESS_FDS;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < INT32_MAX)
        room = (int64_t)files.rlim_cur - SERVER_SPARE_FDS - server->service.settings->connections;
    else
        room = PROCESS_FDS_MAX;
    if (room > PROCESS_FDS_MAX)
        room = PROCESS_FDS_MAX;
    return room < SERVER_PROCESS_FDS ? SERVER_PROCESS_FDS : room;
}

static void server_loaded(void *data, int result)
{
    struct server *server = data;

    server->load_result = result;
    loop_stop(server->loop);
}

/* Nobody is served before: what a peer writes must find the runs that are attached to it. */
int server_open_attachments(struct server *server)
{
    char boot[BOOT_ID_SIZE];
    int r;

    process_boot(boot);
    server->processes_limit = process_descriptors(server);
    r = attachments_init(&server->attachments, &server_attach_system, server, boot,
                         &server->service.writes);
    if (r == 0)
        r = attachments_load(&server->attachments, server->service.store, server_loaded, server);
    if (r < 0) {
        log_error("cannot look after attached runs: %s", strerror(-r));
        return SERVER_FAILED;
    }
    server->load_result = 1;
    while (server->load_result > 0 && server->status == SERVER_OK)
        loop_run(server->loop);
    if (server->load_result != 0 && server->status == SERVER_OK)
        log_error("cannot read which runs are attached");
    if (server->load_result != 0)
        return SERVER_FAILED;
    return server->status;
}

void server_attach_tick(struct server *server)
{
    attachments_tick(&server->attachments, server->service.settings->retention.lost_after_s * 1000);
}
