#include "store_batch.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct batch batch;

atomic_int syncs;
atomic_int syncs_good = ATOMIC_VAR_INIT(-1);
atomic_bool folder_syncs_fail;

/* SQLite calls these two. */
__attribute__((visibility("default"))) int fdatasync(int fd);
__attribute__((visibility("default"))) int fsync(int fd);

static bool sync_fails(void)
{
    syncs++;
    if (syncs_good == 0) {
        errno = EIO;
        return true;
    }
    if (syncs_good > 0)
        syncs_good--;
    return false;
}

int fdatasync(int fd)
{
    return sync_fails() ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    struct stat status;

    if (folder_syncs_fail && fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
        errno = EIO;
        return -1;
    }
    return sync_fails() ? -1 : (int)syscall(SYS_fsync, fd);
}

void batch_setup(void)
{
    fixture_setup();
    fixture_open();
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
}

int write_body(struct store_db *db, void *data)
{
    struct write *write = data;
    struct event_new event = {
        .has_seq = true, .seq = write->seq, .type = "t", .payload = write->payload};
    struct events_appended appended;
    int r = events_append(db, "r", &event, 1, NOW, &appended);

    write->runs++;
    return r != 0 ? r : write->result;
}

int count_body(struct store_db *db, void *data)
{
    struct event_filter filter = {.run_id = "r"};

    return events_count(db, &filter, data);
}

int64_t count_events(void)
{
    int64_t count = -1;

    ck_assert_int_eq(run_read(count_body, &count), 0);
    return count;
}

void batch_submit(void)
{
    gate_shut();
    for (int i = 0; i < BATCH; i++) {
        batch.writes[i].seq = i + 1;
        job_prepare(&batch.jobs[i], STORE_WRITE, write_body, &batch.writes[i]);
        store_submit(fixture.store, &batch.jobs[i].job);
    }
    ck_assert_uint_eq(state_now().jobs_waiting, BATCH + 1);
}

void batch_wait(void)
{
    gate_open();
    jobs_wait(BATCH + 1);
    ck_assert_uint_eq(state_now().jobs_waiting, 0);
}
