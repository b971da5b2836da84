/*
 * Under a service manager: what the daemon tells it, and how it vouches for its write thread.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "database.h"
#include "program.h"
#include "scene.h"

enum {
    TICK_MS = 1000,
    WATCHDOG_MS = 200,
    LOOKS = 10,
};

static struct subject *historyd;
static const char *manager_path;
static int manager;

static int socket_at(int type, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
    strcpy(address.sun_path, path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
    manager_path = harness_path("manager");
    manager = socket_at(SOCK_DGRAM, manager_path);
    historyd->environment[0] = harness_text("NOTIFY_SOCKET=%s", manager_path);
}

/* The next datagram, or NULL when none comes within `ms`. */
static const char *told_within(int ms)
{
    struct pollfd ready = {.fd = manager, .events = POLLIN};
    char *text = harness_alloc(1024);

    if (poll(&ready, 1, ms) == 0)
        return NULL;
    ck_assert_int_gt(recv(manager, text, 1023, 0), 0);
    return text;
}

/* The next datagram that is no sign of life. */
static const char *told(const char *what)
{
    int64_t deadline = harness_deadline();

    for (;;) {
        const char *text = told_within(harness_left(deadline, what));

        if (text && strcmp(text, "WATCHDOG=1") != 0)
            return text;
    }
}

static void is_told(const char *beginning)
{
    const char *text = told(beginning);

    ck_assert_msg(strncmp(text, beginning, strlen(beginning)) == 0, "told '%s', not '%s'", text,
                  beginning);
}

static void is_fed(void)
{
    int64_t deadline = harness_deadline();
    const char *text = "";

    while (!text || strcmp(text, "WATCHDOG=1") != 0)
        text = told_within(harness_left(deadline, "a sign of life"));
}

START_TEST(its_life)
{
    subject_spawn(historyd);
    is_told("STATUS=Opening the database");
    is_told("READY=1\n");
    wire_call(wire_open(historyd), "Ping", NULL); /* ready is ready */
    is_told("STATUS=Serving: 0 runs running, 0 events appended, ");
    subject_signal(historyd, SIGHUP);
    is_told("RELOADING=1\nMONOTONIC_USEC=");
    is_told("READY=1\n");
    wire_call(wire_open(historyd), "CreateRun", "{'id':'r','repo_path':'/r'}");
    wire_call(wire_open(historyd), "AppendEvents", "{'run_id':'r','events':[{'type':'a'}]}");
    while (!strstr(told("the new status"), "1 runs running, 1 events appended"))
        continue;
    subject_stop(historyd);
    while (strncmp(told("its end"), "STOPPING=1\n", 11) != 0)
        continue;
    ck_assert_ptr_null(told_within(0)); /* it is the last word */
}
END_TEST

/* Longer than it takes to the first look at what it serves; nor is it ready because it has read its
 * configuration again. */
START_TEST(a_slow_start)
{
    void *lock;

    subject_start(historyd);
    subject_stop(historyd);
    while (told_within(0))
        continue;
    lock = database_lock(historyd->database);
    subject_spawn(historyd);
    subject_wait_signals(historyd);
    poll(NULL, 0, TICK_MS * 3 / 2);
    subject_signal(historyd, SIGHUP);
    database_unlock(lock);
    is_told("STATUS=Opening the database");
    is_told("READY=1\nSTATUS=Serving: ");
    wire_call(wire_open(historyd), "Ping", NULL);
}
END_TEST

START_TEST(a_failed_disk)
{
    const char *text;

    subject_make_fallible(historyd);
    subject_start(historyd);
    subject_fail(historyd, "sync");
    wire_call_error(wire_open(historyd), "StorageFailed", "CreateRun", "{'repo_path':'/r'}");
    ck_assert_int_eq(subject_wait(historyd), 1);
    do
        text = told("why it ends");
    while (strncmp(text, "STOPPING=1\nSTATUS=", 18) != 0);
    ck_assert_msg(strlen(text) > 18, "no cause");
}
END_TEST

START_TEST(refused_before_it_is_ready)
{
    harness_write_file(historyd->database, "a letter\n", 9);
    subject_spawn(historyd);
    ck_assert_int_eq(subject_wait(historyd), 78);
    is_told("STATUS=Opening the database");
    ck_assert_ptr_null(told_within(0));
}
END_TEST

/* --- the watchdog ----------------------------------------------------------------------------- */

static void watched_start(const char *pid)
{
    historyd->environment[1] = harness_text("WATCHDOG_USEC=%d", WATCHDOG_MS * 1000);
    historyd->environment[2] = harness_text("WATCHDOG_PID=%s", pid);
    subject_start(historyd);
}

/* The id of the daemon's write thread. */
static pid_t writer_thread(void)
{
    return (pid_t)strtol(
        program_shell("cd /proc/%d/task && for t in *; do [ $(cat $t/comm) = hd-writer ] && echo "
                      "$t; done; true",
                      historyd->pid),
        NULL, 10);
}

START_TEST(fed_when_idle_and_when_busy)
{
    struct wire *one;

    watched_start("%d");
    for (int i = 0; i < 4; i++)
        is_fed();
    one = wire_open(historyd);
    wire_call(one, "CreateRun", "{'id':'r','repo_path':'/r'}");
    for (int i = 0; i < 200; i++)
        wire_call(one, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}]}");
    for (int i = 0; i < 4; i++)
        is_fed();
}
END_TEST

START_TEST(not_fed_while_the_writer_stands_still)
{
    int fed = 0;
    pid_t thread;
    int status;
    struct wire *one;

    watched_start("%d");
    one = wire_open(historyd);
    thread = writer_thread();
    ck_assert_int_gt(thread, 0);
    ck_assert_int_eq(ptrace(PTRACE_SEIZE, thread, NULL, NULL), 0);
    ck_assert_int_eq(ptrace(PTRACE_INTERRUPT, thread, NULL, NULL), 0);
    ck_assert_int_eq(waitpid(thread, &status, __WALL), thread);

    is_fed(); /* it has nothing to do, so it may stand still */
    wire_start(one, "CreateRun", NULL, "{'repo_path':'/r'}");
    wire_call(wire_open(historyd), "Ping", NULL); /* the loop has seen the call by now */
    while (told_within(0))
        continue;
    /* As many looks as it takes for a feeding that would be wrong; one look may still be right. */
    for (int i = 0; i < LOOKS; i++) {
        const char *text = told_within(WATCHDOG_MS / 2);

        fed += text && strcmp(text, "WATCHDOG=1") == 0;
    }
    ck_assert_msg(fed <= 1, "fed %d times", fed);
    wire_call(wire_open(historyd), "Ping", NULL);

    ck_assert_int_eq(ptrace(PTRACE_DETACH, thread, NULL, NULL), 0);
    wire_result(one);
    is_fed();
    is_fed();
}
END_TEST

START_TEST(a_watchdog_of_another_process)
{
    watched_start("1");
    is_told("STATUS=Opening the database");
    is_told("READY=1\n");
    for (int i = 0; i < LOOKS; i++) {
        const char *text = told_within(WATCHDOG_MS / 2);

        ck_assert(!text || strcmp(text, "WATCHDOG=1") != 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("supervision");
    TCase *test_case = harness_case_with(suite, "notify", 60, setup);

    tcase_add_test(test_case, its_life);
    tcase_add_test(test_case, a_slow_start);
    tcase_add_test(test_case, a_failed_disk);
    tcase_add_test(test_case, refused_before_it_is_ready);
    test_case = harness_case_with(suite, "watchdog", 60, setup);
    tcase_add_test(test_case, fed_when_idle_and_when_busy);
    tcase_add_test(test_case, not_fed_while_the_writer_stands_still);
    tcase_add_test(test_case, a_watchdog_of_another_process);
    return harness_main(suite);
}
