#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

enum { MAX_ARGUMENTS = 48 };

static void program_release(void *object)
{
    struct program *program = object;

    if (!program->pid)
        return;
    kill(program->pid, SIGKILL);
    waitpid(program->pid, NULL, 0);
}

static void child_exec(const struct program *program, const char *folder, const char *in_path,
                       char *const argv[])
{
    int in = open(in_path, O_RDONLY);
    int out = open(program->out_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int err = open(program->err_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_DFL);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    setenv("TZ", "UTC", 1);
    if (chdir(folder ? folder : harness_folder()) == 0)
        execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

struct program *program_start(const char *folder, const char *input, const char *const arguments[])
{
    static int number;
    struct program *program = harness_alloc(sizeof(*program));
    const char *name = harness_path(harness_text("command-%d", ++number));
    const char *in_path = input ? harness_text("%s.in", name) : "/dev/null";

    if (input)
        harness_write_file(in_path, input, strlen(input));
    program->out_path = harness_text("%s.out.log", name);
    program->err_path = harness_text("%s.err.log", name);
    program->shown = "";
    for (size_t i = 0; arguments[i]; i++)
        program->shown = harness_text("%s %s", program->shown, arguments[i]);
    program->pid = fork();
    ck_assert_int_ge(program->pid, 0);
    if (program->pid == 0)
        child_exec(program, folder, in_path, (char *const *)arguments);
    return harness_keep(program, program_release);
}

const char *program_output(const struct program *program)
{
    const char *text = harness_read_file(program->out_path, NULL);

    return text ? text : "";
}

struct program *program_finish(struct program *program)
{
    int64_t deadline = harness_deadline();
    int status;

    while (waitpid(program->pid, &status, WNOHANG) == 0)
        harness_turn(deadline, program->shown);
    program->pid = 0;
    program->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    program->out = program_output(program);
    program->err = harness_read_file(program->err_path, NULL);
    return program;
}

struct program *program_run(const char *input, const char *const arguments[])
{
    return program_finish(program_start(NULL, input, arguments));
}

void program_expect(const struct program *program, int status)
{
    ck_assert_msg(program->status == status, "%s ended with %d, not %d:\n%.3000s%.3000s",
                  program->shown, program->status, status, program->out, program->err);
}

const char *program_shell(const char *format, ...)
{
    const char *arguments[] = {"/bin/sh", "-c", NULL, NULL};
    struct program *program;
    va_list list;

    va_start(list, format);
    arguments[2] = harness_vtext(format, list);
    va_end(list);
    program = program_run(NULL, arguments);
    program_expect(program, 0);
    return program->out;
}

/* --- historyctl ------------------------------------------------------------------------------- */

static struct program *ctl_vstart(const struct subject *subject, const char *input,
                                  const char *format, va_list list)
{
    const char *program = getenv("HISTORYCTL_BINARY");
    const char *arguments[MAX_ARGUMENTS + 1] = {program ? program : HISTORYCTL_BUILT_BINARY,
                                                "--socket", subject->socket};
    char *line = harness_vtext(format, list);
    char *word;
    size_t n = 3;

    while ((word = strsep(&line, " "))) {
        if (*word == '\0')
            continue;
        ck_assert_uint_lt(n, MAX_ARGUMENTS);
        for (char *c = word; *c; c++)
            if (*c == '\t')
                *c = ' ';
        arguments[n++] = word;
    }
    return program_start(NULL, input, arguments);
}

struct program *ctl_start(const struct subject *subject, const char *input, const char *format, ...)
{
    struct program *program;
    va_list list;

    va_start(list, format);
    program = ctl_vstart(subject, input, format, list);
    va_end(list);
    return program;
}

struct program *ctl_run(const struct subject *subject, const char *input, const char *format, ...)
{
    struct program *program;
    va_list list;

    va_start(list, format);
    program = ctl_vstart(subject, input, format, list);
    va_end(list);
    return program_finish(program);
}

const char *ctl_out(const struct subject *subject, const char *format, ...)
{
    struct program *program;
    va_list list;

    va_start(list, format);
    program = ctl_vstart(subject, NULL, format, list);
    va_end(list);
    program_finish(program);
    program_expect(program, 0);
    return program->out;
}
