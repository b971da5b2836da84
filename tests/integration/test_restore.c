/*
 * historyctl restore: what it does, what it refuses, and that a killed one leaves the former
 * database or the restored one.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"
#include "program.h"
#include "scene.h"

#define BACKUP "dev.historyd.admin.Backup"

enum { NOBODY = 65534, CALLS_MAX = 100 };

static struct subject *historyd;
static const char *backup; /* has the run `kept` with an event; the database has `later`, too */

static void setup(void)
{
    struct wire *one;

    harness_setup();
    historyd = subject_new("historyd");
    backup = harness_path("backups/b.db");
    subject_start(historyd);
    one = wire_open(historyd);
    wire_call(one, "CreateRun", "{'id':'kept','repo_path':'/r'}");
    wire_call(one, "AppendEvents", "{'run_id':'kept','events':[{'type':'a'}]}");
    wire_call(one, BACKUP, "{'name':'b.db'}");
    wire_call(one, "CreateRun", "{'id':'later','repo_path':'/r'}");
    wire_close(one);
}

static const char *beside(const char *suffix)
{
    return harness_text("%s%s", historyd->database, suffix);
}

static struct program *restore(const char *from)
{
    return ctl_run(historyd, NULL, "restore %s --database %s", from, historyd->database);
}

/* The ids of its runs, as a daemon that starts on it has them. */
static const char *served_runs(void)
{
    subject_start(historyd);
    subject_stop(historyd);
    return database_rows(historyd->database, "SELECT id FROM runs ORDER BY id");
}

/* Where the former database went, the newest of them. */
static const char *aside(void)
{
    char *name = harness_text("%s", program_shell("ls %s.2* | grep -E '[0-9]{8}-[0-9]{6}$' |"
                                                  " tail -n 1",
                                                  historyd->database));

    name[strcspn(name, "\n")] = '\0';
    return name;
}

static void nothing_is_left(void)
{
    ck_assert(!harness_exists(beside("-restoring")));
    ck_assert(!harness_exists(beside("-restored")));
}

static void refused(struct program *program, const char *words)
{
    program_expect(program, 1);
    ck_assert_msg(strstr(program->err, words), "no '%s' in: %s", words, program->err);
    nothing_is_left();
}

START_TEST(puts_the_backup_there)
{
    struct program *program;
    struct stat status;
    const char *former;

    subject_stop(historyd);
    ck_assert_int_eq(chmod(historyd->database, 0640), 0);
    program = restore(backup);
    program_expect(program, 0);
    former = aside();
    ck_assert_str_eq(program->out, harness_text("%s: restored from %s: 1 run, 1 event, 0.1 MiB\n"
                                                "The former database is now %s\n",
                                                historyd->database, backup, former));
    nothing_is_left();
    ck_assert_int_eq(stat(historyd->database, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0640);
    ck_assert_str_eq(database_rows(former, "SELECT id FROM runs ORDER BY id"), "kept\nlater\n");
    ck_assert_str_eq(served_runs(), "kept\n");
    ck_assert_str_eq(database_rows(backup, "SELECT id FROM runs"), "kept\n");
    /* And there again, within the same second perhaps. */
    program =
        ctl_run(historyd, NULL, "--json restore %s --database %s", former, historyd->database);
    program_expect(program, 0);
    ck_assert_str_ne(aside(), former);
    ck_assert_ptr_nonnull(strstr(program->out, harness_text("'aside':'%s'", aside())));
    ck_assert_str_eq(served_runs(), "kept\nlater\n");
}
END_TEST

START_TEST(not_below_a_daemon)
{
    struct program *program = restore(backup);

    refused(program, harness_text("pid %d", historyd->pid));
    refused(program, "systemctl stop historyd.service historyd.socket");
    subject_stop(historyd);
    ck_assert_str_eq(served_runs(), "kept\nlater\n");
}
END_TEST

START_TEST(where_there_is_none)
{
    struct stat status;

    subject_stop(historyd);
    historyd->database = harness_path("new.db");
    program_expect(restore(backup), 0);
    ck_assert_int_eq(stat(historyd->database, &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0600);
    ck_assert_str_eq(served_runs(), "kept\n");
    program_expect(
        ctl_run(historyd, NULL, "restore %s --database %s", backup, harness_path("missing/new.db")),
        1);
}
END_TEST

START_TEST(in_the_place_of_a_damaged_one)
{
    const char *letter = harness_repeat("This is no database.\n", 400);
    size_t size;

    subject_stop(historyd);
    harness_write_file(historyd->database, letter, strlen(letter));
    harness_write_file(beside("-wal"), letter, strlen(letter));
    harness_write_file(beside("-journal"), letter, 100);
    program_expect(restore(backup), 0);
    ck_assert_str_eq(harness_read_file(aside(), &size), letter);
    ck_assert_str_eq(harness_read_file(harness_text("%s-wal", aside()), &size), letter);
    ck_assert_str_eq(served_runs(), "kept\n");
}
END_TEST

/* A page of the index of events by type: what it says no longer fits the table. */
static void backup_damage(void)
{
    int64_t page = database_int(backup, "SELECT rootpage FROM sqlite_schema"
                                        " WHERE name = 'idx_events_type'");
    FILE *file = fopen(backup, "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (page - 1) * 4096 + 4095, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite("\x5a", 1, 1, file), 1);
    ck_assert_int_eq(fclose(file), 0);
}

static const struct {
    const char *sql; /* makes it of the good backup; NULL: see the test */
    const char *words;
} bad_backups[] = {
    {"PRAGMA application_id = 252006674", "belongs to another program"},
    {"INSERT INTO schema_version VALUES (99, 't')", "schema version 99"},
    {"DROP TABLE attachments; DROP TABLE pins; DROP TABLE removals; DROP TABLE graphs",
     "lacks the table graphs"},
    {"DELETE FROM runs", "refers to a row of runs that is missing"},
    {"DROP INDEX idx_events_run", "idx_events_run"},
    {NULL, "damaged"},
};

START_TEST(no_bad_backup)
{
    size_t size;
    size_t size_after;
    const char *before;

    subject_stop(historyd);
    before = harness_read_file(historyd->database, &size);
    if (bad_backups[_i].sql)
        database_run(backup, bad_backups[_i].sql);
    else
        backup_damage();
    refused(restore(backup), bad_backups[_i].words);
    ck_assert_mem_eq(harness_read_file(historyd->database, &size_after), before, size);
    ck_assert_uint_eq(size_after, size);
}
END_TEST

START_TEST(no_other_file)
{
    const char *letter = harness_path("letter");

    subject_stop(historyd);
    harness_write_file(letter, "Dear reader", 11);
    refused(restore(letter), "not a database");
    refused(restore(harness_path("missing")), "No such file");
    refused(restore(harness_folder()), "no regular file");
    refused(restore(historyd->database), "the database itself");
    database_run(harness_path("empty.db"), "PRAGMA user_version = 1");
    refused(restore(harness_path("empty.db")), "without a history");
    harness_write_file(harness_text("%s-wal", backup), "x", 1);
    refused(restore(backup), "is no backup");
    program_expect(ctl_run(historyd, NULL, "restore"), 2);
    ck_assert_str_eq(served_runs(), "kept\nlater\n");
}
END_TEST

START_TEST(a_full_disk)
{
    const char *const short_files[] = {
        "/bin/sh",
        "-c",
        "ulimit -f 96 && exec \"$0\" --restore \"$1\" --database \"$2\"",
        subject_program(),
        backup,
        historyd->database,
        NULL};

    subject_stop(historyd);
    harness_write_file(harness_path("fault"), "full", 4);
    setenv("HISTORYD_TEST_FAULT", harness_path("fault"), 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    setenv("LD_PRELOAD", FAILING_DISK, 1);
    refused(restore(backup), "make room on the disk");
    harness_write_file(harness_path("fault"), "sync", 4);
    refused(restore(backup), "Input/output error");
    unsetenv("LD_PRELOAD");
    /* The copy is too long. */
    refused(program_run(NULL, short_files), "no room on the disk for a copy");
    ck_assert_str_eq(served_runs(), "kept\nlater\n");
}
END_TEST

/* --- killed ----------------------------------------------------------------------------------- */

/* The former database again as its daemon left it: killed, the newest run in its log alone. */
static void former_copy(const char *from)
{
    program_shell("rm -f %s* && cp %s %s && cp %s-wal %s-wal", historyd->database, from,
                  historyd->database, from, historyd->database);
}

static const char *former_make(void)
{
    const char *former = harness_path("former");

    subject_kill(historyd);
    program_shell("cp %s %s && cp %s-wal %s-wal", historyd->database, former, historyd->database,
                  former);
    return former;
}

/* After a restore that was killed at the call: one of both, whole; the other one is not lost. */
static void one_of_both(int call)
{
    const char *runs = served_runs();
    bool is_former = strcmp(runs, "kept\nlater\n") == 0;

    ck_assert_msg(is_former || strcmp(runs, "kept\n") == 0, "killed at call %d: %s", call, runs);
    ck_assert_str_eq(database_rows(historyd->database, "PRAGMA integrity_check"), "ok\n");
    nothing_is_left();
    if (!is_former)
        ck_assert_str_eq(database_rows(aside(), "SELECT id FROM runs ORDER BY id"),
                         "kept\nlater\n");
}

static int restore_killed_at(int call)
{
    struct program *program;

    setenv("LD_PRELOAD", DYING_DISK, 1);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    setenv("HISTORYD_TEST_DEATH", harness_text("%d", call), 1);
    program = restore(backup);
    unsetenv("LD_PRELOAD");
    return program->status;
}

START_TEST(killed_anywhere)
{
    const char *former = former_make();
    int status = -SIGKILL;
    int call;

    for (call = 1; status == -SIGKILL; call++) {
        ck_assert_int_lt(call, CALLS_MAX);
        former_copy(former);
        status = restore_killed_at(call);
        if (status == -SIGKILL)
            one_of_both(call);
    }
    ck_assert_int_eq(status, 0);
    ck_assert_int_gt(call, 10);
}
END_TEST

START_TEST(killed_and_done_again)
{
    const char *former = former_make();
    int status = -SIGKILL;

    for (int call = 1; status == -SIGKILL; call++) {
        former_copy(former);
        status = restore_killed_at(call);
        program_expect(restore(backup), 0);
        nothing_is_left();
        ck_assert_str_eq(served_runs(), "kept\n");
        ck_assert_str_eq(program_shell("for f in %s.2*[0-9]; do"
                                       " sqlite3 $f 'SELECT id FROM runs'; done | grep -c later",
                                       historyd->database),
                         "1\n");
    }
    ck_assert_int_eq(status, 0);
}
END_TEST

/* --- whose ------------------------------------------------------------------------------------ */

START_TEST(stays_the_owners)
{
    const char *folder = harness_path("theirs");
    const char *names[] = {"h.db", "h.db-lock", "h.db.2*"};

    subject_stop(historyd);
    if (geteuid() != 0)
        return;
    ck_assert_int_eq(chmod(harness_folder(), 0711), 0);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(chown(folder, NOBODY, NOBODY), 0);
    historyd->database = harness_text("%s/h.db", folder);
    program_expect(restore(backup), 0);
    program_expect(restore(backup), 0);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        ck_assert_str_eq(program_shell("stat -c '%%u %%g %%a' %s/%s", folder, names[i]),
                         harness_text("%d %d 600\n", NOBODY, NOBODY));
}
END_TEST

/* Without --database, as the daemon finds its own. */
START_TEST(finds_the_database)
{
    subject_stop(historyd);
    ck_assert_int_eq(mkdir(harness_path("historyd"), 0700), 0);
    setenv("STATE_DIRECTORY", harness_path("historyd"), 1);
    program_expect(ctl_run(historyd, NULL, "restore %s", backup), 0);
    ck_assert(harness_exists(harness_path("historyd/history.db")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("restore");
    TCase *test_case = harness_case_with(suite, "restore", 120, setup);

    tcase_add_test(test_case, puts_the_backup_there);
    tcase_add_test(test_case, not_below_a_daemon);
    tcase_add_test(test_case, where_there_is_none);
    tcase_add_test(test_case, in_the_place_of_a_damaged_one);
    tcase_add_loop_test(test_case, no_bad_backup, 0, sizeof(bad_backups) / sizeof(bad_backups[0]));
    tcase_add_test(test_case, no_other_file);
    tcase_add_test(test_case, a_full_disk);
    tcase_add_test(test_case, killed_anywhere);
    tcase_add_test(test_case, killed_and_done_again);
    tcase_add_test(test_case, stays_the_owners);
    tcase_add_test(test_case, finds_the_database);
    return harness_main(suite);
}
