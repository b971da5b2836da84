/*
 * The configuration: checked without serving, put together of several files, and read again while
 * the daemon serves.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "program.h"
#include "scene.h"

static struct subject *historyd;

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
}

static void log_says(const char *words)
{
    int64_t deadline = harness_deadline();

    while (!strstr(subject_output(historyd), words))
        harness_turn(deadline, words);
}

static int64_t limit(struct wire *one, const char *name)
{
    return answer_int(wire_call(one, "GetStatus", NULL), harness_text("limits.%s", name));
}

START_TEST(by_signal_and_by_call)
{
    struct wire *one;

    subject_configure(historyd, "[limits]\nevents = 3\n");
    subject_start(historyd);
    one = wire_open(historyd);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call_error(one, "TooLarge", "AppendEvents", "{'run_id':'r','events':[%s{'type':'a'}]}",
                    harness_repeat("{\"type\":\"a\"},", 3));
    subject_configure(historyd, "[limits]\nevents = 4\n");
    subject_signal(historyd, SIGHUP);
    log_says("the configuration was read again");
    wire_call(one, "AppendEvents", "{'run_id':'r','events':[%s{'type':'a'}]}",
              harness_repeat("{\"type\":\"a\"},", 3));
    subject_configure(historyd, "[limits]\nevents = 5\ncalls = 7\n");
    wire_call(one, "dev.historyd.admin.Reload", NULL);
    ck_assert_int_eq(limit(one, "events"), 5);
    ck_assert_int_eq(limit(one, "calls"), 7);
    /* What is no longer said is the default again. */
    subject_configure(historyd, "");
    wire_call(one, "dev.historyd.admin.Reload", NULL);
    ck_assert_int_eq(limit(one, "events"), 10000);
}
END_TEST

START_TEST(what_is_wrong_changes_nothing)
{
    struct wire *one;
    const cJSON *error;

    subject_configure(historyd, "[limits]\nevents = 3\n");
    subject_start(historyd);
    one = wire_open(historyd);
    subject_configure(historyd, "[limits]\nevents = 4\ndepht = 9\n");
    error = wire_call_error(one, "InvalidParameter", "dev.historyd.admin.Reload", NULL);
    ck_assert_ptr_nonnull(strstr(answer_text(error, "parameter"), ":3: unknown key \"depht\""));
    subject_signal(historyd, SIGHUP);
    log_says("stays as it was");
    ck_assert_int_eq(limit(one, "events"), 3);
}
END_TEST

/* The next datagram to the service manager that has the words. */
static const char *manager_told(int manager, const char *words)
{
    int64_t deadline = harness_deadline();
    struct pollfd ready = {.fd = manager, .events = POLLIN};
    char *text = harness_alloc(2048);

    do {
        memset(text, 0, 2048);
        if (poll(&ready, 1, harness_left(deadline, words)) > 0)
            ck_assert_int_gt(recv(manager, text, 2047, 0), 0);
    } while (!strstr(text, words));
    return text;
}

static int manager_listen(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *path = harness_path("manager");
    int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(manager, 0);
    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof(address)), 0);
    historyd->environment[0] = harness_text("NOTIFY_SOCKET=%s", path);
    return manager;
}

/* The service manager shows what was refused until the files are in order again, whichever way the
 * reload was asked for. */
START_TEST(what_is_wrong_stays_in_the_status)
{
    int manager = manager_listen();
    struct wire *one;
    const char *text;

    subject_configure(historyd, "");
    subject_start(historyd);
    one = wire_open(historyd);
    for (int by_call = 0; by_call < 2; by_call++) {
        subject_configure(historyd, "[limits]\ncolour = red\n");
        if (by_call)
            wire_call_error(one, "InvalidParameter", "dev.historyd.admin.Reload", NULL);
        else
            subject_signal(historyd, SIGHUP);
        manager_told(manager, "RELOADING=1\nMONOTONIC_USEC=");
        text = manager_told(manager, "READY=1\nSTATUS=Serving: ");
        ck_assert_ptr_nonnull(strstr(text, ":2: unknown key \"colour\""));
        wire_call(one, "CreateRun", "{'id':'r%d','repo_path':'/r'}", by_call);
        text = manager_told(manager, by_call ? "2 runs running" : "1 runs running");
        ck_assert_ptr_nonnull(strstr(text, ":2: unknown key \"colour\""));
        subject_configure(historyd, "[limits]\nevents = 3\n");
        wire_call(one, "dev.historyd.admin.Reload", NULL);
        text = manager_told(manager, "READY=1\nSTATUS=Serving: ");
        ck_assert_ptr_null(strstr(text, "refused"));
    }
    close(manager);
}
END_TEST

START_TEST(what_needs_a_restart_is_named)
{
    struct wire *one;

    subject_configure(historyd, "[store]\nreaders = 2\n");
    subject_start(historyd);
    one = wire_open(historyd);
    subject_configure(historyd, "[store]\nreaders = 3\ncache_kib = 2048\n[limits]\ndepth = 20\n");
    wire_call(one, "dev.historyd.admin.Reload", NULL);
    log_says("only a restart changes readers, cache_kib");
    ck_assert_int_eq(limit(one, "depth"), 20);
}
END_TEST

/* Calls that are under way keep the settings they began with. */
START_TEST(under_load)
{
    struct wire *wires[8];

    subject_configure(historyd, "");
    subject_start(historyd);
    for (int i = 0; i < 8; i++) {
        wires[i] = wire_open(historyd);
        wire_call(wires[i], "CreateRun", "{'id':'r%d','repo_path':'/r'}", i);
        wire_call(wires[i], "AppendEvents", "{'run_id':'r%d','events':[{'type':'a'}%s]}", i,
                  harness_repeat(",{\"type\":\"a\"}", 999));
    }
    for (int round = 0; round < 50; round++) {
        for (int i = 0; i < 8; i++)
            wire_start(wires[i], "ListEvents", NULL,
                       harness_text("{'run_id':'r%d','limit':1000}", i));
        subject_signal(historyd, SIGHUP);
        for (int i = 0; i < 8; i++)
            ck_assert_int_eq(answer_count(wire_result(wires[i]), "events"), 1000);
    }
}
END_TEST

START_TEST(checked_without_serving)
{
    const char *home = harness_path("home");
    const char *file = harness_path("home/historyd/historyd.conf");
    const char *drop_in = harness_path("home/historyd/conf.d/10-small.conf");
    const char *const command[] = {subject_program(), "--check-config", NULL};
    const struct program *run;

    setenv("XDG_CONFIG_HOME", home, 1);
    mkdir(home, 0700);
    mkdir(harness_path("home/historyd"), 0700);
    mkdir(harness_path("home/historyd/conf.d"), 0700);
    harness_write_file(file, "[limits]\nevents = 3\n", 20);
    run = program_run(NULL, command);
    ck_assert_int_eq(run->status, 0);
    harness_write_file(drop_in, "[limits]\nevents = 0\n", 20);
    run = program_run(NULL, command);
    ck_assert_int_eq(run->status, 78);
    ck_assert_ptr_nonnull(strstr(run->err, "10-small.conf:2: events = 0"));
}
END_TEST

START_TEST(later_files_count)
{
    struct wire *one;

    historyd->environment[0] = harness_text("XDG_CONFIG_HOME=%s", harness_path("home"));
    mkdir(harness_path("home"), 0700);
    mkdir(harness_path("home/historyd"), 0700);
    mkdir(harness_path("home/historyd/conf.d"), 0700);
    harness_write_file(harness_path("home/historyd/historyd.conf"),
                       "[limits]\nevents = 3\ndepth = 9\n", 30);
    harness_write_file(harness_path("home/historyd/conf.d/20.conf"), "[limits]\nevents = 5\n", 20);
    harness_write_file(harness_path("home/historyd/conf.d/10.conf"), "[limits]\nevents = 4\n", 20);
    harness_write_file(harness_path("home/historyd/conf.d/30.off"), "[limits]\nevents = 6\n", 20);
    subject_start(historyd);
    one = wire_open(historyd);
    ck_assert_int_eq(limit(one, "events"), 5);
    ck_assert_int_eq(limit(one, "depth"), 9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("reload");
    TCase *tcase = harness_case_with(suite, "reload", 60, setup);

    tcase_add_test(tcase, by_signal_and_by_call);
    tcase_add_test(tcase, what_is_wrong_changes_nothing);
    tcase_add_test(tcase, what_is_wrong_stays_in_the_status);
    tcase_add_test(tcase, what_needs_a_restart_is_named);
    tcase_add_test(tcase, under_load);
    tcase_add_test(tcase, checked_without_serving);
    tcase_add_test(tcase, later_files_count);
    return harness_main(suite);
}
