/* Where the database is, and that one daemon alone serves it. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store_fixture.h"
#include "store_place.h"

static void check_environment(const char *words)
{
    fixture_open_fails(false);
    ck_assert_msg(strstr(fixture.problem.message, words), "%s", fixture.problem.message);
}

/* Starting again does not help. */
static void check_no_file(void)
{
    fixture_open_fails(true);
    ck_assert_msg(strstr(fixture.problem.message, "no regular file"), "%s",
                  fixture.problem.message);
}

static void path_set(const char *name)
{
    snprintf(fixture.path, sizeof(fixture.path), "%s/%s", fixture.folder, name);
}

START_TEST(bad_paths)
{
    char long_path[2000];

    fixture.options.path = "";
    check_environment("empty");
    fixture.options.path = NULL;
    check_environment("empty");
    memset(long_path, 'x', sizeof(long_path));
    long_path[sizeof(long_path) - 1] = '\0';
    fixture.options.path = long_path;
    check_environment("too long");
    snprintf(long_path, sizeof(long_path), "%s/%0600d", fixture.folder, 1);
    check_environment("name");
    snprintf(long_path, sizeof(long_path), "%s/%0240d", fixture.folder, 1);
    ck_assert_int_eq(mkdir(long_path, 0700), 0);
    snprintf(long_path + strlen(long_path), 256, "/%0240d", 1);
    ck_assert_int_eq(mkdir(long_path, 0700), 0);
    strcat(long_path, "/history.db");
    check_environment("500");
    fixture.options.path = fixture.path;
    path_set("missing/history.db");
    check_environment("create it");
    path_set("");
    check_no_file();
    path_set("new/");
    check_environment("folder");
    path_set("pipe");
    ck_assert_int_eq(mkfifo(fixture.path, 0600), 0);
    check_no_file();
    path_set("nowhere");
    ck_assert_int_eq(symlink("/nowhere/at/all", fixture.path), 0);
    check_environment("symbolic link");
    path_set("two\nlines/history.db");
    check_environment("two?lines");
}
END_TEST

START_TEST(odd_names)
{
    static const char *const names[] = {"a b%41?mode=ro&x#y.db", "file:x.db", "\xc3\xa9\"'.db",
                                        "-db"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        path_set(names[i]);
        fixture_open();
        ck_assert_int_eq(insert_run("a", "/r", "t", "running"), 0);
        fixture_close();
        fixture_open();
        ck_assert_int_eq(insert_run("a", "/r", "t", "running"), STORE_RUN_EXISTS);
        fixture_close();
        ck_assert_int_eq(access(fixture.path, F_OK), 0);
    }
}
END_TEST

START_TEST(relative_path)
{
    ck_assert_int_eq(chdir(fixture.folder), 0);
    fixture.options.path = "history.db";
    fixture_open();
    ck_assert_int_eq(chdir("/"), 0);
    ck_assert_ptr_null(store_lost_file(fixture.store));
    fixture_close();
    ck_assert_int_eq(access(fixture.path, F_OK), 0);
}
END_TEST

START_TEST(hard_link)
{
    char name[256];

    fixture_open();
    fixture_close();
    snprintf(name, sizeof(name), "%s/other", fixture.folder);
    ck_assert_int_eq(link(fixture.path, name), 0);
    check_environment("hard link");
}
END_TEST

START_TEST(networks)
{
    ck_assert_str_eq(place_network_name(0x6969), "NFS");
    ck_assert_str_eq(place_network_name((int32_t)0xff534d42), "CIFS");
    ck_assert_str_eq(place_network_name(0xfe534d42), "SMB2");
    ck_assert_str_eq(place_network_name(0x01021997), "9P");
    ck_assert_ptr_null(place_network_name(0xef53));
    ck_assert_ptr_null(place_network_name(0x01021994));
    ck_assert_ptr_null(place_network_name(0x65735546));
}
END_TEST

/* Permissions mean nothing to root: the body runs as nobody. */
static void run_as_nobody(void (*body)(void))
{
    int status = 0;
    pid_t child;

    if (getuid() != 0) {
        body();
        return;
    }
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (setgid(65534) != 0 || setuid(65534) != 0)
            _exit(3);
        body();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

static void read_only_folder_body(void)
{
    check_environment("make it writable");
}

static void read_only_file_body(void)
{
    check_environment("readable and writable");
}

START_TEST(permissions)
{
    char name[256];

    fixture_open();
    fixture_close();
    snprintf(name, sizeof(name), "%s-lock", fixture.path);
    ck_assert_int_eq(chmod(name, 0666), 0);
    ck_assert_int_eq(chmod(fixture.path, 0666), 0);
    ck_assert_int_eq(chmod(fixture.folder, 0555), 0);
    run_as_nobody(read_only_folder_body);
    ck_assert_int_eq(chmod(fixture.folder, 0777), 0);
    ck_assert_int_eq(chmod(fixture.path, 0444), 0);
    run_as_nobody(read_only_file_body);
    ck_assert_int_eq(chmod(fixture.path, 0), 0);
    run_as_nobody(read_only_file_body);
    ck_assert_int_eq(chmod(fixture.path, 0666), 0);
    /* Left by an operator who ran sqlite3 as root. */
    snprintf(name, sizeof(name), "%s-wal", fixture.path);
    ck_assert_int_ge(close(open(name, O_CREAT | O_WRONLY, 0444)), 0);
    run_as_nobody(read_only_file_body);
}
END_TEST

START_TEST(options_out_of_range)
{
    fixture.options.readers = 0;
    check_environment("out of range");
    fixture.options.readers = 17;
    check_environment("out of range");
}
END_TEST

/* The database, its log and its shared memory. */
START_TEST(gone_or_replaced)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[256], aside[256];

    fixture_open();
    ck_assert_ptr_null(store_lost_file(fixture.store));
    snprintf(path, sizeof(path), "%s%s", fixture.path, suffixes[_i]);
    snprintf(aside, sizeof(aside), "%s/aside", fixture.folder);
    ck_assert_int_eq(rename(path, aside), 0);
    ck_assert_pstr_eq(store_lost_file(fixture.store), path);
    fclose(fopen(path, "w"));
    ck_assert_pstr_eq(store_lost_file(fixture.store), path);
    ck_assert_int_eq(rename(aside, path), 0);
    ck_assert_ptr_null(store_lost_file(fixture.store));
}
END_TEST

static void check_holder(pid_t pid)
{
    char text[32];

    snprintf(text, sizeof(text), "(pid %ld)", (long)pid);
    check_environment(text);
}

/* Also within one process, and through a link: the lock is the database's, not the name's. */
START_TEST(second_open)
{
    struct store *first;
    char name[128];

    fixture_open();
    first = fixture.store;
    fixture.store = NULL;
    check_holder(getpid());
    snprintf(name, sizeof(name), "%s/alias", fixture.folder);
    ck_assert_int_eq(symlink(fixture.path, name), 0);
    fixture.options.path = name;
    check_holder(getpid());
    fixture.options.path = fixture.path;
    fixture.store = first;
    ck_assert_int_eq(insert_run("a", "/r", "t", "running"), 0);
    fixture_close();
    fixture_open();
}
END_TEST

/* The lock goes with its process, whatever its file says. */
START_TEST(holder_killed)
{
    int pipes[2];
    char byte;
    int status;
    pid_t child;

    ck_assert_int_eq(pipe(pipes), 0);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        fixture_open();
        if (write(pipes[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(pipes[1]);
    ck_assert_int_eq(read(pipes[0], &byte, 1), 1);
    check_holder(child);
    ck_assert_int_eq(kill(child, SIGKILL), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    fixture_open();
}
END_TEST

/* --- six at once ------------------------------------------------------------------------------ */

enum { STARTERS = 6 };

struct starter_report {
    pid_t pid;
    int result;
    struct store_problem problem;
};

/* Opens when `start` closes, reports, and serves until `end` closes. */
static void starter_run(int start, int report, int end)
{
    struct starter_report made = {.pid = getpid()};
    char byte;

    if (read(start, &byte, 1) != 0)
        _exit(2);
    made.result = store_open(&fixture.options, &fixture.store, &made.problem);
    if (write(report, &made, sizeof(made)) != (ssize_t)sizeof(made))
        _exit(3);
    if (read(end, &byte, 1) != 0)
        _exit(4);
    store_close(fixture.store);
    _exit(0);
}

static void starters_check(const struct starter_report *reports)
{
    char holder[32] = "";
    int n_serving = 0;

    for (int i = 0; i < STARTERS; i++) {
        if (reports[i].result == 0) {
            n_serving++;
            snprintf(holder, sizeof(holder), "(pid %ld)", (long)reports[i].pid);
        }
    }
    ck_assert_int_eq(n_serving, 1);
    for (int i = 0; i < STARTERS; i++) {
        if (reports[i].result == 0)
            continue;
        ck_assert(!reports[i].problem.refused);
        ck_assert_msg(strstr(reports[i].problem.message, holder), "%s (not %s)",
                      reports[i].problem.message, holder);
    }
}

START_TEST(six_at_once)
{
    struct starter_report reports[STARTERS];
    int start[2];
    int report[2];
    int end[2];

    ck_assert(pipe(start) == 0 && pipe(report) == 0 && pipe(end) == 0);
    for (int i = 0; i < STARTERS; i++) {
        pid_t child = fork();

        ck_assert_int_ge(child, 0);
        if (child == 0) {
            close(start[1]);
            close(end[1]);
            starter_run(start[0], report[1], end[0]);
        }
    }
    close(start[1]);
    for (int i = 0; i < STARTERS; i++)
        ck_assert_int_eq(read(report[0], &reports[i], sizeof(reports[i])), sizeof(reports[i]));
    starters_check(reports);
    close(end[1]);
    for (int i = 0; i < STARTERS; i++) {
        int status = 0;

        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(file_int("SELECT count(*) FROM boots"), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_place");
    TCase *tests = tcase_create("place");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_test(tests, bad_paths);
    tcase_add_test(tests, odd_names);
    tcase_add_test(tests, relative_path);
    tcase_add_test(tests, hard_link);
    tcase_add_test(tests, networks);
    tcase_add_test(tests, permissions);
    tcase_add_test(tests, options_out_of_range);
    tcase_add_loop_test(tests, gone_or_replaced, 0, 3);
    tcase_add_test(tests, second_open);
    tcase_add_test(tests, holder_killed);
    tcase_add_loop_test(tests, six_at_once, 0, 10);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
