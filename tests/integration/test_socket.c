/*
 * The socket: the daemon's own, what may be in its way, and the one that a service manager starts
 * it with.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "scene.h"

enum { FAILED = 1, PID_FS = 0x50494446 /* PID_FS_MAGIC */ };

static struct subject *historyd;

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
}

/* --- its own ---------------------------------------------------------------------------------- */

START_TEST(a_socket_left_by_a_kill)
{
    subject_start(historyd);
    subject_kill(historyd);
    ck_assert(harness_exists(historyd->socket));
    subject_start(historyd);
}
END_TEST

START_TEST(a_socket_of_another_daemon)
{
    struct subject *second = subject_new("second");

    subject_start(historyd);
    second->socket = historyd->socket;
    subject_spawn(second);
    ck_assert_int_eq(subject_wait(second), FAILED);
    ck_assert_ptr_nonnull(strstr(subject_output(second), historyd->socket));
    wire_call(wire_open(historyd), "Ping", NULL);
}
END_TEST

START_TEST(a_file_where_the_socket_goes)
{
    harness_write_file(historyd->socket, "mine\n", 5);
    subject_spawn(historyd);
    ck_assert_int_eq(subject_wait(historyd), FAILED);
    ck_assert_ptr_nonnull(strstr(subject_output(historyd), historyd->socket));
    ck_assert_str_eq(harness_read_file(historyd->socket, NULL), "mine\n");
}
END_TEST

START_TEST(a_path_too_long_for_a_socket)
{
    historyd->socket = harness_path(harness_repeat("x", 108));
    subject_spawn(historyd);
    ck_assert_int_gt(subject_wait(historyd), 0);
    ck_assert_ptr_nonnull(strstr(subject_output(historyd), "107"));
}
END_TEST

START_TEST(no_folder_for_the_socket)
{
    historyd->socket = harness_path("missing/socket");
    subject_gives_up(
        historyd, FAILED,
        harness_text("cannot listen on %s: No such file or directory", historyd->socket));
    harness_write_file(harness_path("missing"), "", 0);
    subject_gives_up(historyd, FAILED,
                     harness_text("cannot listen on %s: Not a directory", historyd->socket));
}
END_TEST

START_TEST(only_the_group_may_connect)
{
    struct stat status;

    subject_start(historyd);
    ck_assert_int_eq(stat(historyd->socket, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0660);
    subject_stop(historyd);
    subject_configure(historyd, "[daemon]\nsocket_mode = 0600\n");
    subject_start(historyd);
    ck_assert_int_eq(stat(historyd->socket, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(fewer_descriptors_than_connections)
{
    struct rlimit few = {.rlim_cur = 200, .rlim_max = 200};
    const char *words = "RLIMIT_NOFILE allows for";

    subject_start(historyd);
    ck_assert_ptr_null(strstr(subject_output(historyd), words));
    subject_stop(historyd);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    subject_start(historyd);
    ck_assert_msg(strstr(subject_output(historyd), words), "%s", subject_output(historyd));
    subject_stop(historyd);
    few.rlim_cur = few.rlim_max = 60; /* hardly any: one is left */
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    subject_start(historyd);
    ck_assert_msg(strstr(subject_output(historyd), "allows for 1 connections"), "%s",
                  subject_output(historyd));
}
END_TEST

/* --- the one it is started with ------------------------------------------------------------------
 */

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

static const char *passed_path;

static int passed_socket(int type)
{
    int fd;

    passed_path = harness_path("passed");
    fd = socket_at(type, passed_path);
    if (type == SOCK_STREAM)
        ck_assert_int_eq(listen(fd, 10), 0);
    historyd->passed_fds[0] = fd;
    historyd->environment[0] = "LISTEN_FDS=1";
    historyd->environment[1] = "LISTEN_PID=%d";
    return fd;
}

static void serves_the_passed_one(void)
{
    struct wire *one;

    subject_spawn(historyd);
    one = wire_try(passed_path);
    ck_assert_ptr_nonnull(one);
    wire_call(one, "Ping", NULL);
    wire_close(one);
    ck_assert(!harness_exists(historyd->socket));
    subject_stop(historyd);
    ck_assert_msg(harness_exists(passed_path), "the manager's socket was removed");
}

START_TEST(a_passed_socket)
{
    passed_socket(SOCK_STREAM);
    historyd->environment[2] = "LISTEN_FDNAMES=varlink";
    serves_the_passed_one();
}
END_TEST

START_TEST(a_passed_socket_with_another_name)
{
    passed_socket(SOCK_STREAM);
    historyd->environment[2] = "LISTEN_FDNAMES=historyd.socket";
    serves_the_passed_one();
}
END_TEST

START_TEST(a_call_that_waited_in_the_socket)
{
    struct wire *one;

    passed_socket(SOCK_STREAM);
    one = wire_try(passed_path); /* before there is a daemon */
    ck_assert_ptr_nonnull(one);
    wire_start(one, "CreateRun", NULL, "{'id':'early','repo_path':'/r'}");
    subject_spawn(historyd);
    wire_result(one);
    wire_close(one);
    subject_stop(historyd);
}
END_TEST

static void fails_with(const char *words)
{
    subject_gives_up(historyd, FAILED, words);
}

START_TEST(a_passed_socket_of_another_kind)
{
    passed_socket(SOCK_DGRAM);
    fails_with("listening Unix stream socket");
}
END_TEST

/* Of several the one with the name, wherever it stands; the others are closed. */
static const char *const name_lists[] = {"one:varlink", "varlink:one", ":varlink", "varlink",
                                         "varlin:varlink:varlinks"};

START_TEST(several_passed_with_the_name)
{
    const char *names = name_lists[_i];
    int good = passed_socket(SOCK_STREAM);
    int bad = socket_at(SOCK_DGRAM, harness_path("another"));
    bool second = strstr(names, ":varlink") != NULL;

    historyd->passed_fds[0] = second ? bad : good;
    historyd->passed_fds[1] = second ? good : bad;
    historyd->environment[0] = "LISTEN_FDS=2";
    historyd->environment[2] = harness_text("LISTEN_FDNAMES=%s", names);
    serves_the_passed_one();
}
END_TEST

START_TEST(two_passed_with_the_name)
{
    passed_socket(SOCK_STREAM);
    historyd->passed_fds[1] = socket_at(SOCK_STREAM, harness_path("another"));
    ck_assert_int_eq(listen(historyd->passed_fds[1], 10), 0);
    historyd->environment[0] = "LISTEN_FDS=2";
    historyd->environment[2] = "LISTEN_FDNAMES=varlink:varlink";
    fails_with("FileDescriptorName=varlink");
}
END_TEST

START_TEST(several_passed_without_names)
{
    passed_socket(SOCK_STREAM);
    historyd->environment[0] = "LISTEN_FDS=2";
    fails_with("started with 2 sockets");
}
END_TEST

/* Not listening, and no socket at all. */
START_TEST(a_passed_descriptor_that_is_of_no_use)
{
    passed_socket(SOCK_STREAM);
    historyd->passed_fds[0] = _i == 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
                                      : open(harness_folder(), O_RDONLY | O_CLOEXEC);
    fails_with("listening Unix stream socket");
}
END_TEST

/* What cannot be a number of sockets is none: it serves at its own path. */
static const char *const counts[] = {"LISTEN_FDS=0", "LISTEN_FDS=-1", "LISTEN_FDS=1025",
                                     "LISTEN_FDS=", "LISTEN_FDS=x"};

START_TEST(an_odd_number_of_passed_sockets)
{
    passed_socket(SOCK_STREAM);
    historyd->environment[0] = counts[_i];
    subject_start(historyd);
    ck_assert(harness_exists(historyd->socket));
}
END_TEST

START_TEST(several_passed_without_the_name)
{
    passed_socket(SOCK_STREAM);
    historyd->environment[0] = "LISTEN_FDS=2";
    historyd->environment[2] = "LISTEN_FDNAMES=one:two";
    fails_with("FileDescriptorName=varlink");
}
END_TEST

/* Only where pidfds have numbers of their own can the manager name one. */
static bool pidfds_have_numbers(void)
{
    int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    struct statfs system = {0};
    bool known = fd >= 0 && fstatfs(fd, &system) == 0 && system.f_type == PID_FS;

    if (fd >= 0)
        close(fd);
    return known;
}

static const char *const others[] = {"LISTEN_PID=1", "LISTEN_PIDFDID=1"};

START_TEST(a_socket_for_another_process)
{
    const char *log;

    if (_i == 1 && !pidfds_have_numbers()) {
        fprintf(stderr, "skipped: this kernel's pidfds have no numbers\n");
        return;
    }
    passed_socket(SOCK_STREAM);
    historyd->environment[_i == 0 ? 1 : 2] = others[_i];
    subject_start(historyd); /* at its own path */
    log = subject_output(historyd);
    ck_assert_msg(strstr(log, historyd->socket), "%s", log);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("socket");
    TCase *test_case = harness_case_with(suite, "its own", 60, setup);

    tcase_add_test(test_case, a_socket_left_by_a_kill);
    tcase_add_test(test_case, a_socket_of_another_daemon);
    tcase_add_test(test_case, a_file_where_the_socket_goes);
    tcase_add_test(test_case, a_path_too_long_for_a_socket);
    tcase_add_test(test_case, no_folder_for_the_socket);
    tcase_add_test(test_case, only_the_group_may_connect);
    tcase_add_test(test_case, fewer_descriptors_than_connections);
    test_case = harness_case_with(suite, "passed", 60, setup);
    tcase_add_test(test_case, a_passed_socket);
    tcase_add_test(test_case, a_passed_socket_with_another_name);
    tcase_add_test(test_case, a_call_that_waited_in_the_socket);
    tcase_add_test(test_case, a_passed_socket_of_another_kind);
    tcase_add_loop_test(test_case, several_passed_with_the_name, 0, 5);
    tcase_add_test(test_case, two_passed_with_the_name);
    tcase_add_test(test_case, several_passed_without_names);
    tcase_add_loop_test(test_case, a_passed_descriptor_that_is_of_no_use, 0, 2);
    tcase_add_loop_test(test_case, an_odd_number_of_passed_sockets, 0, 5);
    tcase_add_test(test_case, several_passed_without_the_name);
    tcase_add_loop_test(test_case, a_socket_for_another_process, 0, 2);
    return harness_main(suite);
}
