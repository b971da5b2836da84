#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "slurp.h"

extern char **environ;

static int process_spawn(char *const argv[], bool quiet, int output, pid_t *ret_pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t signals;
    int r;

    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    r = posix_spawn_file_actions_init(&files);
    if (r != 0)
        return -r;
    r = posix_spawnattr_init(&attributes);
    if (r == 0) {
        r = posix_spawnattr_setsigdefault(&attributes, &signals);
        if (r == 0)
            r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        if (r == 0)
            r = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
        if (r == 0 && quiet)
            r = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (r == 0)
            r = posix_spawnp(ret_pid, argv[0], &files, &attributes, argv, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return -r;
}

int process_start(char *const argv[], bool quiet, pid_t *ret_pid, int *ret_output)
{
    int ends[2];
    int r;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    r = process_spawn(argv, quiet, ends[1], ret_pid);
    close(ends[1]);
    if (r < 0)
        close(ends[0]);
    else
        *ret_output = ends[0];
    return r;
}

int process_wait(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return 127;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int process_capture(char *const argv[], size_t most, struct buffer *buffer)
{
    pid_t pid;
    int output;
    int exit_code;
    int r = process_start(argv, true, &pid, &output);

    if (r < 0)
        return r;
    r = slurp_descriptor(output, most, buffer);
    close(output);
    exit_code = process_wait(pid);
    return r < 0 ? r : exit_code;
}
