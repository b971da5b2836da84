#include "daemon_side.h"

#include <errno.h>
#include <fcntl.h>
#include <historyd/historyd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "sqlite_side.h"

enum { ARGUMENTS_MOST = 32, START_SECONDS = 60, STOP_SECONDS = 120 };

static const char *const foreign_environment[] = {
    "HISTORYD_SOCKET", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "LISTEN_PID",
    "LISTEN_FDS",      "LISTEN_FDNAMES",    "NOTIFY_SOCKET",   "JOURNAL_STREAM"};

static void child_exec(const struct daemon_side *side, char *const argv[])
{
    int log = open(side->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_TIMERSLACK, 50000); /* the system's usual one again */
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0u, CLOSE_RANGE_CLOEXEC);
    for (size_t i = 0; i < sizeof(foreign_environment) / sizeof(*foreign_environment); i++)
        unsetenv(foreign_environment[i]);
    execvp(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

static int try_connect(const struct daemon_side *side)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        bench_die("socket: %s", strerror(errno));
    strcpy(address.sun_path, side->socket);
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

int daemon_connect(const struct daemon_side *side)
{
    int fd = try_connect(side);

    if (fd < 0)
        bench_die("connecting to the daemon: %s", strerror(errno));
    return fd;
}

static void show_log(const struct daemon_side *side)
{
    FILE *file = fopen(side->log, "re");
    char line[512];

    while (file && fgets(line, sizeof(line), file))
        fputs(line, stderr);
    if (file)
        fclose(file);
}

static void wait_for_socket(const struct daemon_side *side)
{
    double deadline = bench_now() + START_SECONDS;
    int fd;

    while ((fd = try_connect(side)) < 0) {
        if (waitpid(side->pid, NULL, WNOHANG) != 0 || bench_now() > deadline) {
            show_log(side);
            bench_die("the daemon did not start");
        }
        bench_sleep_until(bench_now() + 200e-6);
    }
    close(fd);
}

static void look_at_database(struct daemon_side *side)
{
    sqlite3 *handle = sqlite_open(side->database, SQLITE_OPEN_READONLY);

    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    side->base_id = sqlite_number(handle, "SELECT coalesce(max(id), 0) FROM events");
    sqlite3_close(handle);
}

void daemon_start(struct daemon_side *side, const struct bench *bench, const char *database,
                  char *const prefix[])
{
    daemon_start_with(side, bench, database, prefix, "");
}

void daemon_start_with(struct daemon_side *side, const struct bench *bench, const char *database,
                       char *const prefix[], const char *configuration)
{
    char *argv[ARGUMENTS_MOST];
    int n = 0;
    char config[96];
    int fd;

    *side = (struct daemon_side){.shape = &bench->shape};
    snprintf(side->database, sizeof(side->database), "%s", bench_path(bench, database));
    snprintf(side->socket, sizeof(side->socket), "%.90s.sock", side->database);
    snprintf(side->log, sizeof(side->log), "%.91s.log", side->database);
    /* The defaults, whatever this machine has configured; but the seed is old and stays. */
    snprintf(config, sizeof(config), "%.90s.conf", side->database);
    fd = open(config, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || dprintf(fd, "[retention]\ndays = 0\n%s", configuration) < 0)
        bench_die("%s: %s", config, strerror(errno));
    close(fd);
    for (unsigned i = 0; i < SHAPE_RUNS_MOST; i++)
        side->next_seq[i] = 1;
    while (prefix && prefix[n] && n < ARGUMENTS_MOST - 8) {
        argv[n] = prefix[n];
        n++;
    }
    memcpy(&argv[n],
           (char *[]){(char *)bench->options.daemon, "--socket", side->socket, "--database",
                      side->database, "--config", config, NULL},
           8 * sizeof(*argv));
    side->started = bench_now();
    side->pid = fork();
    if (side->pid < 0)
        bench_die("fork: %s", strerror(errno));
    if (side->pid == 0)
        child_exec(side, argv);
    wait_for_socket(side);
    look_at_database(side);
}

void daemon_stop(struct daemon_side *side)
{
    double deadline = bench_now() + STOP_SECONDS;
    int status = 0;
    pid_t pid;

    if (side->pid == 0)
        return;
    kill(side->pid, SIGTERM);
    while ((pid = waitpid(side->pid, &status, WNOHANG)) == 0 && bench_now() < deadline)
        bench_sleep_until(bench_now() + 5e-3);
    if (pid != side->pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show_log(side);
        bench_die("the daemon did not end well");
    }
    side->pid = 0;
}

void daemon_create_runs(struct daemon_side *side)
{
    struct hd_client *client = NULL;

    if (hd_client_new(side->socket, &client) < 0)
        bench_die("out of memory");
    for (unsigned i = 0; i < side->shape->n_runs; i++) {
        struct hd_create_run_params params = {.id = side->shape->runs[i],
                                              .repo_path = "/srv/active"};
        const struct hd_create_run_result *result = NULL;

        if (hd_create_run(client, &params, &result) != 0)
            bench_die("CreateRun: %s", hd_client_error(client)->message);
        hd_result_free(result);
    }
    hd_client_free(client);
}

int64_t daemon_memory(const struct daemon_side *side, const char *name)
{
    char path[64];
    char line[256];
    long long kib = -1;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)side->pid);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        if (strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
            sscanf(line + strlen(name) + 1, "%lld", &kib);
    if (file)
        fclose(file);
    if (kib < 0)
        bench_die("%s has no %s", path, name);
    return kib;
}

double daemon_cpu(const struct daemon_side *side)
{
    struct timespec taken = {.tv_sec = 0};
    clockid_t clock;

    if (clock_getcpuclockid(side->pid, &clock) == 0)
        clock_gettime(clock, &taken);
    return (double)taken.tv_sec + (double)taken.tv_nsec / 1e9;
}

int64_t daemon_wal(const struct daemon_side *side)
{
    char path[128];
    struct stat status;

    snprintf(path, sizeof(path), "%s-wal", side->database);
    return stat(path, &status) == 0 ? status.st_size : 0;
}

bool daemon_holds(const struct daemon_side *side)
{
    return sqlite_holds(side->database, side->shape, side->base_id, side->appended,
                        side->unnumbered ? NULL : side->next_seq);
}
