#include "fault_place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t fault_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void orders_set(struct fault_orders *orders, const struct fault_case *fault)
{
    memset((void *)orders, 0, sizeof(*orders));
    orders->kind = (int)fault->kind;
    orders->error = fault->error;
    orders->from = fault->from;
    orders->forever = fault->forever;
    orders->stack = fault->stack;
    orders->stacks_wanted = fault->kind == FAULT_NONE;
}

static void child_exec(const struct fault_place *place, bool fallible)
{
    const char *program =
        getenv("HISTORYD_BINARY") ? getenv("HISTORYD_BINARY") : HISTORYD_BUILT_BINARY;
    int log = open(place->log, O_WRONLY | O_CREAT | O_APPEND, 0600);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, 0);
    if (fallible) {
        setenv("LD_PRELOAD", FAULT_SHIM, 1);
        setenv("FAULT_ORDERS", place->orders_path, 1);
    }
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:exitcode=99:allocator_may_return_null=1", 1);
    setenv("UBSAN_OPTIONS", "print_stacktrace=1", 1);
    execl(program, program, "--socket", place->socket, "--database", place->database, "--config",
          place->config, (char *)NULL);
    _exit(127);
}

pid_t fault_daemon_start(const struct fault_place *place, const struct fault_case *fault)
{
    pid_t pid;

    if (fault)
        orders_set(place->orders, fault);
    pid = fork();
    if (pid < 0)
        abort();
    if (pid == 0)
        child_exec(place, fault != NULL);
    return pid;
}

bool fault_daemon_connect(const struct fault_place *place, pid_t pid, struct fault_wire *wire,
                          int patience_ms, int *ret_status)
{
    int64_t deadline = fault_now_ms() + FAULT_PATIENCE_MS;

    while (fault_wire_open(wire, place->socket, patience_ms) < 0) {
        if (waitpid(pid, ret_status, WNOHANG) == pid)
            return false;
        if (fault_now_ms() >= deadline) {
            fault_daemon_wait(pid, 0, ret_status);
            return false;
        }
        usleep(FAULT_NAP_US);
    }
    return true;
}

bool fault_daemon_wait(pid_t pid, int patience_ms, int *ret_status)
{
    int64_t deadline = fault_now_ms() + patience_ms;

    while (waitpid(pid, ret_status, WNOHANG) == 0) {
        if (fault_now_ms() >= deadline) {
            kill(pid, SIGKILL);
            waitpid(pid, ret_status, 0);
            return false;
        }
        usleep(FAULT_NAP_US);
    }
    return true;
}

static int descriptors_count(pid_t pid)
{
    char path[64];
    int count = 0;
    DIR *folder;

    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        count += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return count;
}

static int maps_count(const struct fault_place *place, pid_t pid)
{
    char text[PATH_MAX];
    int count = 0;
    FILE *file;

    snprintf(text, sizeof(text), "/proc/%d/maps", (int)pid);
    file = fopen(text, "re");
    while (file && fgets(text, sizeof(text), file))
        count += strstr(text, place->folder) != NULL;
    if (file)
        fclose(file);
    return count;
}

void fault_daemon_held(const struct fault_place *place, pid_t pid, struct fault_held *ret_held)
{
    ret_held->descriptors = descriptors_count(pid);
    ret_held->maps = maps_count(place, pid);
}
