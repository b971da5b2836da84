#include <stdio.h>
#include <string.h>

#include "backup_task.h"
#include "op.h"
#include "tables.h"

enum { PROGRESS_US = 100000 }; /* between two answers */

struct backup_call {
    struct backup_task task;
    struct call *call;
    int64_t told_us;
    bool blocked; /* the peer's output is full */
    char *path;   /* room for the answer */
    size_t path_size;
};

static struct backup_call *backup_of(struct backup_task *task)
{
    return container_of(task, struct backup_call, task);
}

static int check(struct call *call)
{
    const struct hd_backup_params *params = call->parameters;

    if (params->name && !store_backup_name_is_good(params->name))
        return call_fail_parameter(call, "name");
    if (params->has_keep && params->keep < 1)
        return call_fail_parameter(call, "keep");
    return 0;
}

static struct hd_backup_result progress_of(const struct backup_task *task)
{
    return (struct hd_backup_result){.name = task->name,
                                     .pages_done = task->progress.pages_done,
                                     .pages_total = task->progress.pages_total};
}

/* Now and then, and at least once. A peer that does not read is told the rest at the end. */
static void moved(struct backup_task *task)
{
    struct backup_call *backup = backup_of(task);
    struct hd_backup_result result = progress_of(task);
    struct buffer message = BUFFER_INIT;
    int64_t now = rfc3339_now();

    if (!backup->call->more || backup->blocked ||
        (now >= backup->told_us && now - backup->told_us < PROGRESS_US))
        return;
    backup->told_us = now;
    message_write_reply(&message, true, &hd_backup_result_table, &result);
    if (!message.failed)
        backup->blocked = !call_stream(backup->call, message.data, message.size);
    buffer_clear(&message);
}

/* The backup is there: where this lacks memory the connection ends, and no error is answered. */
static void reply(struct call *call, const struct backup_task *task)
{
    const struct hd_backup_params *params = call->parameters;
    const struct backup_call *backup = call->state;
    struct hd_backup_result result = progress_of(task);

    snprintf(backup->path, backup->path_size, "%s/%s", task->folder, task->name);
    result.path = backup->path;
    result.has_bytes = true;
    result.bytes = task->bytes;
    result.has_removed = params->has_keep;
    result.removed = task->removed;
    call_reply(call, &result);
}

static void ended(struct backup_task *task, int result)
{
    struct call *call = backup_of(task)->call;

    call->service->backup = NULL;
    if (result == 0)
        reply(call, task);
    else if (result == STORE_BACKUP_EXISTS)
        result = call_fail(call, HD_NAME_EXISTS, &(struct hd_name_exists_error){task->name});
    else if (result == STORE_BACKUP_FAILED)
        result =
            call_fail(call, HD_STORAGE_FAILED, &(struct hd_storage_failed_error){task->problem});
    /* One that was cut has no answer yet: the stream's end gives it. */
    if (result != STORE_BUSY)
        call_settle(call, result);
    call_stream_end(call);
}

static int start(struct call *call)
{
    const struct hd_backup_params *params = call->parameters;
    struct backup_call *backup = call->state;
    struct backup_task *task = &backup->task;

    if (call->service->backup)
        return call_fail(call, HD_IN_PROGRESS, &(struct hd_in_progress_error){"backup"});
    backup->call = call;
    task->folder = call->settings->backup_folder;
    backup->path_size = strlen(task->folder) + sizeof(task->name) + 1;
    backup->path = arena_alloc(&call->arena, backup->path_size);
    if (!backup->path)
        return STORE_NO_MEMORY;
    task->named = params->name != NULL;
    snprintf(task->name, sizeof(task->name), "%s", task->named ? params->name : "");
    task->keep = params->has_keep ? params->keep : 0;
    task->moved = moved;
    task->ended = ended;
    call->service->backup = task;
    backup_task_start(task, call->service->store);
    return 0;
}

/* Who wants no answer does not wait for one either. */
static void stop(struct call *call)
{
    struct backup_call *backup = call->state;

    if (!call->oneway || call->service->stopping)
        backup_task_stop(&backup->task);
}

static void resume(struct call *call)
{
    struct backup_call *backup = call->state;

    backup->blocked = false;
}

const struct op op_backup = {
    .kind = OP_TASK,
    .state_size = sizeof(struct backup_call),
    .check = check,
    .start = start,
    .stop = stop,
    .resume = resume,
};
