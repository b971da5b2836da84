/*
 * What the service manager is told, as it arrives at a datagram socket of the test's own.
 */
#include <check.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "manager.h"

static char folder[] = "/tmp/historyd-notify.XXXXXX";
static char path[64];
static int listening = -1;
static struct manager manager;

static void listen_at(const char *where)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(where);
    socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);

    memcpy(address.sun_path, where, size);
    if (where[0] == '@')
        address.sun_path[0] = '\0';
    else
        length++;
    listening = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(listening, 0);
    ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, length), 0);
    setenv("NOTIFY_SOCKET", where, 1);
}

static void setup(void)
{
    strcpy(folder + strlen(folder) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/socket", folder);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

static void teardown(void)
{
    manager_close(&manager);
    if (listening >= 0)
        close(listening);
    listening = -1;
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

/* The next datagram; a datagram is there as soon as it was sent. NULL when there is none. */
static const char *told(void)
{
    static char text[4096];
    ssize_t size = recv(listening, text, sizeof(text) - 1, MSG_DONTWAIT);

    if (size < 0) {
        ck_assert_int_eq(errno, EAGAIN);
        return NULL;
    }
    text[size] = '\0';
    return text;
}

static void tells_nothing(void)
{
    const char *text = told();

    ck_assert_msg(!text, "told: %s", text);
}

static void tells_its_life(void)
{
    manager_open(&manager);
    manager_starting(&manager, "Opening");
    ck_assert_str_eq(told(), "STATUS=Opening");
    manager_ready(&manager, "Serving");
    ck_assert_str_eq(told(), "READY=1\nSTATUS=Serving");
    manager_stopping(&manager, "Ending");
    ck_assert_str_eq(told(), "STOPPING=1\nSTATUS=Ending");
    tells_nothing();
}

START_TEST(a_socket_with_a_path)
{
    listen_at(path);
    tells_its_life();
}
END_TEST

START_TEST(an_abstract_socket)
{
    char name[64];

    snprintf(name, sizeof(name), "@historyd-notify-%d", (int)getpid());
    listen_at(name);
    tells_its_life();
}
END_TEST

START_TEST(the_longest_path)
{
    struct notify notify;
    char longest[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];

    memset(longest, 'x', sizeof(longest));
    longest[0] = '@';
    longest[sizeof(longest) - 2] = '\0';
    setenv("NOTIFY_SOCKET", longest, 1);
    ck_assert_int_eq(notify_open(&notify), 0);
    ck_assert(notify_listened(&notify));
    notify_close(&notify);
    longest[sizeof(longest) - 2] = 'x';
    longest[sizeof(longest) - 1] = '\0';
    setenv("NOTIFY_SOCKET", longest, 1);
    ck_assert_int_eq(notify_open(&notify), -EINVAL);
    ck_assert(!notify_listened(&notify));
}
END_TEST

START_TEST(nobody_listens)
{
    manager_open(&manager);
    ck_assert(!notify_listened(&manager.notify));
    manager_ready(&manager, "Serving");
    manager_watchdog(&manager, false, 0);
    ck_assert_int_eq(notify_send(&manager.notify, "READY=1"), 0);
    ck_assert_int_eq(manager_watchdog_ms(&manager), 0);
}
END_TEST

START_TEST(a_manager_that_is_gone)
{
    setenv("NOTIFY_SOCKET", path, 1);
    manager_open(&manager);
    ck_assert_int_eq(notify_send(&manager.notify, "READY=1"), -ENOENT);
    manager_ready(&manager, "Serving");
}
END_TEST

static const char *const no_addresses[] = {"", "/", "@", "relative/socket", "vsock:2:1234"};

START_TEST(no_address)
{
    struct notify notify;

    setenv("NOTIFY_SOCKET", no_addresses[_i], 1);
    setenv("WATCHDOG_USEC", "1000000", 1);
    ck_assert_int_eq(notify_open(&notify), -EINVAL);
    ck_assert(!notify_listened(&notify));
    ck_assert_int_eq(notify.watchdog_us, 0);
    ck_assert_int_eq(notify_send(&notify, "READY=1"), 0);
    notify_close(&notify);
    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
}
END_TEST

struct watchdog {
    const char *limit;
    const char *pid;
    int64_t ms;
};

static const struct watchdog watchdogs[] = {
    {"60000000", NULL, 30000},
    {"60000000", "own", 30000},
    {"60000000", "1", 0},
    {"60000000", "", 0},
    {"1", NULL, 1},
    {NULL, "own", 0},
    {"", NULL, 0},
    {"0", NULL, 0},
    {"-5", NULL, 0},
    {" 60000000", NULL, 0},
    {"60000000s", NULL, 0},
    {"99999999999999999999", NULL, 0},
};

START_TEST(when_the_watchdog_is_ours)
{
    const struct watchdog *watchdog = &watchdogs[_i];
    char own[16];

    listen_at(path);
    snprintf(own, sizeof(own), "%d", (int)getpid());
    if (watchdog->limit)
        setenv("WATCHDOG_USEC", watchdog->limit, 1);
    if (watchdog->pid)
        setenv("WATCHDOG_PID", strcmp(watchdog->pid, "own") == 0 ? own : watchdog->pid, 1);
    manager_open(&manager);
    ck_assert_int_eq(manager_watchdog_ms(&manager), watchdog->ms);
    ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
    ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
    ck_assert_ptr_null(getenv("WATCHDOG_PID"));
}
END_TEST

static void look(bool busy, int64_t turns, bool fed)
{
    manager_watchdog(&manager, busy, turns);
    if (fed)
        ck_assert_str_eq(told(), "WATCHDOG=1");
    tells_nothing();
}

START_TEST(fed_while_the_writer_goes_on)
{
    listen_at(path);
    manager_open(&manager);
    look(false, 1, true);
    look(false, 1, true); /* idle */
    look(true, 1, true);  /* has something to do since a moment ago */
    look(true, 2, true);
    look(true, 900, true);
    look(true, 900, false); /* one interval without a step */
    look(true, 900, false);
    look(true, 901, true); /* it goes on */
    look(true, 901, false);
    look(false, 901, true); /* finished */
    look(true, 901, true);
}
END_TEST

START_TEST(a_reload)
{
    struct timespec before, after;
    long long at;
    int end = 0;

    listen_at(path);
    manager_open(&manager);
    clock_gettime(CLOCK_MONOTONIC, &before);
    manager_reloading(&manager);
    clock_gettime(CLOCK_MONOTONIC, &after);
    ck_assert_int_eq(
        sscanf(told(), "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=Reading%n", &at, &end), 1);
    ck_assert_int_gt(end, 0);
    ck_assert_int_ge(at, before.tv_sec * 1000000LL + before.tv_nsec / 1000);
    ck_assert_int_le(at, after.tv_sec * 1000000LL + after.tv_nsec / 1000);
    manager_ready(&manager, "Serving");
    ck_assert_str_eq(told(), "READY=1\nSTATUS=Serving");
}
END_TEST

START_TEST(the_status_now_and_then)
{
    int64_t now = 1000;

    listen_at(path);
    manager_open(&manager);
    manager_status(&manager, now, "one");
    ck_assert_str_eq(told(), "STATUS=one");
    manager_status(&manager, now + 100 * MANAGER_STATUS_MS, "one");
    tells_nothing(); /* unchanged */
    manager_status(&manager, now + MANAGER_STATUS_MS - 1, "two");
    tells_nothing(); /* too early */
    manager_status(&manager, now + MANAGER_STATUS_MS, "two");
    ck_assert_str_eq(told(), "STATUS=two");
    manager_ready(&manager, "Serving");
    ck_assert_str_eq(told(), "READY=1\nSTATUS=Serving");
    manager_status(&manager, now + MANAGER_STATUS_MS + 1, "two"); /* it replaces "Serving" */
    ck_assert_str_eq(told(), "STATUS=two");
}
END_TEST

START_TEST(a_status_is_one_line)
{
    char words[2 * MANAGER_STATUS_SIZE];
    const char *text;

    listen_at(path);
    manager_open(&manager);
    manager_stopping(&manager, "disk full\nREADY=1\nMAINPID=1");
    ck_assert_str_eq(told(), "STOPPING=1\nSTATUS=disk full READY=1 MAINPID=1");
    memset(words, 'x', sizeof(words));
    words[sizeof(words) - 1] = '\0';
    manager_status(&manager, 1, words);
    text = told();
    ck_assert_uint_eq(strlen(text), strlen("STATUS=") + MANAGER_STATUS_SIZE - 1);
    manager_status(&manager, 1 + MANAGER_STATUS_MS, words);
    tells_nothing();
}
END_TEST

/* What is no UTF-8 the manager would pass over, and show the status of before. */
START_TEST(a_status_is_text)
{
    char words[MANAGER_STATUS_SIZE + 1] = "";
    const char *text;

    listen_at(path);
    manager_open(&manager);
    manager_ready(&manager, "\xc3\xa4.conf:1: \xff\x1b[31m \xe2\x82");
    ck_assert_str_eq(told(), "READY=1\nSTATUS=\xc3\xa4.conf:1: ??[31m ??");
    memset(words, 'x', MANAGER_STATUS_SIZE - 2);
    strcat(words, "\xc3\xa4"); /* half of which has no room */
    manager_status(&manager, 1, words);
    text = told();
    ck_assert_uint_eq(strlen(text), strlen("STATUS=") + MANAGER_STATUS_SIZE - 1);
    ck_assert_str_eq(text + strlen(text) - 2, "x?");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("notify");
    TCase *test_case = tcase_create("notify");
    SRunner *runner;
    int failed;

    log_open();
    tcase_add_checked_fixture(test_case, setup, teardown);
    tcase_add_test(test_case, a_socket_with_a_path);
    tcase_add_test(test_case, an_abstract_socket);
    tcase_add_test(test_case, the_longest_path);
    tcase_add_test(test_case, nobody_listens);
    tcase_add_test(test_case, a_manager_that_is_gone);
    tcase_add_loop_test(test_case, no_address, 0, sizeof(no_addresses) / sizeof(*no_addresses));
    tcase_add_loop_test(test_case, when_the_watchdog_is_ours, 0,
                        sizeof(watchdogs) / sizeof(*watchdogs));
    tcase_add_test(test_case, fed_while_the_writer_goes_on);
    tcase_add_test(test_case, a_reload);
    tcase_add_test(test_case, the_status_now_and_then);
    tcase_add_test(test_case, a_status_is_one_line);
    tcase_add_test(test_case, a_status_is_text);
    suite_add_tcase(suite, test_case);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
