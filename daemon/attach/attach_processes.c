#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attachments_private.h"

static struct list *bucket_of(struct attachments *book, pid_t pid)
{
    return &book->processes[(unsigned int)pid % ATTACH_PROCESS_BUCKETS];
}

/* A start that /proc does not tell may be any. */
static bool start_agrees(int64_t a, int64_t b)
{
    return a == b || a == ATTACH_START_UNKNOWN || b == ATTACH_START_UNKNOWN;
}

struct attach_process *attach_process_use(struct attach_process *process)
{
    process->users++;
    return process;
}

static void process_unwatch(struct attachments *book, struct attach_process *process)
{
    if (process->watch)
        book->system->unwatch(book->system_data, process->watch);
    process->watch = NULL;
}

void attach_process_leave(struct attachments *book, struct attach_process *process)
{
    if (!process || --process->users > 0)
        return;
    process_unwatch(book, process);
    list_remove(&process->node);
    free(process);
}

void attachments_process_gone(struct attachments *book, struct attach_process *process)
{
    if (process->gone)
        return;
    process_unwatch(book, process);
    process->gone_at = book->system->now(book->system_data);
    process->gone = true;
}

static struct attach_process *process_new(struct attachments *book, pid_t pid, int64_t start,
                                          const char *boot, bool gone)
{
    struct attach_process *process = calloc(1, sizeof(*process));

    if (!process)
        return NULL;
    process->users = 1;
    process->pid = pid;
    process->start = start;
    strncpy(process->boot, boot, sizeof(process->boot) - 1);
    list_init(&process->runs);
    list_push(bucket_of(book, pid), &process->node);
    if (gone)
        attachments_process_gone(book, process);
    return process;
}

static void process_watch(struct attachments *book, struct attach_process *process, int pidfd)
{
    if (pidfd < 0)
        return;
    if (process->watch)
        book->system->discard(book->system_data, pidfd);
    else
        process->watch = book->system->watch(book->system_data, pidfd, process);
}

/* While a process lives its pid is its own: whoever else has it in the book has ended, even if that
 * was not told yet. */
struct attach_process *attach_process_meet(struct attachments *book, pid_t pid, int64_t start,
                                           int pidfd, bool gone)
{
    struct attach_process *process;

    list_for_each(node, bucket_of(book, pid)) {
        process = container_of(node, struct attach_process, node);
        if (gone || process->pid != pid || process->gone)
            continue;
        if (start_agrees(process->start, start)) {
            process_watch(book, process, pidfd);
            return attach_process_use(process);
        }
        attachments_process_gone(book, process);
    }
    process = process_new(book, pid, start, book->boot, gone);
    if (process)
        process_watch(book, process, pidfd);
    else if (pidfd >= 0)
        book->system->discard(book->system_data, pidfd);
    return process;
}

struct attach_process *attach_process_recall(struct attachments *book, pid_t pid, int64_t start,
                                             const char *boot)
{
    struct attach_process *process;
    int64_t found = ATTACH_START_UNKNOWN;
    int pidfd = -1;
    bool gone;

    list_for_each(node, bucket_of(book, pid)) {
        process = container_of(node, struct attach_process, node);
        if (process->pid == pid && process->start == start && strcmp(process->boot, boot) == 0)
            return attach_process_use(process);
    }
    gone = strcmp(boot, book->boot) != 0 ||
           book->system->find(book->system_data, pid, &pidfd, &found) == -ESRCH;
    if (!gone && !start_agrees(found, start)) {
        gone = true;
        if (pidfd >= 0)
            book->system->discard(book->system_data, pidfd);
    }
    process = process_new(book, pid, start, boot, gone);
    if (process && !gone)
        process_watch(book, process, pidfd);
    else if (!gone && pidfd >= 0)
        book->system->discard(book->system_data, pidfd);
    return process;
}

void attach_process_ask(struct attachments *book, struct attach_process *process)
{
    int64_t found = ATTACH_START_UNKNOWN;
    int pidfd = -1;

    if (process->gone || process->watch)
        return;
    if (book->system->find(book->system_data, process->pid, &pidfd, &found) == -ESRCH) {
        attachments_process_gone(book, process);
    } else if (start_agrees(found, process->start)) {
        process_watch(book, process, pidfd);
    } else {
        if (pidfd >= 0)
            book->system->discard(book->system_data, pidfd);
        attachments_process_gone(book, process);
    }
}
