#include "attach_machine.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "attachment_rows.h"
#include "store_fixture.h"

struct machine machine;
struct attachments book;
struct list writes;

static int loaded;

static int64_t machine_now(void *data)
{
    (void)data;
    return machine.now;
}

static int machine_find(void *data, pid_t pid, int *ret_pidfd, int64_t *ret_start)
{
    (void)data;
    if (machine.start[pid] == 0)
        return -ESRCH;
    *ret_start = machine.start[pid] > 0 ? machine.start[pid] : ATTACH_START_UNKNOWN;
    *ret_pidfd = machine.pidfds ? 100 : -1;
    machine.open_pidfds += machine.pidfds;
    return 0;
}

static int machine_find_peer(void *data, const struct attach_holder *peer, int *ret_pidfd,
                             int64_t *ret_start)
{
    return machine_find(data, peer->pid, ret_pidfd, ret_start);
}

static void machine_discard(void *data, int pidfd)
{
    (void)data;
    ck_assert_int_eq(pidfd, 100);
    machine.open_pidfds--;
}

static void *machine_watch(void *data, int pidfd, struct attach_process *process)
{
    ck_assert_int_eq(pidfd, 100);
    if (!machine.watches) {
        machine_discard(data, pidfd);
        return NULL;
    }
    machine.n_watches++;
    return process;
}

static void machine_unwatch(void *data, void *watch)
{
    ck_assert_ptr_nonnull(watch);
    machine_discard(data, 100);
}

static void machine_stopped(void *data, const char *run_id, pid_t pid)
{
    (void)data;
    ck_assert_int_gt(pid, 0);
    strcat(machine.stopped, " ");
    strcat(machine.stopped, run_id);
}

static const struct attach_system machine_system = {
    .now = machine_now,
    .find_peer = machine_find_peer,
    .find = machine_find,
    .watch = machine_watch,
    .unwatch = machine_unwatch,
    .discard = machine_discard,
    .stopped = machine_stopped,
};

void book_open(void)
{
    list_init(&writes);
    ck_assert_int_eq(attachments_init(&book, &machine_system, NULL, BOOT, &writes), 0);
}

void machine_setup(void)
{
    fixture_setup();
    fixture.options.synchronous = STORE_SYNC_NORMAL;
    fixture_open();
    machine.pidfds = machine.watches = true;
    machine.start[1] = 11;
    machine.start[2] = 22;
    book_open();
}

void machine_teardown(void)
{
    attachments_clear(&book);
    ck_assert_int_eq(machine.open_pidfds, 0);
    fixture_teardown();
}

void settle(void)
{
    for (;;) {
        struct list done;
        bool waits;

        store_submit_all(fixture.store, &writes);
        waits = state_now().jobs_waiting > 0;
        list_init(&done);
        store_take_done(fixture.store, &done);
        if (list_empty(&done) && list_empty(&writes) && !waits)
            return;
        for (struct list *node = list_pop(&done); node; node = list_pop(&done)) {
            struct store_job *job = container_of(node, struct store_job, node);

            ck_assert(attachments_owns_job(job));
            attachments_job_done(&book, job);
        }
        poll(NULL, 0, 1);
    }
}

static void note_loaded(void *data, int result)
{
    (void)data;
    loaded = result;
}

void load(void)
{
    loaded = 1;
    ck_assert_int_eq(attachments_load(&book, fixture.store, note_loaded, NULL), 0);
    settle();
    ck_assert_int_eq(loaded, 0);
}

void run_make(const char *id)
{
    ck_assert_int_eq(insert_run(id, "/r", "2026-01-20T14:30:52.000000Z", "running"), 0);
}

void run_left(const char *id, int64_t pid, int64_t start, const char *boot)
{
    char sql[512];

    run_make(id);
    snprintf(sql, sizeof(sql), "INSERT INTO attachments VALUES ('%s', %lld, '%s', %lld)", id,
             (long long)pid, boot, (long long)start);
    file_exec(sql);
}

void is(const char *run, const char *state)
{
    const char *found = attachments_state(&book, run);

    ck_assert_msg(found && strcmp(found, state) == 0, "%s is %s, not %s", run,
                  found ? found : "in no book", state);
}

void tick(int64_t after_ms)
{
    machine.now += after_ms;
    attachments_tick(&book, 1000);
    settle();
}

bool runs_status(const char *run, const char *status)
{
    char sql[128];

    snprintf(sql, sizeof(sql), "SELECT status = '%s' FROM runs WHERE id = '%s'", status, run);
    return file_int(sql) == 1;
}

void claim(struct attach_holder *claimant, const char *run)
{
    ck_assert_int_eq(attachments_prepare(&book, claimant), 0);
    attachments_settle(&book, claimant, run);
}
