#include "attachments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attachments_private.h"

enum {
    BUCKETS = 64, /* at first */
    /* A process that ended has sent what it had to say, perhaps also how its run ended: as long as
     * its connection has not been read to the end, its runs wait. Children that inherited the
     * connection can't keep them for ever. */
    HELD_MS = 30000,
    STOPS = 256, /* with the store at once */
};

int attachments_init(struct attachments *book, const struct attach_system *system,
                     void *system_data, const char *boot, struct list *writes)
{
    *book = (struct attachments){.system = system, .system_data = system_data, .writes = writes};
    strncpy(book->boot, boot, sizeof(book->boot) - 1);
    for (int i = 0; i < ATTACH_PROCESS_BUCKETS; i++)
        list_init(&book->processes[i]);
    list_init(&book->stops);
    pthread_mutex_init(&book->mutex, NULL);
    book->buckets = malloc(BUCKETS * sizeof(*book->buckets));
    if (!book->buckets)
        return -ENOMEM;
    book->n_buckets = BUCKETS;
    for (size_t i = 0; i < BUCKETS; i++)
        list_init(&book->buckets[i]);
    return 0;
}

void attachments_clear(struct attachments *book)
{
    if (!book->system)
        return;
    attach_jobs_clear(book);
    for (size_t i = 0; i < book->n_buckets; i++)
        list_for_each_safe(node, &book->buckets[i])
            attach_run_remove(book, container_of(node, struct attached_run, node));
    free(book->buckets);
    pthread_mutex_destroy(&book->mutex);
    book->system = NULL;
}

/* --- connections ---------------------------------------------------------------------------- */

void attach_holder_init(struct attach_holder *holder, pid_t pid, void *peer)
{
    *holder = (struct attach_holder){.pid = pid, .peer = peer};
    list_init(&holder->runs);
    list_init(&holder->spares);
}

static void spare_free(struct attach_holder *holder)
{
    struct list *node = list_pop(&holder->spares);

    if (node)
        free(container_of(node, struct attached_run, node));
}

void attach_holder_close(struct attachments *book, struct attach_holder *holder)
{
    while (!list_empty(&holder->runs))
        attach_run_hold(book, container_of(holder->runs.next, struct attached_run, of_holder),
                        NULL);
    while (!list_empty(&holder->spares))
        spare_free(holder);
    if (holder->process)
        attach_process_leave(book, holder->process);
    holder->process = NULL;
}

static int holder_find(struct attachments *book, struct attach_holder *holder)
{
    int64_t start = ATTACH_START_UNKNOWN;
    int pidfd = -1;
    int r;

    if (holder->process)
        return 0;
    if (holder->pid <= 0)
        return -EOPNOTSUPP;
    r = book->system->find_peer(book->system_data, holder, &pidfd, &start);
    holder->process = attach_process_meet(book, holder->pid, start, pidfd, r == -ESRCH);
    return holder->process ? 0 : -ENOMEM;
}

/* --- runs ----------------------------------------------------------------------------------- */

int attachments_prepare(struct attachments *book, struct attach_holder *holder)
{
    int r = holder_find(book, holder);
    struct attached_run *spare;

    if (r < 0)
        return r;
    spare = calloc(1, sizeof(*spare));
    if (!spare)
        return -ENOMEM;
    list_push(&holder->spares, &spare->node);
    return 0;
}

void attachments_settle(struct attachments *book, struct attach_holder *holder, const char *run_id)
{
    struct attached_run *run = run_id ? attach_run_find(book, run_id) : NULL;

    if (!run_id || run) {
        spare_free(holder);
    } else {
        run = container_of(list_pop(&holder->spares), struct attached_run, node);
        run->process = attach_process_use(holder->process);
        attach_run_enter(book, run, run_id);
    }
    if (!run)
        return;
    run->stopping = false;
    attach_run_stand(book, run, holder->process);
    attach_run_hold(book, run, holder);
}

/* The connection that holds a run keeps it as long as it is there: one that the process opens for a
 * moment beside it changes nothing. */
void attachments_touch(struct attachments *book, struct attach_holder *holder, const char *run_id)
{
    struct attached_run *run;

    if (!book || book->n_runs == 0)
        return;
    run = attach_run_find(book, run_id);
    if (!run || run->holder || run->process->gone || run->process->pid != holder->pid)
        return;
    if (holder_find(book, holder) == 0 && holder->process == run->process)
        attach_run_hold(book, run, holder);
}

void attachments_forget(struct attachments *book, const char *run_id)
{
    struct attached_run *run;

    if (!book || book->n_runs == 0)
        return;
    run = attach_run_find(book, run_id);
    if (run)
        attach_run_remove(book, run);
}

/* --- time ----------------------------------------------------------------------------------- */

static void process_tick(struct attachments *book, struct attach_process *process)
{
    int64_t passed;

    attach_process_ask(book, process);
    if (!process->gone)
        return;
    passed = book->system->now(book->system_data) - process->gone_at;
    list_for_each(node, &process->runs) {
        struct attached_run *run = container_of(node, struct attached_run, of_process);

        if (book->n_stops >= STOPS)
            return;
        if (!run->stopping && passed >= book->grace_ms + (run->holder ? HELD_MS : 0))
            attach_stop_submit(book, run);
    }
}

void attachments_tick(struct attachments *book, int64_t grace_ms)
{
    book->grace_ms = grace_ms;
    for (int i = 0; i < ATTACH_PROCESS_BUCKETS && book->n_runs > 0; i++)
        list_for_each(node, &book->processes[i])
            process_tick(book, container_of(node, struct attach_process, node));
}
