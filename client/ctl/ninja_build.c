/* The frame of a recorded build: its run is made before Ninja starts and ended after it. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "ninja_live.h"
#include "ninja_send.h"
#include "process.h"
#include "rfc3339.h"

enum { BUILD_ARGUMENTS = 4096 };

/* How many jobs Ninja runs: as it is told with -j, else as it guesses. */
static int64_t build_parallelism(char *const *arguments)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t jobs = processors < 2 ? 2 : processors == 2 ? 3 : processors + 2;

    for (; *arguments; arguments++) {
        const char *number = NULL;

        if (strcmp(*arguments, "-j") == 0 && arguments[1])
            number = *++arguments;
        else if (strncmp(*arguments, "-j", 2) == 0)
            number = *arguments + 2;
        if (number)
            options_integer(number, &jobs);
    }
    return jobs < 1 ? 1 : jobs;
}

/* Makes the run and starts to record it. Returns the exit code. */
static int build_begin(struct ninja_live *live, char *const *arguments)
{
    char started[RFC3339_SIZE];
    struct hd_create_run_params params = {.started_at = started,
                                          .has_parallelism = true,
                                          .parallelism = build_parallelism(arguments)};
    struct hd_recorder_options options = {.socket_path = hd_client_path(live->ctl->client)};
    struct hd_new_event event;
    uint64_t hash;
    int r;

    live->plan.started = live->plan.ended = rfc3339_now();
    hash = names_hash(NAMES_HASH, live->plan.build_dir, strlen(live->plan.build_dir) + 1);
    hash = names_hash(hash, &live->plan.started, sizeof(live->plan.started));
    if (ninja_plan_name(&live->plan, hash) < 0)
        return ctl_fail_memory();
    params.id = options.run_id = live->plan.run_id;
    params.repo_path = live->plan.repo_path;
    rfc3339_write(live->plan.started, started);
    r = hd_create_run(live->ctl->client, &params, NULL);
    if (r != 0)
        return ctl_fail(live->ctl, r);
    r = hd_recorder_open(&options, &live->recorder);
    if (r == 0)
        r = ninja_plan_run_event(&live->plan, false, &event);
    if (r == 0)
        r = hd_recorder_add(live->recorder, &event, NULL);
    if (r < 0)
        ctl_complain("cannot record: %s", strerror(-r));
    else
        ctl_complain("recording as %s", live->plan.run_id);
    return r < 0 ? CTL_FAILURE : CTL_SUCCESS;
}

static int build_start(struct ninja_live *live, char *const *arguments)
{
    const char *argv[BUILD_ARGUMENTS] = {"ninja", "-C", live->place->given};
    size_t n = 3;
    int r;

    while (*arguments && n + 1 < BUILD_ARGUMENTS)
        argv[n++] = *arguments++;
    r = *arguments ? -E2BIG : process_start((char *const *)argv, false, &live->pid, &live->pipe);
    if (r < 0)
        ctl_complain("cannot run ninja: %s", strerror(-r));
    return r;
}

/* Stores the graph of what ran. A run without one is a run all the same. */
static void build_put_graph(struct ninja_live *live, const char *file)
{
    struct hd_put_graph_params params = {.run_id = live->plan.run_id};
    struct ninja_source source;
    int r;

    if (live->plan.n_units == 0)
        return;
    if (ninja_source_open(&source, live->place->given, file) == 0) {
        r = ninja_draw(&source, &live->plan, &params.graph);
        if (r < 0)
            ctl_fail_memory();
        else if (r > 0)
            r = hd_put_graph(live->ctl->client, &params);
        if (r > 0)
            ctl_fail(live->ctl, r);
    }
    ninja_source_close(&source);
}

/* Ends the run as Ninja ended. Returns as calls do. */
static int build_end(struct ninja_live *live, int exit_code)
{
    struct hd_stop_run_params stop = {.run_id = live->plan.run_id};
    struct hd_complete_run_params failed = {.run_id = live->plan.run_id, .status = "failed"};
    char error[64];
    int r;

    if (live->interrupted) {
        r = ninja_live_update(live, true);
        return r == 0 ? hd_stop_run(live->ctl->client, &stop, NULL) : r;
    }
    r = ninja_live_update(live, true);
    if (r != 0 || exit_code == 0 || live->plan.n_failed)
        return r == 0 ? ninja_send_end(live->ctl, &live->plan) : r;
    snprintf(error, sizeof(error), "ninja ended with exit code %d", exit_code);
    failed.error = error;
    failed.has_completed_units = true;
    failed.completed_units = (int64_t)live->plan.n_units;
    return hd_complete_run(live->ctl->client, &failed, NULL);
}

/* The last event, unless the run was stopped: then the daemon writes it. */
static int build_last_event(struct ninja_live *live, int exit_code)
{
    struct hd_new_event event;
    int r;

    live->plan.ended = rfc3339_now();
    if (live->interrupted)
        return 0;
    r = ninja_plan_run_event(&live->plan, true, &event);
    if (r < 0)
        return r;
    if (exit_code != 0 && !live->plan.n_failed) {
        event.type = "run.failed";
        event.error = "ninja failed without naming an edge";
    }
    return hd_recorder_add(live->recorder, &event, NULL);
}

/* Brings everything to the daemon's disk and ends the run. Returns whether all of it is recorded.
 */
static bool build_finish(struct ninja_live *live, const char *graph, int exit_code)
{
    struct hd_recorder_state state;
    int r = build_last_event(live, exit_code);

    if (r == 0)
        r = hd_recorder_flush(live->recorder, ctl_timeout(live->ctl));
    hd_recorder_get_state(live->recorder, &state);
    if (r < 0) {
        ctl_complain("not all of %s is recorded: %s", live->plan.run_id,
                     *state.message ? state.message : strerror(-r));
        return false;
    }
    if (live->n_lost)
        ctl_complain("%s: %" PRIu64 " events found no room and are lost", live->plan.run_id,
                     live->n_lost);
    build_put_graph(live, graph);
    r = build_end(live, exit_code);
    if (r != 0) {
        ctl_fail(live->ctl, r);
        return false;
    }
    ninja_send_summary(live->ctl, &live->plan, true);
    return live->n_lost == 0;
}

static void build_clear(struct ninja_live *live)
{
    hd_recorder_close(live->recorder, 0, NULL);
    ninja_source_close(&live->paths);
    ninja_output_close(&live->output);
    ninja_follow_close(&live->follow);
    free(live->entries);
    arena_clear(&live->arena);
    if (live->pipe >= 0)
        close(live->pipe);
}

int ninja_import_build(struct ctl *ctl, const struct ninja_settings *settings,
                       const struct ninja_place *place, char *const *arguments)
{
    struct ninja_live live = {.ctl = ctl, .place = place, .arena = ARENA_INIT, .pipe = -1};
    char path[PATH_MAX];
    int exit_code;
    int r;

    if (access(place->given, X_OK) < 0) {
        ctl_complain("%s: %s", place->given, strerror(errno));
        return CTL_FAILURE;
    }
    snprintf(path, sizeof(path), "%s/.ninja_log", place->given);
    ninja_live_open_output(&live);
    r = ninja_follow_open(&live.follow, settings->log ? settings->log : path);
    if (r == 0)
        r = ninja_plan_open(&live.plan, &live.arena, place->build_dir, place->repo_path);
    if (r < 0) {
        ctl_complain("%s: %s", path, strerror(-r));
        build_clear(&live);
        return CTL_FAILURE;
    }
    exit_code = build_begin(&live, arguments);
    if (exit_code == CTL_SUCCESS && build_start(&live, arguments) < 0) {
        exit_code = 127;
        build_finish(&live, NULL, exit_code);
    } else if (exit_code == CTL_SUCCESS) {
        r = ninja_live_follow(&live);
        exit_code = process_wait(live.pid);
        if (r < 0)
            ctl_complain("recording was given up: %s", strerror(-r));
        if (!build_finish(&live, settings->graph, exit_code) && exit_code == CTL_SUCCESS)
            exit_code = CTL_FAILURE;
    }
    build_clear(&live);
    return exit_code;
}
