#include <stdlib.h>
#include <string.h>

#include "attachments_private.h"

static size_t id_hash(const char *id)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 0x100000001b3u;
    return (size_t)(hash ^ (hash >> 32));
}

static struct list *bucket_of(struct attachments *book, const char *id)
{
    return &book->buckets[id_hash(id) % book->n_buckets];
}

struct attached_run *attach_run_find(struct attachments *book, const char *run_id)
{
    struct list *bucket = bucket_of(book, run_id);

    list_for_each(node, bucket) {
        struct attached_run *run = container_of(node, struct attached_run, node);

        if (strcmp(run->id, run_id) == 0)
            return run;
    }
    return NULL;
}

/* The mutex is held. Without memory the book only gets slower. */
static void book_grow(struct attachments *book)
{
    struct list *old = book->buckets;
    size_t n_old = book->n_buckets;
    struct list *grown = malloc(2 * n_old * sizeof(*grown));

    if (!grown)
        return;
    for (size_t i = 0; i < 2 * n_old; i++)
        list_init(&grown[i]);
    book->buckets = grown;
    book->n_buckets = 2 * n_old;
    for (size_t i = 0; i < n_old; i++) {
        for (struct list *node = list_pop(&old[i]); node; node = list_pop(&old[i])) {
            struct attached_run *run = container_of(node, struct attached_run, node);

            list_push(bucket_of(book, run->id), node);
        }
    }
    free(old);
}

void attach_run_enter(struct attachments *book, struct attached_run *run, const char *run_id)
{
    strncpy(run->id, run_id, sizeof(run->id) - 1);
    list_init(&run->of_process);
    list_init(&run->of_holder);
    pthread_mutex_lock(&book->mutex);
    if (book->n_runs >= book->n_buckets)
        book_grow(book);
    list_push(bucket_of(book, run->id), &run->node);
    book->n_runs++;
    pthread_mutex_unlock(&book->mutex);
}

void attach_run_stand(struct attachments *book, struct attached_run *run,
                      struct attach_process *process)
{
    struct attach_process *before = run->process;

    attach_process_use(process);
    list_remove(&run->of_process);
    list_push(&process->runs, &run->of_process);
    pthread_mutex_lock(&book->mutex);
    run->process = process;
    pthread_mutex_unlock(&book->mutex);
    attach_process_leave(book, before);
}

void attach_run_hold(struct attachments *book, struct attached_run *run,
                     struct attach_holder *holder)
{
    list_remove(&run->of_holder);
    if (holder)
        list_push(&holder->runs, &run->of_holder);
    pthread_mutex_lock(&book->mutex);
    run->holder = holder;
    pthread_mutex_unlock(&book->mutex);
}

void attach_run_remove(struct attachments *book, struct attached_run *run)
{
    pthread_mutex_lock(&book->mutex);
    list_remove(&run->node);
    book->n_runs--;
    pthread_mutex_unlock(&book->mutex);
    list_remove(&run->of_process);
    list_remove(&run->of_holder);
    attach_process_leave(book, run->process);
    free(run);
}

const char *attachments_state(struct attachments *book, const char *run_id)
{
    const struct attached_run *run;
    const char *state = NULL;

    if (!book || book->n_runs == 0)
        return NULL;
    pthread_mutex_lock(&book->mutex);
    run = attach_run_find(book, run_id);
    if (run && run->process->gone)
        state = "lost";
    else if (run)
        state = run->holder ? "attached" : "detached";
    pthread_mutex_unlock(&book->mutex);
    return state;
}
