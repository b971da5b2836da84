/* The log's pieces are gathered, and nobody can tell. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_events.h"
#include "store_log.h"
#include "wal_vfs.h"

static int bulk_write(int kib, int result)
{
    struct bulk bulk = {.kib = kib, .result = result};

    return run_write(bulk_body, &bulk);
}

static int64_t log_size(void)
{
    int64_t database;
    int64_t wal;

    store_sizes(fixture.store, &database, &wal);
    return wal;
}

/* --- how many writes ---------------------------------------------------------------------------
 */

START_TEST(one_write_a_commit)
{
    int before;

    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    before = log_writes;
    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    ck_assert_int_eq(log_writes, before + 1);
}
END_TEST

START_TEST(few_writes_for_many_pages)
{
    int64_t size;
    int before;

    fixture_close();
    fixture.options.cache_kib = 16384;
    fixture_open();
    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    size = log_size();
    before = log_writes;
    ck_assert_int_eq(bulk_write(4096, 0), 0);
    ck_assert_int_gt(log_size() - size, 4 << 20);
    ck_assert_int_le(log_writes - before, (log_size() - size) / (64 << 10));
}
END_TEST

/* --- others -------------------------------------------------------------------------------------
 */

static int64_t counted_meanwhile;

static int count_reads_body(struct store_db *db, void *data)
{
    struct event_filter filter = {.run_id = "r"};

    return events_count(db, &filter, data);
}

static void others_read(void)
{
    counted_meanwhile = process_count();
}

/* What is under way, on the disk or not, is nobody's to see. */
START_TEST(others_read_meanwhile)
{
    struct bulk bulk = {.kib = 4096, .meanwhile = others_read};
    int64_t count = -1;

    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(run_write(bulk_body, &bulk), 0);
        ck_assert_int_eq(counted_meanwhile, i * 512 + 1);
        ck_assert_int_eq(run_read(count_reads_body, &count), 0);
        ck_assert_int_eq(count, (i + 1) * 512 + 1);
        log_check(count);
    }
}
END_TEST

START_TEST(readers_beside_batches)
{
    struct bulk bulks[8];
    struct test_job writes[8];
    struct test_job reads[8];
    int64_t counts[8];

    for (int i = 0; i < 8; i++) {
        bulks[i] = (struct bulk){.kib = 1024};
        job_prepare(&writes[i], STORE_WRITE, bulk_body, &bulks[i]);
        job_prepare(&reads[i], STORE_READ, count_reads_body, &counts[i]);
        store_submit(fixture.store, &writes[i].job);
        store_submit(fixture.store, &reads[i].job);
    }
    jobs_wait(16);
    for (int i = 0; i < 8; i++) {
        ck_assert_int_eq(writes[i].job.result, 0);
        ck_assert_int_eq(reads[i].job.result, 0);
        ck_assert_int_eq(counts[i] % 128, 0);
    }
    log_check(8 * 128);
}
END_TEST

/* What a transaction has gathered goes with its lock: the next to write there may be another
 * process, and its commit is a commit. */
START_TEST(rolled_back_before_others_write)
{
    for (int i = 0; i < 8; i++) {
        char sql[256];

        ck_assert_int_eq(bulk_write(512 + i * 24, STORE_BUSY), STORE_BUSY);
        snprintf(sql, sizeof(sql),
                 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
                 "INSERT INTO runs (id, repo_path, started_at, error) "
                 "SELECT %d * 1000 + i, '/o', '" NOW "', hex(zeroblob(400)) FROM n",
                 i + 1);
        killed_exec(sql);
        ck_assert_int_eq(append_typed("r", 0, "t"), 0);
        ck_assert_int_eq(file_int("SELECT count(*) FROM runs"), (i + 1) * 400 + 1);
        log_check(i + 1);
    }
}
END_TEST

START_TEST(rolled_back_then_again)
{
    int64_t n_events = 0;

    for (int kib = 64; kib <= 2048; kib += 248) {
        ck_assert_int_eq(bulk_write(kib, STORE_BUSY), STORE_BUSY);
        log_check(n_events);
        ck_assert_int_eq(bulk_write(kib, 0), 0);
        n_events += kib / BULK_EVENT_KIB;
        log_check(n_events);
    }
    fixture_close();
    fixture_open();
    log_check(n_events);
}
END_TEST

/* Only an acknowledged sync brings the bytes to the file; without one nothing may be gathered. */
START_TEST(unsynced_is_not_gathered)
{
    int before;

    fixture_close();
    fixture.options.synchronous = STORE_SYNC_NORMAL;
    fixture_open();
    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    before = log_writes;
    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    ck_assert_int_ge(log_writes, before + 2);
    log_check(2);
}
END_TEST

/* A commit padded to whole sectors goes on behind its sync. */
START_TEST(padded_is_not_gathered)
{
    sqlite3 *handle = NULL;
    sqlite3 *other;
    char uri[256];

    ck_assert_ptr_nonnull(wal_vfs_name());
    fixture_close();
    snprintf(uri, sizeof(uri), "file:%s?psow=0", fixture.path);
    ck_assert_int_eq(
        sqlite3_open_v2(uri, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, wal_vfs_name()),
        SQLITE_OK);
    other = raw_open();
    for (int i = 1; i <= 50; i++) {
        char sql[128];

        snprintf(sql, sizeof(sql), "UPDATE runs SET total_units = %d, error = hex(randomblob(20))",
                 i);
        raw_exec(handle, sql);
        ck_assert_int_eq(raw_int(other, "SELECT total_units FROM runs"), i);
    }
    sqlite3_close(other);
    sqlite3_close(handle);
}
END_TEST

/* --- a disk that fails ---------------------------------------------------------------------------
 */

/* Whichever write finds no room, in a spill, a read or the commit's sync: the job fails alone and
 * changes nothing, and finds room later. */
static void check_full(int fault)
{
    int64_t n_events = 0;
    int result = STORE_FULL;
    int n_full = 0;

    for (int n = 0; result != 0; n += 1 + n / 8) {
        log_fault = fault;
        log_writes_good = n;
        result = bulk_write(1024, 0);
        log_writes_good = -1;
        if (result == 0) {
            n_events += 128;
        } else {
            ck_assert_int_eq(result, STORE_FULL);
            n_full++;
        }
        ck_assert(!state_now().failed);
        log_check(n_events);
        ck_assert_int_eq(append_typed("r", 0, "t"), 0);
        log_check(++n_events);
    }
    ck_assert_int_gt(n_full, 8);
}

START_TEST(no_room)
{
    check_full(ENOSPC);
}
END_TEST

START_TEST(over_quota)
{
    check_full(EDQUOT);
}
END_TEST

/* Any other failure is for good. */
START_TEST(failing_disk)
{
    int64_t n_events = 0;
    int result = STORE_FAILED;
    int n_failed = 0;

    for (int n = 0; result != 0; n += 1 + n / 8) {
        log_fault = EIO;
        log_writes_good = n;
        result = bulk_write(1024, 0);
        log_writes_good = -1;
        if (result == 0) {
            n_events += 128;
            continue;
        }
        ck_assert_int_eq(result, STORE_FAILED);
        n_failed++;
        ck_assert(state_now().failed);
        ck_assert_int_eq(append_typed("r", 0, "t"), STORE_FAILED);
        fixture_close();
        fixture_open();
        log_check(n_events);
    }
    ck_assert_int_gt(n_failed, 4);
    log_check(n_events);
}
END_TEST

/* A transaction that SQLite keeps open behind the failure, for it gives up the statement alone. */
START_TEST(lost_stays_lost)
{
    int n_kept = 0;

    fixture_close();
    for (int n = 0; n < 24; n++) {
        sqlite3 *handle = NULL;
        int rc;

        ck_assert_int_eq(
            sqlite3_open_v2(fixture.path, &handle, SQLITE_OPEN_READWRITE, wal_vfs_name()),
            SQLITE_OK);
        raw_exec(handle, "PRAGMA cache_size = 20; DELETE FROM runs; BEGIN; "
                         "INSERT INTO runs (id, repo_path, started_at) VALUES ('kept', '/', '')");
        log_fault = ENOSPC;
        log_writes_good = n;
        rc = sqlite3_exec(
            handle,
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
            "INSERT INTO runs (id, repo_path, started_at, error) "
            "SELECT hex(i * 7919 % 2003), '/o', '', hex(zeroblob(400)) FROM n",
            NULL, NULL, NULL);
        log_writes_good = -1;
        ck_assert_int_eq(rc, SQLITE_FULL);
        n_kept += !sqlite3_get_autocommit(handle);
        rc = sqlite3_exec(handle, "COMMIT", NULL, NULL, NULL);
        sqlite3_close(handle);
        log_check(0);
        ck_assert_int_eq(file_int("SELECT count(*) FROM runs"), rc == SQLITE_OK);
    }
    ck_assert_int_gt(n_kept, 0);
}
END_TEST

START_TEST(short_writes)
{
    log_halves = true;
    ck_assert_int_eq(bulk_write(1024, 0), 0);
    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    log_halves = false;
    log_check(129);
    fixture_close();
    fixture_open();
    log_check(129);
}
END_TEST

/* --- killed --------------------------------------------------------------------------------------
 */

static void kill_self(void)
{
    raise(SIGKILL);
}

/* Many small commits over a log that starts anew again and again, a big one, and one under way:
 * what was acknowledged is read back from the log's own checksums. */
START_TEST(killed)
{
    int status = 0;
    pid_t child;

    fixture_close();
    fixture.options.checkpoint_pages = 100;
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct bulk last = {.kib = 8192, .meanwhile = kill_self};

        fixture_open();
        for (int i = 0; i < 200; i++)
            ck_assert_int_eq(append_typed("r", 0, "t"), 0);
        ck_assert_int_eq(bulk_write(8192, 0), 0);
        ck_assert_int_eq(append_typed("r", 0, "t"), 0);
        run_write(bulk_body, &last);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    log_check(200 + 1024 + 1);
    fixture_open();
    log_check(200 + 1024 + 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_wal_vfs");
    TCase *tests = tcase_create("wal_vfs");

    tcase_add_checked_fixture(tests, log_setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, one_write_a_commit);
    tcase_add_test(tests, few_writes_for_many_pages);
    tcase_add_test(tests, others_read_meanwhile);
    tcase_add_test(tests, readers_beside_batches);
    tcase_add_test(tests, rolled_back_before_others_write);
    tcase_add_test(tests, rolled_back_then_again);
    tcase_add_test(tests, unsynced_is_not_gathered);
    tcase_add_test(tests, padded_is_not_gathered);
    tcase_add_test(tests, no_room);
    tcase_add_test(tests, over_quota);
    tcase_add_test(tests, failing_disk);
    tcase_add_test(tests, lost_stays_lost);
    tcase_add_test(tests, short_writes);
    tcase_add_test(tests, killed);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
