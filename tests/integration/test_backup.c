/*
 * Backups of a daemon that is being written to.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"
#include "program.h"
#include "scene.h"

#define BACKUP "dev.historyd.admin.Backup"

static const char *backup_path(const char *name)
{
    return harness_text("%s/backups/%s", harness_folder(), name);
}

/* About `megabytes` in one run. */
static void history_grow(int megabytes)
{
    const char *payload = harness_repeat("x", 1 << 19);

    scene_run("big");
    for (int i = 0; i < 2 * megabytes; i++)
        wire_call(wire, "AppendEvents",
                  "{'run_id':'big','events':[{'type':'a','payload':{'t':'%s'}}]}", payload);
}

START_TEST(holds_what_was_acknowledged)
{
    struct wire *writer = wire_open(subject);
    struct stat status;
    int64_t acknowledged;
    cJSON *reply;
    int n_answers = 0;

    history_grow(10);
    acknowledged = scene_event("big", "before");
    wire_start(wire, BACKUP, "'more':true", "{'name':'b.db'}");
    do {
        reply = wire_reply(wire);
        ck_assert_ptr_null(cJSON_GetObjectItem(reply, "error"));
        n_answers++;
        wire_call(writer, "AppendEvents", "{'run_id':'big','events':[{'type':'during'}]}");
    } while (cJSON_IsTrue(cJSON_GetObjectItem(reply, "continues")));
    ck_assert_int_gt(n_answers, 1);
    ck_assert_int_eq(answer_int(reply, "parameters.pages_done"),
                     answer_int(reply, "parameters.pages_total"));
    ck_assert_int_eq(stat(backup_path("b.db"), &status), 0);
    ck_assert_int_eq(answer_int(reply, "parameters.bytes"), status.st_size);
    ck_assert_int_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(stat(backup_path("."), &status), 0);
    ck_assert_int_eq(status.st_mode & 07777, 0700);
    ck_assert(!harness_exists(backup_path("b.db-wal")));
    ck_assert_str_eq(database_rows(backup_path("b.db"), "PRAGMA integrity_check"), "ok\n");
    ck_assert_int_ge(database_int(backup_path("b.db"), "SELECT max(seq) FROM events"),
                     acknowledged);
    ck_assert_int_eq(database_int(backup_path("b.db"), "SELECT max(seq) - count(*) FROM events"),
                     0);
}
END_TEST

START_TEST(a_daemon_starts_from_it)
{
    const char *path = backup_path("b.db"); /* kept longer than who uses it */
    struct subject *second = subject_new("second");

    scene_run("r");
    wire_call(wire, BACKUP, "{'name':'b.db'}");
    second->database = path;
    subject_start(second);
    answer_matches(wire_call(wire_open(second), "GetRun", "{'run_id':'r'}"), "{'run':{'id':'r'}}");
}
END_TEST

START_TEST(one_at_a_time)
{
    struct wire *second = wire_open(subject);

    history_grow(40);
    wire_start(wire, BACKUP, "'more':true", "{'name':'b.db'}");
    ck_assert(cJSON_IsTrue(cJSON_GetObjectItem(wire_reply(wire), "continues")));
    answer_matches(wire_call_error(second, "dev.historyd.admin.InProgress", BACKUP, NULL),
                   "{'operation':'backup'}");
    /* Who asked is gone, and so is the backup. */
    wire_close(wire);
    for (int64_t deadline = harness_deadline();; harness_turn(deadline, "the backup to end")) {
        const char *text;

        wire_start(second, BACKUP, NULL, "{'name':'c.db'}");
        text = wire_receive(second, NULL);
        if (!strstr(text, "InProgress"))
            break;
    }
    ck_assert(harness_exists(backup_path("c.db")));
    ck_assert(!harness_exists(backup_path("b.db")));
    ck_assert(!harness_exists(backup_path(".b.db.partial")));
}
END_TEST

START_TEST(leftovers_are_removed)
{
    scene_run("r");
    ck_assert_int_eq(mkdir(backup_path(""), 0700), 0);
    harness_write_file(backup_path(".old.db.partial"), "x", 1);
    harness_write_file(backup_path(".other"), "x", 1);
    wire_call(wire, BACKUP, "{'name':'old.db'}");
    ck_assert(!harness_exists(backup_path(".old.db.partial")));
    ck_assert(harness_exists(backup_path(".other")));
    ck_assert(harness_exists(backup_path("old.db")));
}
END_TEST

START_TEST(old_ones_are_rotated)
{
    scene_run("r");
    wire_call(wire, BACKUP, "{'name':'mine.db'}");
    for (int i = 0; i < 3; i++)
        wire_call(wire, BACKUP, NULL);
    answer_matches(wire_call(wire, BACKUP, "{'keep':2}"), "{'removed':2}");
    ck_assert_str_eq(program_shell("ls %s | wc -l", backup_path("")), "3\n");
    ck_assert(harness_exists(backup_path("mine.db")));
}
END_TEST

/* The clock was set back: what was made just now has not the newest name, and stays all the same.
 */
START_TEST(the_new_one_is_not_rotated)
{
    const cJSON *reply;

    scene_run("r");
    ck_assert_int_eq(mkdir(backup_path(""), 0700), 0);
    for (int i = 1; i <= 3; i++)
        harness_write_file(backup_path(harness_text("history-9000010%d-000000.db", i)), "x", 1);
    reply = wire_call(wire, BACKUP, "{'keep':2}");
    answer_matches(reply, "{'removed':2}");
    ck_assert(harness_exists(answer_text(reply, "path")));
    ck_assert(harness_exists(backup_path("history-90000103-000000.db")));
    ck_assert_str_eq(program_shell("ls %s | wc -l", backup_path("")), "2\n");
}
END_TEST

/* A daemon that was started on a backup keeps it, whatever the number. */
START_TEST(one_that_is_served_is_not_rotated)
{
    const char *path = backup_path("history-20200101-000000.db");
    struct subject *second = subject_new("second");

    scene_run("r");
    wire_call(wire, BACKUP, "{'name':'b.db'}");
    ck_assert_int_eq(rename(backup_path("b.db"), path), 0);
    second->database = path;
    subject_start(second);
    for (int i = 0; i < 2; i++)
        wire_call(wire, BACKUP, NULL);
    answer_matches(wire_call(wire, BACKUP, "{'keep':1}"), "{'removed':2}");
    ck_assert(harness_exists(path));
    answer_matches(wire_call(wire_open(second), "GetRun", "{'run_id':'r'}"), "{'run':{'id':'r'}}");
}
END_TEST

START_TEST(a_folder_that_is_none)
{
    const char *folder = harness_path("backups");
    struct program *program;

    harness_write_file(folder, "x", 1);
    program = ctl_run(subject, NULL, "backup");
    program_expect(program, 1);
    ck_assert_msg(strstr(program->err, folder) && strstr(program->err, ": Not a directory; let ") &&
                      strstr(program->err, "[backup]"),
                  "%s", program->err);
}
END_TEST

/* Everything by historyctl, as a person has it. */
START_TEST(by_command)
{
    const char *out;

    scene_run("r");
    wire_call(wire, "AppendEvents",
              "{'run_id':'r','events':[{'seq':1,'type':'a'},{'seq':5,'type':'a'}]}");
    out = ctl_out(subject, "backup mine.db");
    ck_assert_msg(strstr(out, backup_path("mine.db: ")) == out, "%s", out);
    program_expect(ctl_run(subject, NULL, "backup mine.db"), 1);
    program_expect(ctl_run(subject, NULL, "backup ../mine.db"), 1);
    ck_assert_ptr_nonnull(strstr(ctl_out(subject, "backup --json"), "\"bytes\":"));
    ck_assert_str_eq(ctl_out(subject, "check --quick"), "the database is sound\n");
    out = ctl_out(subject, "check --gaps");
    ck_assert_msg(strstr(out, "run r: 3 numbers up to 5 are missing\n"), "%s", out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("backup");
    TCase *test_case = scene_case(suite, "backup", 120);

    tcase_add_test(test_case, holds_what_was_acknowledged);
    tcase_add_test(test_case, a_daemon_starts_from_it);
    tcase_add_test(test_case, one_at_a_time);
    tcase_add_test(test_case, leftovers_are_removed);
    tcase_add_test(test_case, old_ones_are_rotated);
    tcase_add_test(test_case, the_new_one_is_not_rotated);
    tcase_add_test(test_case, one_that_is_served_is_not_rotated);
    tcase_add_test(test_case, a_folder_that_is_none);
    tcase_add_test(test_case, by_command);
    return harness_main(suite);
}
