/* What a start makes of what a power cut or a failed sync left. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_batch.h"

/* --- a database that never was -------------------------------------------------------------------
 */

static void file_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

/* A rollback journal before its first page: of a file that had `pages` pages. */
static void journal_write(unsigned char pages)
{
    static const unsigned char start[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
    unsigned char header[512] = {0};
    char path[256];

    memcpy(header, start, sizeof(start));
    header[19] = pages;
    header[22] = 512 >> 8;
    header[26] = 4096 >> 8;
    snprintf(path, sizeof(path), "%s-journal", fixture.path);
    file_write(path, header, sizeof(header));
}

/* The first write to it was torn: its journal says that it had no page before. */
START_TEST(unborn)
{
    char page[4096];

    memset(page, _i ? 'x' : 0, sizeof(page));
    file_write(fixture.path, page, sizeof(page));
    journal_write(0);
    fixture_open();
    ck_assert_int_eq(insert_run("a", "/r", "t", "running"), 0);
    fixture_close();
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs"), 1);
}
END_TEST

/* It had pages, and they are not ours. */
START_TEST(foreign_with_journal)
{
    char page[4096];

    memset(page, 'x', sizeof(page));
    file_write(fixture.path, page, sizeof(page));
    journal_write(1);
    fixture_open_fails(true);
    ck_assert_msg(strstr(fixture.problem.message, "not a database"), "%s", fixture.problem.message);
}
END_TEST

/* --- the log -------------------------------------------------------------------------------------
 */

static struct {
    bool on;
    off_t log_size;
    off_t log_written; /* from its start, without a gap */
    int log_syncs;     /* when all of it was written; 0: not yet */
    bool database_first;
    bool database_written;
    int writers; /* how often the database was written by another thread or descriptor than before
                  */
    pid_t thread;
    int descriptor;
} watching;

/* SQLite calls it. */
__attribute__((visibility("default"))) ssize_t pwrite64(int fd, const void *bytes, size_t size,
                                                        off64_t offset);

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

static void watch_write(int fd, size_t size, off64_t offset)
{
    char link[64];
    char path[512];
    ssize_t length;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof(path) - 1);
    path[length > 0 ? length : 0] = '\0';
    if (ends_with(path, "-wal")) {
        if (offset == watching.log_written)
            watching.log_written += (off_t)size;
        if (watching.log_written >= watching.log_size && !watching.log_syncs)
            watching.log_syncs = syncs + 1;
    } else if (ends_with(path, strrchr(fixture.path, '/'))) {
        watching.database_written = true;
        watching.writers += watching.thread != gettid() || watching.descriptor != fd;
        watching.thread = gettid();
        watching.descriptor = fd;
        if (!watching.log_syncs || syncs < watching.log_syncs)
            watching.database_first = true;
    }
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    if (watching.on)
        watch_write(fd, size, offset);
    return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

static void killed_daemon(void)
{
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        fixture_open();
        batch_submit();
        batch_wait();
        raise(SIGKILL);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
}

/* Reading the log may find what its failed sync never brought to the disk: all of it is written
 * again and synced before the first page goes from it into the database. */
START_TEST(log_written_again)
{
    struct stat status;
    char path[256];

    fixture_close();
    killed_daemon();
    snprintf(path, sizeof(path), "%s-wal", fixture.path);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_gt(status.st_size, 20000);
    watching.log_size = status.st_size;
    watching.on = true;
    fixture_open();
    watching.on = false;
    ck_assert(watching.database_written);
    ck_assert_int_gt(watching.log_syncs, 0);
    ck_assert(!watching.database_first);
    ck_assert_int_eq(count_events(), BATCH);
}
END_TEST

static int checkpoint_body(struct store_db *db, void *data)
{
    int64_t *pages = data;

    return store_checkpoint(db, &pages[0], &pages[1]);
}

/* A checkpoint beside a writer on two connections can corrupt the database: all that is written to
 * it comes from one thread through one descriptor, whoever reads meanwhile. */
START_TEST(one_connection_writes)
{
    int64_t pages[2] = {0, 0};

    fixture_close();
    fixture.options.checkpoint_pages = 64;
    fixture_open();
    watching.on = true;
    for (int i = 0; i < 40; i++) {
        ck_assert_int_eq(append_typed("r", 0, "t"), 0);
        ck_assert_int_eq(count_events(), i + 1);
    }
    ck_assert_int_eq(run_exclusive(checkpoint_body, pages), 0);
    watching.on = false;
    ck_assert(watching.database_written);
    ck_assert_int_eq(watching.writers, 1);
}
END_TEST

/* --- the folder ----------------------------------------------------------------------------------
 */

/* SQLite passes over it. */
START_TEST(folder_sync_fails)
{
    fixture_close();
    folder_syncs_fail = true;
    fixture_open_fails(false);
    folder_syncs_fail = false;
    fixture_open();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_power");
    TCase *starts = tcase_create("starts");
    TCase *tests = tcase_create("power");

    tcase_add_checked_fixture(starts, fixture_setup, fixture_teardown);
    tcase_add_loop_test(starts, unborn, 0, 2);
    tcase_add_test(starts, foreign_with_journal);
    suite_add_tcase(suite, starts);
    tcase_add_checked_fixture(tests, batch_setup, fixture_teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, log_written_again);
    tcase_add_test(tests, one_connection_writes);
    tcase_add_test(tests, folder_sync_fails);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
