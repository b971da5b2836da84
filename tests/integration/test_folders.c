/*
 * Where the daemon keeps its files when it is not told: in the folders of a service, or in the
 * user's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "program.h"
#include "scene.h"

enum { FAILED = 1, REFUSED = 78 };

static const char *const no_arguments[] = {NULL};
static struct subject *historyd;
static int n_variables;

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
}

/* From the next start on; folders are the test's own. */
static void variable(const char *name, const char *value)
{
    historyd->environment[n_variables++] = harness_text("%s=%s", name, value);
}

static void folder(const char *name, const char *path)
{
    ck_assert_int_eq(mkdir(harness_path(path), 0755), 0);
    variable(name, harness_path(path));
}

/* It serves there; paths are below the test's folder. */
static void serves(const char *socket, const char *database)
{
    historyd->socket = harness_path(socket);
    historyd->database = harness_path(database);
    subject_spawn_with(historyd, no_arguments);
    subject_wait_ready(historyd);
    ck_assert(harness_exists(historyd->database));
}

static void ends(const char *const arguments[], int status, const char *words)
{
    int ended;

    subject_spawn_with(historyd, arguments);
    ended = subject_wait(historyd);
    ck_assert_msg(ended == status && strstr(subject_output(historyd), words), "%d: %s", ended,
                  subject_output(historyd));
}

static int mode_of(const char *path)
{
    struct stat status;

    ck_assert_int_eq(stat(harness_path(path), &status), 0);
    return status.st_mode & 07777;
}

START_TEST(of_a_user)
{
    folder("XDG_RUNTIME_DIR", "run");
    variable("XDG_STATE_HOME", harness_path("some/state"));
    serves("run/historyd/socket", "some/state/historyd/history.db");
    ck_assert_int_eq(mode_of("run/historyd"), 0700);
    ck_assert_int_eq(mode_of("some"), 0700);
    ck_assert_int_eq(mode_of("some/state/historyd"), 0700);
    subject_stop(historyd);
    serves("run/historyd/socket", "some/state/historyd/history.db");
}
END_TEST

START_TEST(of_a_user_with_a_home_alone)
{
    folder("HOME", "home");
    folder("XDG_RUNTIME_DIR", "run");
    variable("XDG_STATE_HOME", "relative"); /* to be ignored, says the specification */
    serves("run/historyd/socket", "home/.local/state/historyd/history.db");
}
END_TEST

static const struct {
    const char *arguments[3];
    const char *words;
} unknown[] = {
    {{NULL},
     "no path for socket: neither $RUNTIME_DIRECTORY nor $XDG_RUNTIME_DIR is set; name one with "
     "--socket"},
    {{"--socket", "/tmp/never-made.socket", NULL},
     "no path for history.db: neither $STATE_DIRECTORY nor $XDG_STATE_HOME is set; name one with "
     "--database"},
};

START_TEST(of_nobody)
{
    ends(unknown[_i].arguments, FAILED, unknown[_i].words);
}
END_TEST

START_TEST(a_folder_that_cannot_be_made)
{
    folder("XDG_RUNTIME_DIR", "run");
    variable("XDG_STATE_HOME", harness_path("file"));
    harness_write_file(harness_path("file"), "", 0);
    ends(no_arguments, FAILED,
         harness_text("cannot make the folder %s/historyd: Not a directory", harness_path("file")));
}
END_TEST

START_TEST(of_a_service)
{
    folder("RUNTIME_DIRECTORY", "run");
    folder("HOME", "home");
    ck_assert_int_eq(mkdir(harness_path("state"), 0755), 0);
    variable("STATE_DIRECTORY",
             harness_text("%s:%s", harness_path("state"), harness_path("other")));
    serves("run/socket", "state/history.db");
    ck_assert_int_eq(mode_of("state"), 0755); /* it is systemd's */
    ck_assert(!harness_exists(harness_path("home/.local")));
}
END_TEST

/* The socket unit owns the socket's folder, and the service has none: the socket is the one of the
 * unit. */
START_TEST(of_a_service_with_a_socket_unit)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    folder("STATE_DIRECTORY", "state");
    historyd->socket = harness_path("unit.socket");
    historyd->database = harness_path("state/history.db");
    strcpy(address.sun_path, historyd->socket);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(fd, 10), 0);
    historyd->passed_fds[0] = fd;
    variable("LISTEN_FDS", "1");
    variable("LISTEN_PID", "%d");
    subject_spawn_with(historyd, no_arguments);
    wire_call(wire_open(historyd), "Ping", NULL);
    ck_assert(harness_exists(historyd->database));
    subject_signal(historyd, SIGTERM);
    ck_assert_int_eq(subject_wait(historyd), 0);
}
END_TEST

/* --- the configuration --------------------------------------------------------------------------
 */

static void write_text(const char *path, const char *text)
{
    harness_write_file(harness_path(path), text, strlen(text));
}

static int64_t events_a_call(void)
{
    return answer_int(wire_call(wire_open(historyd), "GetStatus", NULL), "limits.events");
}

START_TEST(configured_by_a_user)
{
    folder("HOME", "home");
    folder("XDG_RUNTIME_DIR", "run");
    program_shell("mkdir -p home/.config/historyd");
    write_text("home/.config/historyd/historyd.conf", "[limits]\nevents = 7\n");
    serves("run/historyd/socket", "home/.local/state/historyd/history.db");
    ck_assert_int_eq(events_a_call(), 7);
}
END_TEST

/* The signs of a pattern are a name like any other. */
START_TEST(configured_in_a_folder_of_signs)
{
    folder("HOME", "home");
    folder("XDG_RUNTIME_DIR", "run");
    folder("XDG_CONFIG_HOME", "a[b]*?\\c");
    ck_assert_int_eq(mkdir(harness_path("a[b]*?\\c/historyd"), 0755), 0);
    ck_assert_int_eq(mkdir(harness_path("a[b]*?\\c/historyd/conf.d"), 0755), 0);
    write_text("a[b]*?\\c/historyd/historyd.conf", "[limits]\nevents = 6\n");
    write_text("a[b]*?\\c/historyd/conf.d/10.conf", "[limits]\nevents = 7\n");
    serves("run/historyd/socket", "home/.local/state/historyd/history.db");
    ck_assert_int_eq(events_a_call(), 7);
}
END_TEST

/* A service does not read what stands in some user's home. */
START_TEST(a_service_is_configured_by_the_system)
{
    folder("XDG_CONFIG_HOME", "home");
    folder("STATE_DIRECTORY", "state");
    folder("RUNTIME_DIRECTORY", "run");
    ck_assert_int_eq(mkdir(harness_path("home/historyd"), 0755), 0);
    write_text("home/historyd/historyd.conf", "nonsense\n");
    serves("run/socket", "state/history.db");
}
END_TEST

/* What cannot be read may hold a setting. */
START_TEST(drop_ins_that_cannot_be_read)
{
    folder("XDG_CONFIG_HOME", "home");
    ck_assert_int_eq(mkdir(harness_path("home/historyd"), 0755), 0);
    write_text("home/historyd/historyd.conf", "");
    ck_assert_int_eq(symlink("conf.d", harness_path("home/historyd/conf.d")), 0);
    ends(no_arguments, REFUSED,
         harness_text("configuration %s: Too many levels of symbolic links",
                      harness_path("home/historyd/conf.d")));
}
END_TEST

/* Nobody writes into them: who opens one waits for ever. */
START_TEST(a_configuration_to_wait_for)
{
    static const char *const places[] = {"home/historyd/conf.d/10.conf",
                                         "home/historyd/historyd.conf"};

    folder("XDG_CONFIG_HOME", "home");
    ck_assert_int_eq(mkdir(harness_path("home/historyd"), 0755), 0);
    ck_assert_int_eq(mkdir(harness_path("home/historyd/conf.d"), 0755), 0);
    if (_i == 0)
        write_text("home/historyd/historyd.conf", "");
    ck_assert_int_eq(mkfifo(harness_path(places[_i]), 0600), 0);
    ends(no_arguments, REFUSED,
         harness_text("configuration %s is a FIFO", harness_path(places[_i])));
}
END_TEST

/* --- restoring ----------------------------------------------------------------------------------
 */

START_TEST(restored_to_nowhere)
{
    static const char *const restore[] = {"--restore", "backup.db", NULL};

    ends(restore, FAILED,
         "no path for history.db: neither $STATE_DIRECTORY nor $XDG_STATE_HOME is");
}
END_TEST

START_TEST(restored_with_a_bad_configuration)
{
    const char *const restore[] = {"--restore", "backup.db", "--config", harness_path("none"),
                                   NULL};

    ends(restore, FAILED, harness_path("none"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("folders");
    TCase *test_case = harness_case_with(suite, "folders", 60, setup);

    tcase_add_test(test_case, of_a_user);
    tcase_add_test(test_case, of_a_user_with_a_home_alone);
    tcase_add_loop_test(test_case, of_nobody, 0, sizeof(unknown) / sizeof(unknown[0]));
    tcase_add_test(test_case, a_folder_that_cannot_be_made);
    tcase_add_test(test_case, of_a_service);
    tcase_add_test(test_case, of_a_service_with_a_socket_unit);
    tcase_add_test(test_case, configured_by_a_user);
    tcase_add_test(test_case, configured_in_a_folder_of_signs);
    tcase_add_test(test_case, a_service_is_configured_by_the_system);
    tcase_add_test(test_case, drop_ins_that_cannot_be_read);
    tcase_add_loop_test(test_case, a_configuration_to_wait_for, 0, 2);
    tcase_add_test(test_case, restored_to_nowhere);
    tcase_add_test(test_case, restored_with_a_bad_configuration);
    return harness_main(suite);
}
