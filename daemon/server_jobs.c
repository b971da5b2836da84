/*
 * The store's jobs that are back. Those of calls are answered first: an acknowledgement waits for
 * nobody. Pages that were read for watchers come last, for no longer than WATCH_TURN_US in a turn
 * of the loop: a crowd that replays a history at once can bring hundreds.
 */
#include "log.h"
#include "metrics.h"
#include "server_private.h"

enum { WATCH_TURN_US = 2000 };

/* A job that is none of a call's. */
static void server_job_back(struct server *server, struct store_job *job)
{
    if (attachments_owns_job(job))
        attachments_job_done(&server->attachments, job);
    else if (remover_owns_job(job))
        remover_job_done(&server->remover);
    else if (room_owns_job(job))
        room_job_done(&server->room);
    else
        backup_task_job_done(job);
}

static bool server_owns_job(const struct store_job *job)
{
    return attachments_owns_job(job) || backup_task_owns_job(job) || remover_owns_job(job) ||
           room_owns_job(job);
}

static void server_sort_jobs(struct server *server, struct list *calls, struct list *own)
{
    struct list done;

    list_init(&done);
    store_take_done(server->service.store, &done);
    for (struct list *node = list_pop(&done); node; node = list_pop(&done)) {
        struct store_job *job = container_of(node, struct store_job, node);

        if (watch_hub_owns_job(job))
            list_push(&server->watch_jobs, node);
        else
            list_push(server_owns_job(job) ? own : calls, node);
    }
}

/* Those that are left are looked at in the next turn, behind what it brings to calls. */
static void server_tell_watchers(struct server *server)
{
    int64_t end = metrics_now() + WATCH_TURN_US;

    while (!list_empty(&server->watch_jobs) && metrics_now() < end)
        watch_hub_job_done(&server->watches,
                           container_of(list_pop(&server->watch_jobs), struct store_job, node));
    if (!list_empty(&server->watch_jobs))
        wake_send(server->wake);
    watch_hub_committed(&server->watches);
}

static void server_look_at_store(struct server *server)
{
    struct store_state state;

    store_state(server->service.store, &state);
    if (state.job_failures != server->job_failures)
        log_error("the database could not be read: %s", state.job_failure);
    server->job_failures = state.job_failures;
    if (state.failed && server->status == SERVER_OK) {
        log_error("the database %s failed and will not be written again: %s; restart when the "
                  "cause is mended, and where the database is damaged restore a backup (historyctl "
                  "restore)",
                  server->config->database, state.failure);
        server_stop(server, SERVER_FAILED, state.failure);
    }
}

void server_woken(void *data)
{
    struct server *server = data;
    struct list calls, own;

    list_init(&calls);
    list_init(&own);
    server_sort_jobs(server, &calls, &own);
    sessions_jobs_done(&calls);
    for (struct list *node = list_pop(&own); node; node = list_pop(&own))
        server_job_back(server, container_of(node, struct store_job, node));
    server_look_at_store(server);
    server_tell_watchers(server);
}
