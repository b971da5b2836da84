#include "subject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bare_wire.h"
#include "harness.h"

enum { MAX_ARGUMENTS = 16, MAX_WRAPPER = 16, PASSED_AWAY = 100 };

static const char *const foreign_environment[] = {
    "HISTORYD_SOCKET", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CONFIGURATION_DIRECTORY",
    "XDG_RUNTIME_DIR", "XDG_STATE_HOME",    "XDG_CONFIG_HOME", "HOME",
    "LISTEN_PID",      "LISTEN_FDS",        "LISTEN_FDNAMES",  "NOTIFY_SOCKET",
    "JOURNAL_STREAM",  "INVOCATION_ID",     "WATCHDOG_USEC",   "WATCHDOG_PID",
    "LISTEN_PIDFDID",
};

const char *subject_program(void)
{
    const char *path = getenv("HISTORYD_BINARY");

    return path ? path : HISTORYD_BUILT_BINARY;
}

static void subject_release(void *object)
{
    struct subject *subject = object;

    if (subject->pid)
        subject_stop(subject);
}

struct subject *subject_new(const char *name)
{
    struct subject *subject = harness_alloc(sizeof(*subject));

    subject->socket = harness_path(harness_text("%s.socket", name));
    subject->database = harness_path(harness_text("%s.db", name));
    subject->config = harness_path(harness_text("%s.conf", name));
    subject->log = harness_path(harness_text("%s.log", name));
    return harness_keep(subject, subject_release);
}

void subject_configure(struct subject *subject, const char *text)
{
    harness_write_file(subject->config, text, strlen(text));
    subject->configured = true;
}

void subject_make_fallible(struct subject *subject)
{
    subject->fault = harness_text("%s.fault", subject->database);
}

void subject_fail(const struct subject *subject, const char *fault)
{
    const char *next = harness_text("%s.next", subject->fault);

    ck_assert_msg(subject->fault != NULL, "the disk can't fail");
    if (fault) {
        harness_write_file(next, fault, strlen(fault));
        ck_assert_int_eq(rename(next, subject->fault), 0);
    } else if (harness_exists(subject->fault)) {
        ck_assert_int_eq(unlink(subject->fault), 0);
    }
}

static void child_exec(const struct subject *subject, char *const argv[])
{
    int in = open("/dev/null", O_RDONLY);
    int out = open(subject->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int fds[sizeof(subject->passed_fds) / sizeof(int)];
    int passed = 0;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    /* Out of the way first: one may have the number that another is to get. */
    for (; subject->passed_fds[passed]; passed++)
        fds[passed] = fcntl(subject->passed_fds[passed], F_DUPFD_CLOEXEC, PASSED_AWAY);
    for (int i = 0; i < passed; i++)
        dup2(fds[i], STDERR_FILENO + 1 + i);
    close_range((unsigned int)(STDERR_FILENO + 1 + passed), ~0u, 0);
    for (size_t i = 0; i < sizeof(foreign_environment) / sizeof(*foreign_environment); i++)
        unsetenv(foreign_environment[i]);
    for (const char *const *entry = subject->environment; *entry; entry++) {
        const char *name = strndup(*entry, strcspn(*entry, "="));

        setenv(name, harness_text(strchr(*entry, '=') + 1, (int)getpid()), 1);
    }
    if (subject->fault) {
        setenv("LD_PRELOAD", FAILING_DISK, 1);
        setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
        setenv("HISTORYD_TEST_FAULT", subject->fault, 1);
    }
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

/* Puts the words of the environment's HISTORYD_TEST_WRAPPER first; returns their number. */
static size_t wrapper_words(char *argv[])
{
    const char *wrapper = getenv("HISTORYD_TEST_WRAPPER");
    size_t words = 0;

    if (!wrapper)
        return 0;
    wrapper = harness_text("%s", wrapper);
    for (char *word = strtok((char *)wrapper, " "); word; word = strtok(NULL, " ")) {
        ck_assert_uint_lt(words, MAX_WRAPPER);
        argv[words++] = word;
    }
    return words;
}

void subject_spawn_with(struct subject *subject, const char *const arguments[])
{
    char *argv[MAX_WRAPPER + MAX_ARGUMENTS + 2] = {NULL};
    size_t words = wrapper_words(argv);

    ck_assert_msg(subject->pid == 0, "already started");
    argv[words++] = (char *)subject_program();
    for (size_t i = 0; arguments[i]; i++) {
        ck_assert_uint_lt(i, MAX_ARGUMENTS);
        argv[words++] = (char *)arguments[i];
    }
    subject->pid = fork();
    ck_assert_int_ge(subject->pid, 0);
    if (subject->pid == 0)
        child_exec(subject, argv);
}

void subject_spawn(struct subject *subject)
{
    const char *const arguments[] = {
        "--socket",
        subject->socket,
        "--database",
        subject->database,
        subject->configured ? "--config" : NULL,
        subject->config,
        NULL,
    };

    subject_spawn_with(subject, arguments);
}

static int status_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

bool subject_has_ended(struct subject *subject, int *ret_status)
{
    int status;
    pid_t pid = waitpid(subject->pid, &status, WNOHANG);

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        return false;
    subject->pid = 0;
    *ret_status = status_of(status);
    return true;
}

void subject_wait_ready(struct subject *subject)
{
    int64_t deadline = harness_deadline();
    struct wire *wire;
    int status;

    while (!(wire = wire_try(subject->socket))) {
        ck_assert_msg(!subject_has_ended(subject, &status), "historyd ended with %d at start:\n%s",
                      status, subject_output(subject));
        harness_turn(deadline, "historyd to listen");
    }
    wire_call(wire, "Ping", NULL);
    wire_close(wire);
}

/* The signals of which a handler of its own is told. */
static unsigned long long signals_caught(const struct subject *subject)
{
    FILE *file = fopen(harness_text("/proc/%d/status", subject->pid), "re");
    unsigned long long caught = 0;
    char line[256];

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "SigCgt: %llx", &caught) == 1)
            break;
    fclose(file);
    return caught;
}

void subject_wait_signals(const struct subject *subject)
{
    int64_t deadline = harness_deadline();

    while (!(signals_caught(subject) & 1ull << (SIGTERM - 1)))
        harness_turn(deadline, "historyd to listen to signals");
}

void subject_start(struct subject *subject)
{
    subject_spawn(subject);
    subject_wait_ready(subject);
}

void subject_signal(struct subject *subject, int signal)
{
    ck_assert_msg(subject->pid > 0, "no daemon is running");
    ck_assert_int_eq(kill(subject->pid, signal), 0);
}

int subject_wait(struct subject *subject)
{
    int64_t deadline = harness_deadline();
    int status;

    ck_assert_msg(subject->pid > 0, "no daemon is running");
    while (!subject_has_ended(subject, &status))
        harness_turn(deadline, "historyd to end");
    return status;
}

void subject_gives_up(struct subject *subject, int status, const char *words)
{
    int64_t deadline = harness_deadline();
    int ended;

    subject_spawn(subject);
    while (!subject_has_ended(subject, &ended)) {
        ck_assert_msg(!wire_try(subject->socket), "it serves: %s", subject_output(subject));
        harness_turn(deadline, "historyd to give up");
    }
    ck_assert_msg(ended == status, "ended with %d, not %d: %s", ended, status,
                  subject_output(subject));
    ck_assert_msg(strstr(subject_output(subject), words), "no '%s' in: %s", words,
                  subject_output(subject));
    ck_assert_msg(!harness_exists(subject->socket), "a socket was left behind");
}

void subject_kill(struct subject *subject)
{
    subject_signal(subject, SIGKILL);
    ck_assert_int_eq(subject_wait(subject), -SIGKILL);
}

void subject_stop(struct subject *subject)
{
    int status;

    subject_signal(subject, SIGTERM);
    status = subject_wait(subject);
    ck_assert_msg(status == 0, "historyd ended with %d after SIGTERM", status);
    ck_assert_msg(!harness_exists(subject->socket), "the socket file was left behind");
    ck_assert_msg(!harness_exists(harness_text("%s-wal", subject->database)),
                  "the log was left behind");
}

int64_t subject_memory(const struct subject *subject)
{
    FILE *file = fopen(harness_text("/proc/%d/status", subject->pid), "re");
    char line[256];
    long kib = -1;

    ck_assert_ptr_nonnull(file);
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    fclose(file);
    ck_assert_int_ge(kib, 0);
    return kib;
}

int subject_descriptors(const struct subject *subject)
{
    DIR *directory = opendir(harness_text("/proc/%d/fd", subject->pid));
    int count = -2; /* . and .. */

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

const char *subject_output(const struct subject *subject)
{
    const char *text = harness_read_file(subject->log, NULL);

    return text ? text : "";
}
