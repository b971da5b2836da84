/*
 * Starting: what is refused, in which words and with which status, and that a refused file stays as
 * it is to the byte.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "database.h"
#include "scene.h"

enum { FAILED = 1, USAGE = 2, REFUSED = 78 };

static struct subject *historyd;

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
}

/* The same, and the database is the same bytes afterwards, with nothing beside it. */
static void refuses(int status, const char *words)
{
    size_t before_size, after_size;
    const char *before = harness_read_file(historyd->database, &before_size);
    const char *after;

    subject_gives_up(historyd, status, words);
    after = harness_read_file(historyd->database, &after_size);
    ck_assert_uint_eq(before_size, after_size);
    ck_assert_mem_eq(before, after, before_size);
    ck_assert(!harness_exists(harness_text("%s-wal", historyd->database)));
    ck_assert(!harness_exists(harness_text("%s-journal", historyd->database)));
}

static void database_make(void)
{
    struct wire *one;

    subject_start(historyd);
    one = wire_open(historyd);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call(one, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}%s]}",
              harness_repeat(",{\"type\":\"a\"}", 2000));
    wire_close(one);
    subject_stop(historyd);
}

START_TEST(a_newer_schema)
{
    database_make();
    database_run(historyd->database,
                 "INSERT INTO schema_version VALUES (99, '2026-01-20T00:00:00Z')");
    refuses(REFUSED, "99");
}
END_TEST

START_TEST(a_foreign_application)
{
    database_run(historyd->database, "PRAGMA application_id = 252006674; CREATE TABLE t (x)");
    refuses(REFUSED, historyd->database);
}
END_TEST

START_TEST(no_database)
{
    const char *text = harness_repeat("This is a letter, not a database.\n", 500);

    harness_write_file(historyd->database, text, strlen(text));
    refuses(REFUSED, historyd->database);
}
END_TEST

START_TEST(a_short_letter)
{
    harness_write_file(historyd->database, "hello\n", 6);
    refuses(REFUSED, historyd->database);
}
END_TEST

START_TEST(a_truncated_file)
{
    struct stat status;

    database_make();
    ck_assert_int_eq(stat(historyd->database, &status), 0);
    ck_assert_int_eq(truncate(historyd->database, status.st_size / 2 / 4096 * 4096), 0);
    refuses(REFUSED, historyd->database);
}
END_TEST

START_TEST(a_file_cut_within_a_page)
{
    struct stat status;

    database_make();
    ck_assert_int_eq(stat(historyd->database, &status), 0);
    ck_assert_int_eq(truncate(historyd->database, status.st_size - 1000), 0);
    refuses(REFUSED, historyd->database);
}
END_TEST

START_TEST(a_folder_for_a_database)
{
    ck_assert_int_eq(mkdir(historyd->database, 0700), 0);
    subject_spawn(historyd);
    ck_assert_int_gt(subject_wait(historyd), 0);
    ck_assert_ptr_nonnull(strstr(subject_output(historyd), historyd->database));
}
END_TEST

START_TEST(a_missing_folder)
{
    historyd->database = harness_path("missing/history.db");
    subject_gives_up(historyd, FAILED, "missing");
    ck_assert(!harness_exists(harness_path("missing")));
}
END_TEST

static bool immutable_set(const char *path, bool on)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int flags = 0;
    bool done;

    ck_assert_int_ge(fd, 0);
    done = ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0;
    flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
    done = done && ioctl(fd, FS_IOC_SETFLAGS, &flags) == 0;
    close(fd);
    return done;
}

START_TEST(a_read_only_folder)
{
    const char *folder = harness_path("state");
    bool immutable = false;

    ck_assert_int_eq(mkdir(folder, 0500), 0);
    historyd->database = harness_path("state/history.db");
    if (geteuid() == 0) {
        immutable = immutable_set(folder, true);
        if (!immutable) {
            fprintf(stderr, "skipped: nothing is read-only for root on this file system\n");
            return;
        }
    }
    subject_spawn(historyd);
    ck_assert_int_eq(subject_wait(historyd), FAILED);
    if (immutable)
        ck_assert(immutable_set(folder, false));
    ck_assert_ptr_nonnull(strstr(subject_output(historyd), folder));
    ck_assert(!harness_exists(historyd->database));
}
END_TEST

START_TEST(one_daemon_a_database)
{
    struct subject *second = subject_new("second");

    subject_start(historyd);
    second->database = historyd->database;
    subject_gives_up(second, FAILED, harness_text("%d", historyd->pid));
    wire_call(wire_open(historyd), "Ping", NULL);
}
END_TEST

START_TEST(the_second_may_start_after_a_kill)
{
    struct subject *second = subject_new("second");

    subject_start(historyd);
    second->database = historyd->database;
    subject_kill(historyd);
    subject_start(second);
    wire_call(wire_open(second), "Ping", NULL);
}
END_TEST

START_TEST(six_at_once)
{
    struct subject *six[6];
    struct subject *winner = NULL;
    int64_t deadline = harness_deadline();
    int ended = 0;
    int status;

    for (int i = 0; i < 6; i++) {
        six[i] = subject_new(harness_text("number%d", i));
        six[i]->database = historyd->database;
    }
    for (int i = 0; i < 6; i++)
        subject_spawn(six[i]);
    while (ended < 5) {
        for (int i = 0; i < 6; i++) {
            if (!six[i]->pid || !subject_has_ended(six[i], &status))
                continue;
            ck_assert_msg(status == FAILED, "%d: %s", status, subject_output(six[i]));
            ended++;
        }
        harness_turn(deadline, "five of six to end");
    }
    for (int i = 0; i < 6; i++)
        if (six[i]->pid)
            winner = six[i];
    ck_assert_ptr_nonnull(winner);
    subject_wait_ready(winner);
    for (int i = 0; i < 6; i++)
        if (six[i] != winner)
            ck_assert_msg(strstr(subject_output(six[i]), harness_text("%d", winner->pid)),
                          "does not name %d: %s", winner->pid, subject_output(six[i]));
    wire_call(wire_open(winner), "CreateRun", "{'repo_path':'/r'}");
}
END_TEST

/* --- configuration and command line ----------------------------------------------------------- */

struct bad_config {
    const char *text;
    const char *place; /* behind the file's name */
    const char *words;
};

static const struct bad_config bad_configs[] = {
    {"[limits]\ncolour = red\n", ":2", "colour"},
    {"\n\n[colours]\nevents = 1\n", ":4", "colours"},
    {"events = 1\n", ":1", "section"},
    {"[limits]\nevents = many\n", ":2", "1 to 100000"},
    {"[limits]\nevents = 0\n", ":2", "1 to 100000"},
    {"[limits]\nevents = 100001\n", ":2", "1 to 100000"},
    {"[limits]\nevents = 10x\n", ":2", "1 to 100000"},
    {"[limits]\nevents = 99999999999999999999\n", ":2", "1 to 100000"},
    {"[limits]\nevents =\n", ":2", "1 to 100000"},
    {"[store]\n# a comment\nsynchronous = sometimes\n", ":3", "full, normal"},
    {"[store]\nreaders = 17\n", ":2", "1 to 16"},
    {"[daemon]\nsocket_mode = 0999\n", ":2", "octal"},
    {"[limits]\nnonsense\n", ":2", ""},
};

START_TEST(a_bad_configuration)
{
    const struct bad_config *bad = &bad_configs[_i];

    subject_configure(historyd, bad->text);
    subject_gives_up(historyd, REFUSED, harness_text("%s%s", historyd->config, bad->place));
    ck_assert_msg(strstr(subject_output(historyd), bad->words), "no '%s' in: %s", bad->words,
                  subject_output(historyd));
    ck_assert(!harness_exists(historyd->database));
}
END_TEST

START_TEST(a_missing_configuration)
{
    historyd->configured = true;
    subject_gives_up(historyd, REFUSED, historyd->config);
}
END_TEST

START_TEST(paths_from_the_configuration)
{
    const char *const arguments[] = {"--config", historyd->config, NULL};

    subject_configure(historyd, harness_text("[daemon]\nsocket = %s\ndatabase = %s\n",
                                             historyd->socket, historyd->database));
    subject_spawn_with(historyd, arguments);
    subject_wait_ready(historyd);
    ck_assert(harness_exists(historyd->database));
}
END_TEST

struct command_line {
    const char *arguments[3];
    int status;
    const char *words;
};

static const struct command_line command_lines[] = {
    {{"--help"}, 0, "--socket"},         {{"--version"}, 0, "historyd "},
    {{"--colour"}, USAGE, "--colour"},   {{"--socket"}, USAGE, "--socket"},
    {{"something"}, USAGE, "something"}, {{"--help=me"}, USAGE, "--help"},
};

START_TEST(a_command_line)
{
    const struct command_line *line = &command_lines[_i];

    subject_spawn_with(historyd, line->arguments);
    ck_assert_int_eq(subject_wait(historyd), line->status);
    ck_assert_msg(strstr(subject_output(historyd), line->words), "%s", subject_output(historyd));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("start");
    TCase *test_case = harness_case_with(suite, "database", 60, setup);

    tcase_add_test(test_case, a_newer_schema);
    tcase_add_test(test_case, a_foreign_application);
    tcase_add_test(test_case, no_database);
    tcase_add_test(test_case, a_short_letter);
    tcase_add_test(test_case, a_truncated_file);
    tcase_add_test(test_case, a_file_cut_within_a_page);
    tcase_add_test(test_case, a_folder_for_a_database);
    tcase_add_test(test_case, a_missing_folder);
    tcase_add_test(test_case, a_read_only_folder);
    tcase_add_test(test_case, one_daemon_a_database);
    tcase_add_test(test_case, the_second_may_start_after_a_kill);
    tcase_add_test(test_case, six_at_once);
    test_case = harness_case_with(suite, "configuration", 60, setup);
    tcase_add_loop_test(test_case, a_bad_configuration, 0,
                        sizeof(bad_configs) / sizeof(*bad_configs));
    tcase_add_test(test_case, a_missing_configuration);
    tcase_add_test(test_case, paths_from_the_configuration);
    tcase_add_loop_test(test_case, a_command_line, 0,
                        sizeof(command_lines) / sizeof(*command_lines));
    return harness_main(suite);
}
