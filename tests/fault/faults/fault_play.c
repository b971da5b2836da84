#include "fault_play.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault_wire.h"

enum { NAP_US = 500, SHORT_PATIENCE_MS = 1500, SANITIZER_STATUS = 99 };

struct player {
    const struct fault_place *place;
    const struct fault_case *fault;
    struct fault_played *played;
    struct fault_wire wire;
    pid_t pid; /* 0 once it has ended */
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3))) static void problem(struct fault_played *played,
                                                          const char *format, ...)
{
    va_list arguments;

    if (played->problem[0])
        return;
    va_start(arguments, format);
    vsnprintf(played->problem, sizeof(played->problem), format, arguments);
    va_end(arguments);
}

/* --- the daemon ------------------------------------------------------------------------------ */

static void orders_set(struct fault_orders *orders, const struct fault_case *fault)
{
    memset((void *)orders, 0, sizeof(*orders));
    orders->kind = (int)fault->kind;
    orders->error = fault->error;
    orders->from = fault->from;
    orders->forever = fault->forever;
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

bool fault_daemon_wait(pid_t pid, int patience_ms, int *ret_status)
{
    int64_t deadline = now_ms() + patience_ms;

    while (waitpid(pid, ret_status, WNOHANG) == 0) {
        if (now_ms() >= deadline) {
            kill(pid, SIGKILL);
            waitpid(pid, ret_status, 0);
            return false;
        }
        usleep(NAP_US);
    }
    return true;
}

static bool daemon_has_ended(struct player *player)
{
    if (player->pid && waitpid(player->pid, &player->played->status, WNOHANG) == player->pid) {
        player->pid = 0;
        player->played->ended_early = true;
    }
    return player->pid == 0;
}

/* --- the load -------------------------------------------------------------------------------- */

/* With calls that fail for ever a daemon may be unable to accept or to answer. */
static int patience(const struct player *player)
{
    bool mute = player->fault->forever &&
                (player->fault->kind == FAULT_ACCEPT || player->fault->kind == FAULT_SEND ||
                 player->fault->kind == FAULT_MEMORY || player->fault->kind == FAULT_THREAD);

    return mute ? SHORT_PATIENCE_MS : FAULT_PATIENCE_MS;
}

static bool connect_at_start(struct player *player)
{
    int64_t deadline = now_ms() + FAULT_PATIENCE_MS;

    while (fault_wire_open(&player->wire, player->place->socket, patience(player)) < 0) {
        if (daemon_has_ended(player))
            return false;
        if (now_ms() >= deadline) {
            problem(player->played, "it neither listens nor ends");
            return false;
        }
        usleep(NAP_US);
    }
    return true;
}

static bool listed(const char *names, const char *name)
{
    const char *found = names ? strstr(names, name) : NULL;
    size_t size = strlen(name);

    return found && (found == names || found[-1] == '|') &&
           (found[size] == '\0' || found[size] == '|');
}

static bool needs_are_done(const struct player *player, const struct fault_step *step)
{
    for (int i = 0; step->needs && i < fault_n_steps; i++)
        if (strcmp(fault_steps[i].parameters, step->needs) == 0)
            return player->played->outcomes[i] == FAULT_DONE;
    return true;
}

/* Errors that are documented for the case; nothing may be refused before anything failed. */
static bool error_is_good(const struct player *player, const struct fault_step *step,
                          const char *error)
{
    const struct fault_case *fault = player->fault;

    if (atomic_load(&player->place->orders->failed) == 0)
        return false;
    if (strcmp(error, "StorageFull") == 0)
        return fault->error == ENOSPC || fault->error == FAULT_SHORT;
    if (listed("StorageFailed|Busy|ShuttingDown", error))
        return true;
    if (strcmp(error, "RunNotFound") == 0)
        return !needs_are_done(player, step);
    /* A reload that lacks memory or a file is refused as a wrong one is. */
    return listed(step->errors, error) && (!step->expects || !needs_are_done(player, step));
}

static enum fault_outcome answer_judge(struct player *player, const struct fault_step *step)
{
    char name[64];
    const char *error = fault_wire_error(&player->wire, name, sizeof(name));

    if (!error) {
        if (step->expects && needs_are_done(player, step) &&
            !memmem(player->wire.answer, player->wire.size, step->expects, strlen(step->expects)))
            problem(player->played, "%s %.60s: the answer lacks %s: %.300s", step->method,
                    step->parameters, step->expects, player->wire.answer);
        return FAULT_DONE;
    }
    if (!error_is_good(player, step, error))
        problem(player->played, "%s %.60s: %.300s", step->method, step->parameters,
                player->wire.answer);
    if (strcmp(error, "StorageFailed") != 0)
        return step->loose ? FAULT_UNKNOWN : FAULT_REFUSED;
    if (step->effect)
        player->played->failed_told = true;
    return FAULT_UNKNOWN;
}

static char *quoted(const char *text)
{
    char *copy = strdup(text);

    if (!copy)
        abort();
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    return copy;
}

static enum fault_outcome step_play(struct player *player, const struct fault_step *step)
{
    char *parameters;
    enum fault_heard heard;

    if (player->wire.fd < 0 &&
        fault_wire_open(&player->wire, player->place->socket, patience(player)) < 0)
        return FAULT_NOT_SENT;
    parameters = quoted(step->parameters);
    heard = fault_wire_call(&player->wire, step->method, parameters, step->until);
    free(parameters);
    if (heard == FAULT_SILENT && patience(player) == FAULT_PATIENCE_MS)
        problem(player->played, "%s %.60s: no answer", step->method, step->parameters);
    if (heard != FAULT_ANSWERED) {
        if (atomic_load(&player->place->orders->failed) == 0)
            problem(player->played, "%s: no answer, and nothing had failed", step->method);
        fault_wire_close(&player->wire);
        return FAULT_UNKNOWN;
    }
    if (step->until) {
        enum fault_outcome outcome = answer_judge(player, step);

        fault_wire_close(&player->wire);
        return outcome;
    }
    return answer_judge(player, step);
}

static void load_play(struct player *player)
{
    int silent = 0;

    if (!connect_at_start(player))
        return;
    for (int i = 0; i < fault_n_steps && !daemon_has_ended(player) && silent < 2; i++) {
        player->played->outcomes[i] = step_play(player, &fault_steps[i]);
        silent = player->wire.fd < 0 && !fault_steps[i].until ? silent + 1 : 0;
    }
}

/* --- its end --------------------------------------------------------------------------------- */

static void log_look(const struct player *player)
{
    static const char *const words[] = {"Sanitizer", "runtime error:", "Assertion", "malloc():"};
    FILE *file = fopen(player->place->log, "re");
    char line[1024];

    while (file && fgets(line, sizeof(line), file))
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (strstr(line, words[i]))
                problem(player->played, "its log has: %.300s", line);
    if (file)
        fclose(file);
}

/* The folder itself is not meant: SQLite passes over a failed sync of it, and the daemon makes it
 * good by syncs of its own before it acknowledges; what power cuts leave then is judged there. */
static bool is_of_database(const struct fault_place *place, const char *where)
{
    return strncmp(where, place->folder, strlen(place->folder)) == 0 &&
           strstr(where, "/history.db") && !strstr(where, "/backups");
}

static void end_judge(const struct player *player)
{
    struct fault_played *played = player->played;
    const struct fault_orders *orders = player->place->orders;
    bool failed = atomic_load(&orders->failed) > 0;
    int status = played->status;

    if (WIFSIGNALED(status)) {
        problem(played, "it was killed by %s", sigabbrev_np(WTERMSIG(status)));
        return;
    }
    status = WEXITSTATUS(status);
    if (status == SANITIZER_STATUS)
        problem(played, "the sanitizer ended it");
    if (status != 0 && (status != 1 || !failed))
        problem(played, "it ended with %d", status);
    if (played->ended_early && status == 0)
        problem(played, "it ended by itself, with 0");
    if (played->failed_told && status == 0)
        problem(played, "it answered StorageFailed to a write and ended with 0");
    if (failed && orders->kind == FAULT_SYNC && status == 0 &&
        is_of_database(player->place, orders->where))
        problem(played, "a sync of %.200s failed and it ended with 0", orders->where);
}

void fault_play(const struct fault_place *place, const struct fault_case *fault,
                struct fault_played *ret_played)
{
    struct player player = {
        .place = place, .fault = fault, .played = ret_played, .wire = {.fd = -1}};

    *ret_played = (struct fault_played){.status = 0};
    player.pid = fault_daemon_start(place, fault);
    load_play(&player);
    if (!daemon_has_ended(&player)) {
        kill(player.pid, SIGTERM);
        if (!fault_daemon_wait(player.pid, FAULT_PATIENCE_MS, &ret_played->status))
            problem(ret_played, "it does not end when told to");
    }
    fault_wire_clear(&player.wire);
    log_look(&player);
    end_judge(&player);
}
