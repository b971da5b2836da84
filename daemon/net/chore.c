#include "chore.h"

#include <errno.h>
#include <stdlib.h>

#include "loop_private.h"

struct chore {
    uv_work_t work;
    struct loop *loop;
    void (*run)(void *data);
    void (*done)(void *data);
    void *data;
    bool busy;
    bool closing;
};

int chore_new(struct loop *loop, void (*run)(void *data), void (*done)(void *data), void *data,
              struct chore **ret_chore)
{
    struct chore *chore = calloc(1, sizeof(*chore));

    if (!chore)
        return -ENOMEM;
    chore->loop = loop;
    chore->run = run;
    chore->done = done;
    chore->data = data;
    chore->work.data = chore;
    *ret_chore = chore;
    return 0;
}

static void chore_run(uv_work_t *work)
{
    struct chore *chore = work->data;

    chore->run(chore->data);
}

static void chore_done(uv_work_t *work, int status)
{
    struct chore *chore = work->data;

    (void)status;
    chore->busy = false;
    if (!chore->closing)
        chore->done(chore->data);
}

bool chore_start(struct chore *chore)
{
    if (chore->busy)
        return false;
    chore->busy = uv_queue_work(&chore->loop->uv, &chore->work, chore_run, chore_done) == 0;
    return chore->busy;
}

void chore_close(struct chore *chore)
{
    if (!chore)
        return;
    chore->closing = true;
    while (chore->busy)
        uv_run(&chore->loop->uv, UV_RUN_ONCE);
    free(chore);
}
