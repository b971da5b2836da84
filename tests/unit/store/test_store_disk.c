/* What a disk, or the lack of it, does to a commit. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_batch.h"

/* --- durability ---------------------------------------------------------------------------------
 */

/* Whatever an earlier daemon left is synced before the store is open, and a job before it comes
 * back. */
START_TEST(synced)
{
    int before;

    fixture_close();
    before = syncs;
    fixture_open();
    ck_assert_int_gt(syncs, before);
    before = syncs;
    ck_assert_int_eq(append_typed("r", 1, "t"), 0);
    ck_assert_int_eq(syncs, before + 1);
    /* Known already: nothing to write, nothing to sync. */
    ck_assert_int_eq(append_typed("r", 1, "t"), 0);
    ck_assert_int_eq(syncs, before + 1);
}
END_TEST

START_TEST(synced_normal)
{
    int before;

    fixture_close();
    fixture.options.synchronous = STORE_SYNC_NORMAL;
    before = syncs;
    fixture_open();
    /* The start is synced all the same. */
    ck_assert_int_gt(syncs, before);
    before = syncs;
    ck_assert_int_eq(append_typed("r", 1, "t"), 0);
    ck_assert_int_eq(syncs, before);
}
END_TEST

/* Acknowledged, then killed. */
START_TEST(killed)
{
    int status = 0;
    pid_t child;

    fixture_close();
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        fixture_open();
        batch_submit();
        batch_wait();
        raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    fixture_open();
    ck_assert_int_eq(count_events(), BATCH);
    ck_assert_int_eq(state_now().last_event_id, BATCH);
    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    ck_assert_int_eq(state_now().last_event_id, BATCH + 1);
}
END_TEST

/* A failed sync is final: for the batch, for what waits, for what comes later; reads included. */
START_TEST(sync_fails_for_good)
{
    int64_t count = -1;
    struct store_state state;

    ck_assert_int_eq(append_typed("r", 1000, "t"), 0);
    syncs_good = 0;
    batch_submit();
    batch_wait();
    for (int i = 0; i < BATCH; i++) {
        ck_assert_int_eq(batch.jobs[i].job.result, STORE_FAILED);
        ck_assert_int_eq(batch.writes[i].runs, 1);
    }
    state = state_now();
    ck_assert(state.failed);
    ck_assert_msg(strstr(state.failure, "Input/output error"), "%s", state.failure);
    ck_assert_int_eq(state.events_appended, 1);
    syncs_good = -1;
    ck_assert_int_eq(append_typed("r", 2000, "t"), STORE_FAILED);
    ck_assert_int_eq(run_read(count_body, &count), STORE_FAILED);
    fixture_close();
    fixture_open();
    ck_assert(!state_now().failed);
    ck_assert_int_eq(append_typed("r", 2000, "t"), 0);
}
END_TEST

/* The same event twice in one batch: the second wrote nothing, and yet is as good as the first only
 * when that is on the disk. */
START_TEST(duplicate_waits_for_the_sync)
{
    struct write writes[2] = {{.seq = 7}, {.seq = 7}};
    struct test_job jobs[2];

    gate_shut();
    for (int i = 0; i < 2; i++) {
        job_prepare(&jobs[i], STORE_WRITE, write_body, &writes[i]);
        store_submit(fixture.store, &jobs[i].job);
    }
    syncs_good = 0;
    gate_open();
    jobs_wait(3);
    syncs_good = -1;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(writes[i].runs, 1);
        ck_assert_int_eq(jobs[i].job.result, STORE_FAILED);
    }
}
END_TEST

static int nothing_body(struct store_db *db, void *data)
{
    (void)db;
    (void)data;
    return 0;
}

/* The same in a checkpoint, also in one that nobody asked for. */
START_TEST(checkpoint_sync_fails)
{
    fixture_close();
    fixture.options.checkpoint_pages = 1;
    fixture_open();
    syncs_good = 1; /* the commit's */
    ck_assert_int_eq(append_typed("r", 1, "t"), 0);
    /* It comes after the commit's jobs are back, and before this one, which needs no sync. */
    ck_assert_int_eq(run_exclusive(nothing_body, NULL), STORE_FAILED);
    ck_assert(state_now().failed);
    syncs_good = -1;
}
END_TEST

START_TEST(start_sync_fails)
{
    fixture_close();
    syncs_good = 0;
    fixture_open_fails(false);
    syncs_good = -1;
    fixture_open();
}
END_TEST

/* The last checkpoint is not tried again by closing: a second sync would succeed for pages that the
 * failed one has lost, and the log that still has them would go. */
START_TEST(close_sync_fails)
{
    struct stat status;
    char path[256];
    int before;

    ck_assert_int_eq(append_typed("r", 1, "t"), 0);
    before = syncs;
    syncs_good = _i; /* the log's comes before the database's */
    ck_assert_int_eq(store_close(fixture.store), STORE_FAILED);
    fixture.store = NULL;
    ck_assert_int_eq(syncs, before + _i + 1);
    syncs_good = -1;
    snprintf(path, sizeof(path), "%s-wal", fixture.path);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_gt(status.st_size, 0);
    fixture_open();
    ck_assert_int_eq(count_events(), 1);
}
END_TEST

/* --- no room ------------------------------------------------------------------------------------
 */

static void room_set(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Jobs that need more room than there is come back so, those that find it do not; then there is
 * room again. */
START_TEST(full)
{
    char payload[65537];
    struct stat status;
    char wal[256];
    int n_full = 0;

    signal(SIGXFSZ, SIG_IGN);
    memset(payload, '1', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = '\0';
    for (int i = 0; i < BATCH; i++)
        batch.writes[i].payload = i % 2 ? payload : NULL;
    snprintf(wal, sizeof(wal), "%s-wal", fixture.path);
    ck_assert_int_eq(stat(wal, &status), 0);
    room_set((rlim_t)status.st_size + (1 << 20));
    batch_submit();
    batch_wait();
    for (int i = 0; i < BATCH; i++) {
        ck_assert(batch.jobs[i].job.result == 0 || batch.jobs[i].job.result == STORE_FULL);
        n_full += batch.jobs[i].job.result == STORE_FULL;
    }
    ck_assert_int_gt(n_full, 10);
    ck_assert_int_lt(n_full, BATCH);
    ck_assert(!state_now().failed);
    ck_assert_int_eq(count_events(), BATCH - n_full);
    room_set(RLIM_INFINITY);
    for (int i = 0; i < BATCH; i++)
        if (batch.jobs[i].job.result == STORE_FULL)
            ck_assert_int_eq(run_write(write_body, &batch.writes[i]), 0);
    ck_assert_int_eq(count_events(), BATCH);
    fixture_close();
    ck_assert_int_eq(file_int("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}
END_TEST

static void file_fill(const char *path)
{
    static char block[4096];
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    setvbuf(file, NULL, _IONBF, 0);
    while (fwrite(block, 1, sizeof(block), file) == sizeof(block))
        ;
    fclose(file);
}

/* A real disk without room, where one can be had. */
START_TEST(full_disk)
{
    char path[256];
    char payload[65537];
    struct write write = {.seq = 1, .payload = payload};

    fixture_close();
    /* A mount of this process's own goes with it, however the test ends. */
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", fixture.folder, "tmpfs", 0, "size=4m") != 0)
        return;
    memset(payload, '1', sizeof(payload) - 1);
    payload[sizeof(payload) - 1] = '\0';
    fixture_open();
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
    snprintf(path, sizeof(path), "%s/filler", fixture.folder);
    file_fill(path);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(run_write(write_body, &write), STORE_FULL);
    ck_assert_int_eq(count_events(), 0);
    ck_assert(!state_now().failed);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(run_write(write_body, &write), 0);
    ck_assert_int_eq(count_events(), 1);
    fixture_close();
    ck_assert_int_eq(umount(fixture.folder), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_disk");
    TCase *tests = tcase_create("disk");

    tcase_add_checked_fixture(tests, batch_setup, fixture_teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, synced);
    tcase_add_test(tests, synced_normal);
    tcase_add_test(tests, killed);
    tcase_add_test(tests, sync_fails_for_good);
    tcase_add_test(tests, duplicate_waits_for_the_sync);
    tcase_add_test(tests, checkpoint_sync_fails);
    tcase_add_test(tests, start_sync_fails);
    tcase_add_loop_test(tests, close_sync_fails, 0, 2);
    tcase_add_test(tests, full);
    tcase_add_test(tests, full_disk);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
