#include "fault_play.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHORT_PATIENCE_MS = 1500, SETTLED_MS = 500, SANITIZER_STATUS = 99 };

struct player {
    const struct fault_place *place;
    const struct fault_case *fault;
    struct fault_played *played;
    struct fault_wire wire;
    pid_t pid; /* 0 once it has ended */
    /* AddressSanitizer's runtime itself, which ends the process where it gets no memory. */
    bool sanitizer_gave_up;
};

void fault_problem(struct fault_played *played, const char *format, ...)
{
    va_list arguments;

    if (played->problem[0])
        return;
    va_start(arguments, format);
    vsnprintf(played->problem, sizeof(played->problem), format, arguments);
    va_end(arguments);
}

/* --- the daemon ------------------------------------------------------------------------------ */

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
    if (fault_daemon_connect(player->place, player->pid, &player->wire, patience(player),
                             &player->played->status))
        return true;
    player->pid = 0;
    player->played->ended_early = true;
    return false;
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
            fault_problem(player->played, "%s %.60s: the answer lacks %s: %.300s", step->method,
                          step->parameters, step->expects, player->wire.answer);
        return FAULT_DONE;
    }
    if (!error_is_good(player, step, error))
        fault_problem(player->played, "%s %.60s: %.300s", step->method, step->parameters,
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
        fault_problem(player->played, "%s %.60s: no answer", step->method, step->parameters);
    if (heard != FAULT_ANSWERED) {
        if (heard == FAULT_ENDED && atomic_load(&player->place->orders->failed) == 0)
            fault_problem(player->played, "%s: closed, and nothing had failed", step->method);
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

static void log_look(struct player *player)
{
    static const char *const words[] = {"Sanitizer", "runtime error:", "Assertion", "malloc():"};
    FILE *file = fopen(player->place->log, "re");
    char line[1024];

    while (file && fgets(line, sizeof(line), file)) {
        player->sanitizer_gave_up |= strstr(line, "AddressSanitizer: CHECK failed") != NULL;
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (strstr(line, words[i]) && !player->sanitizer_gave_up)
                fault_problem(player->played, "its log has: %.300s", line);
    }
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

    if (player->sanitizer_gave_up)
        return;
    if (WIFSIGNALED(status)) {
        fault_problem(played, "it was killed by %s", sigabbrev_np(WTERMSIG(status)));
        return;
    }
    status = WEXITSTATUS(status);
    if (status == SANITIZER_STATUS)
        fault_problem(played, "the sanitizer ended it");
    if (status != 0 && (status != 1 || !failed))
        fault_problem(played, "it ended with %d", status);
    if (played->ended_early && status == 0)
        fault_problem(played, "it ended by itself, with 0");
    if (played->failed_told && status == 0)
        fault_problem(played, "it answered StorageFailed to a write and ended with 0");
    if (failed && orders->kind == FAULT_SYNC && status == 0 &&
        is_of_database(player->place, orders->where))
        fault_problem(played, "a sync of %.200s failed and it ended with 0", orders->where);
}

/* Until it has no more than that, or, where nobody knows, until the connections are surely gone. */
static void held_look(const struct player *player, const struct fault_held *most)
{
    int64_t deadline = fault_now_ms() + (most ? FAULT_PATIENCE_MS : SETTLED_MS);
    struct fault_held *held = &player->played->held;
    int kept = 0;

    for (int i = 0; i < fault_n_steps; i++)
        kept += fault_steps[i].gives_back && player->played->outcomes[i] != FAULT_DONE;
    for (;;) {
        fault_daemon_held(player->place, player->pid, held);
        if (most && held->descriptors <= most->descriptors + kept && held->maps <= most->maps)
            return;
        if (fault_now_ms() >= deadline)
            break;
        usleep(FAULT_NAP_US);
    }
    if (most)
        fault_problem(player->played,
                      "behind the load it has %d descriptors and %d maps, else %d and %d",
                      held->descriptors, held->maps, most->descriptors, most->maps);
}

void fault_play(const struct fault_place *place, const struct fault_case *fault,
                const struct fault_held *held, struct fault_played *ret_played)
{
    struct player player = {
        .place = place, .fault = fault, .played = ret_played, .wire = {.fd = -1}};

    *ret_played = (struct fault_played){.status = 0};
    player.pid = fault_daemon_start(place, fault);
    load_play(&player);
    fault_wire_clear(&player.wire);
    if (!daemon_has_ended(&player)) {
        held_look(&player, held);
        kill(player.pid, SIGTERM);
        if (!fault_daemon_wait(player.pid, FAULT_PATIENCE_MS, &ret_played->status))
            fault_problem(ret_played, "it does not end when told to");
    }
    log_look(&player);
    end_judge(&player);
}
