#include "seq_daemon.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attachments.h"
#include "fuzz.h"
#include "op.h"
#include "remover.h"
#include "watcher.h"

enum { STREAMS = 8 };

static char folder[64];
static char path[128];
static struct service service;
static struct watch_hub hub;
static struct remover remover;
static struct attachments attachments;
static struct attach_holder holder;
static bool remover_rests; /* it wants to go on later */
static struct seq_stream *streams[STREAMS];

/* Store threads wake the one thread that calls us. */
static atomic_bool woken;
static sem_t wakes;

static void wake(void *data)
{
    (void)data;
    if (!atomic_exchange(&woken, true))
        sem_post(&wakes);
}

static void remover_wait(void *data, int64_t milliseconds)
{
    (void)data;
    (void)milliseconds;
    remover_rests = true;
}

/* --- streams and late answers ----------------------------------------------------------------- */

static struct seq_stream *stream_of(const struct call *call)
{
    for (size_t i = 0; i < STREAMS; i++)
        if (streams[i] && streams[i]->call == call)
            return streams[i];
    return NULL;
}

static bool host_stream(struct call *call, const char *messages, size_t size)
{
    struct seq_stream *stream = stream_of(call);

    fuzz_demand(stream && !stream->ended, "a call that does not stream is told something");
    buffer_append(&stream->told, messages, size);
    stream->full = stream->narrow;
    return !stream->full;
}

static void host_done(struct call *call)
{
    struct seq_stream *stream = stream_of(call);

    call->phase = CALL_DONE;
    if (stream)
        stream->ended = true;
}

static const struct call_host host = {.stream = host_stream, .done = host_done};

/* --- the loop --------------------------------------------------------------------------------- */

static int call_run_job(struct store_job *job, struct store_db *db)
{
    struct call *call = container_of(job, struct call, job);

    return call->entry->op->run(call, db);
}

static void job_back(struct store_job *job)
{
    struct call *call = container_of(job, struct call, job);

    if (watch_hub_owns_job(job)) {
        watch_hub_job_done(&hub, job);
    } else if (remover_owns_job(job)) {
        remover_job_done(&remover);
    } else {
        if (call->entry->op->done)
            call->entry->op->done(call, job->result);
        call_settle(call, job->result);
        call->phase = CALL_DONE;
    }
}

/* Takes what is done; false when there was nothing. */
static bool collect(void)
{
    struct list done;
    bool any;

    list_init(&done);
    store_take_done(service.store, &done);
    any = !list_empty(&done);
    for (struct list *node = list_pop(&done); node; node = list_pop(&done))
        job_back(container_of(node, struct store_job, node));
    watch_hub_committed(&hub);
    return any;
}

static bool busy(void)
{
    struct store_state state;

    store_state(service.store, &state);
    return state.jobs_waiting > 0;
}

/* False when nothing is under way. What waited is asked before what is done is taken: a job is one
 * or the other, and its wake comes after. */
static bool turn(void)
{
    bool waits = busy();

    if (collect())
        return true;
    if (!waits)
        return false;
    while (sem_wait(&wakes) < 0)
        ;
    atomic_store(&woken, false);
    return true;
}

/* Streams that were full have room again. False when there was none. */
static bool streams_resume(void)
{
    bool any = false;

    for (size_t i = 0; i < STREAMS; i++)
        if (streams[i] && streams[i]->full) {
            streams[i]->full = false;
            any = true;
            streams[i]->call->entry->op->resume(streams[i]->call);
        }
    return any;
}

static void settle(void)
{
    do {
        if (remover_rests) {
            remover_rests = false;
            remover_go_on(&remover);
        }
        while (turn())
            ;
    } while (remover_rests || streams_resume());
}

/* --- the store -------------------------------------------------------------------------------- */

static void open_store(void)
{
    const struct store_options options = {
        .path = path,
        .version = "fuzz",
        .readers = 1,
        .cache_kib = 1024,
        .checkpoint_pages = 1000,
        .journal_bytes = 1 << 20,
        .synchronous = STORE_SYNC_NORMAL,
        .wake = wake,
    };
    struct store_problem problem;

    fuzz_demand(store_open(&options, &service.store, &problem) == 0, "%s", problem.message);
    watch_hub_init(&hub, service.store);
    remover_init(&remover, service.store, remover_wait, NULL);
    remover_resume(&remover);
    settle();
}

static void close_store(void)
{
    fuzz_demand(hub.n_watchers == 0 && service.calls == 0, "something is under way");
    remover_stop(&remover);
    settle();
    store_close(service.store);
    service.store = NULL;
}

static void files_remove(void)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal", "-lock"};
    char name[160];

    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, tails[i]);
        unlink(name);
    }
}

static void service_open(void)
{
    static const struct attach_system nobody;
    const struct settings settings = {.limits = limits_default, .calls = 1000};

    strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/historyd-fuzz-XXXXXX"
                                                 : "/tmp/historyd-fuzz-XXXXXX");
    fuzz_demand(mkdtemp(folder) && sem_init(&wakes, 0, 0) == 0, "no folder");
    snprintf(path, sizeof(path), "%s/history.db", folder);
    service = (struct service){.watches = &hub,
                               .remover = &remover,
                               .attachments = &attachments,
                               .settings = settings_new(&settings),
                               .version = "fuzz",
                               .database = path};
    list_init(&service.writes);
    fuzz_demand(service.settings &&
                    attachments_init(&attachments, &nobody, NULL, "boot", &service.writes) == 0,
                "out of memory");
    attach_holder_init(&holder, getpid(), NULL);
    atexit(seq_daemon_end);
}

void seq_daemon_fresh(void)
{
    if (!service.settings)
        service_open();
    if (service.store)
        close_store();
    files_remove();
    open_store();
}

void seq_daemon_restart(void)
{
    close_store();
    open_store();
}

void seq_daemon_end(void)
{
    if (!service.store)
        return;
    close_store();
    files_remove();
    rmdir(folder);
    attach_holder_close(&attachments, &holder);
    attachments_clear(&attachments);
    settings_leave(service.settings);
    sem_destroy(&wakes);
    service = (struct service){.store = NULL};
}

/* --- calls ------------------------------------------------------------------------------------ */

struct call *seq_daemon_take(const char *text, size_t size, const char *now)
{
    struct call *call = call_new(&service, getuid(), ROLES_ALL);
    int r;

    fuzz_demand(call, "out of memory");
    call->host = &host;
    call->holder = &holder;
    memcpy(call->now, now, strlen(now) + 1);
    r = call_read(call, text, size);
    if (r != 0) {
        call_settle(call, r);
        call->phase = CALL_DONE;
    }
    return call;
}

static void call_start(struct call *call)
{
    const struct op *op = call->entry->op;
    int r;

    call->phase = CALL_RUNNING;
    call->job.run = call_run_job;
    switch (op->kind) {
    case OP_READ:
    case OP_SLOW_READ:
    case OP_LONG_READ:
        call->job.kind = STORE_READ;
        store_submit(service.store, &call->job);
        return;
    case OP_WRITE:
    case OP_EXCLUSIVE:
        call->job.kind = op->kind == OP_WRITE ? STORE_WRITE : STORE_EXCLUSIVE;
        list_push(&service.writes, &call->job.node);
        return;
    case OP_LOCAL:
    case OP_LATE:
    case OP_STREAM:
    case OP_TASK:
        r = op->start(call);
        if (r == 0 && op->kind != OP_LOCAL)
            return;
        call_settle(call, r);
        host_done(call);
        return;
    }
}

void seq_daemon_run(struct call *const *calls, size_t n_calls)
{
    for (size_t i = 0; i < n_calls; i++)
        if (calls[i]->phase == CALL_WAITING)
            call_start(calls[i]);
    store_submit_all(service.store, &service.writes);
    settle();
    for (size_t i = 0; i < n_calls; i++)
        fuzz_demand(calls[i]->phase == CALL_DONE, "a call is not answered");
}

void seq_daemon_stream(struct seq_stream *stream, struct call *call)
{
    size_t place = 0;

    while (streams[place])
        fuzz_demand(++place < STREAMS, "too many streams");
    streams[place] = stream;
    stream->call = call;
    stream->ended = call->phase == CALL_DONE;
    if (!stream->ended)
        call_start(call);
    settle();
}

void seq_daemon_stream_close(struct seq_stream *stream)
{
    if (!stream->ended)
        stream->call->entry->op->stop(stream->call);
    settle();
    fuzz_demand(stream->ended, "a stream does not end");
    for (size_t i = 0; i < STREAMS; i++)
        if (streams[i] == stream)
            streams[i] = NULL;
    call_free(stream->call);
    buffer_clear(&stream->told);
    stream->call = NULL;
}

void seq_daemon_state(struct store_state *ret_state)
{
    store_state(service.store, ret_state);
}
