#include "ninja_import.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "ninja_draw.h"
#include "ninja_send.h"
#include "slurp.h"

enum { IMPORT_BYTES = 1024 * 1024 * 1024 };

/* What was read of one log, and of the output of its last build. */
struct ninja_import {
    struct ctl *ctl;
    const struct ninja_settings *settings;
    const struct ninja_place *place;
    struct arena arena; /* the builds and the failures */
    struct buffer text;
    int64_t log_time;
    struct ninja_log log;
    struct ninja_builds builds;
    struct ninja_source source;

    /* Of --output. */
    int64_t output_time;
    int64_t finished; /* edges that ended well, -1: it does not say */
    struct ninja_failure *failures;
    size_t n_failures;
    size_t failures_capacity;
};

void ninja_place_open(struct ninja_place *place, const char *build_dir, const char *repo)
{
    place->given = build_dir;
    place->build_dir = realpath(build_dir, place->resolved) ? place->resolved : build_dir;
    place->repo_path = ctl_repo_path(repo ? repo : build_dir, place->resolved_repo);
}

static int import_keep_failure(void *userdata, const struct ninja_failure *failure)
{
    struct ninja_import *import = userdata;
    struct ninja_failure copy = *failure;

    if (import->n_failures == import->failures_capacity) {
        size_t capacity = import->failures_capacity ? import->failures_capacity * 2 : 16;
        struct ninja_failure *failures = arena_alloc(&import->arena, capacity * sizeof(*failures));

        if (!failures)
            return -ENOMEM;
        if (import->n_failures)
            memcpy(failures, import->failures, import->n_failures * sizeof(*failures));
        import->failures = failures;
        import->failures_capacity = capacity;
    }
    copy.outputs = arena_strdup(&import->arena, failure->outputs);
    copy.command = arena_strdup(&import->arena, failure->command);
    copy.error = arena_strdup(&import->arena, failure->error);
    if (!copy.outputs || !copy.command || !copy.error)
        return -ENOMEM;
    import->failures[import->n_failures++] = copy;
    return 0;
}

/* Reads --output. Returns 0, or -1 after a message. */
static int import_read_output(struct ninja_import *import)
{
    const char *path = import->settings->output;
    struct buffer text = BUFFER_INIT;
    struct ninja_output output;
    int r;

    if (!path)
        return 0;
    r = slurp_file(path, IMPORT_BYTES, &text, &import->output_time);
    if (r < 0) {
        ctl_complain("%s: %s", path, strerror(-r));
        buffer_clear(&text);
        return -1;
    }
    ninja_output_open(&output, import_keep_failure, import);
    r = text.size ? ninja_output_feed(&output, text.data, text.size) : 0;
    if (r == 0)
        r = ninja_output_end(&output);
    import->finished = output.total ? output.finished - output.failed : -1;
    ninja_output_close(&output);
    buffer_clear(&text);
    if (r < 0)
        ctl_fail_memory();
    return r < 0 ? -1 : 0;
}

/* Reads the log. Returns 0, or -1 after a message. */
static int import_read_log(struct ninja_import *import)
{
    char beside[PATH_MAX];
    const char *path = import->settings->log;
    int r;

    if (!path) {
        snprintf(beside, sizeof(beside), "%s/.ninja_log", import->place->given);
        path = beside;
    }
    r = slurp_file(path, IMPORT_BYTES, &import->text, &import->log_time);
    /* Ninja makes its log when the first edge has ended well; until then only its output tells. */
    if (r == -ENOENT && !import->settings->log && import->settings->output)
        return 0;
    if (r < 0) {
        ctl_complain("%s: %s%s", path, strerror(-r),
                     r == -ENOENT && !import->settings->log
                         ? "; has Ninja built there? --log FILE names another log"
                         : "");
        return -1;
    }
    r = ninja_log_read(import->text.size ? import->text.data : "", import->text.size, &import->log);
    if (r == NINJA_LOG_NO_LOG)
        ctl_complain("%s: not a log of Ninja", path);
    else if (r == NINJA_LOG_VERSION)
        ctl_complain("%s: a v%d log of Ninja is not known here; v5, v6 and v7 are", path,
                     import->log.version);
    else if (r == 0)
        r = ninja_builds_find(&import->log, import->log_time, &import->arena, &import->builds);
    if (r == -ENOMEM)
        ctl_fail_memory();
    if (r != 0)
        return -1;
    if (import->log.n_broken)
        ctl_complain("%s: %zu lines are no entries and are left out", path, import->log.n_broken);
    if (import->builds.n_left_out)
        ctl_complain(
            "%s: the log was rewritten in no order, as Ninja does when it is long and CMake "
            "when it configures; of the builds before that only the newest can be told "
            "(%zu lines left out)",
            path, import->builds.n_left_out);
    return 0;
}

/* Adds the failures to the plan of the build they belong to. Ninja reports an edge when it ends: it
 * ended after those counted before it. */
static int import_add_failures(struct ninja_import *import, const struct ninja_build *build,
                               struct ninja_plan *plan)
{
    for (size_t i = 0; i < import->n_failures; i++) {
        const struct ninja_failure *failure = &import->failures[i];
        int64_t ended = plan->started;

        if (build && failure->before > 0) {
            size_t last =
                (size_t)failure->before < build->n_units ? (size_t)failure->before : build->n_units;

            ended += build->units[last - 1].end * 1000;
        }
        if (ninja_plan_add_failure(plan, failure, ended,
                                   import->source.has_graph ? &import->source.graph : NULL) < 0)
            return -ENOMEM;
    }
    return 0;
}

/* Makes and records one run: a build of the log, with the failures where they are its own, or a
 * build of which nothing succeeded (`build` NULL). Returns the exit code. */
static int import_build(struct ninja_import *import, const struct ninja_build *build,
                        bool with_failures)
{
    struct arena arena = ARENA_INIT;
    struct hd_graph graph;
    struct ninja_plan plan;
    int exit_code;
    int r = ninja_plan_open(&plan, &arena, import->place->build_dir, import->place->repo_path);

    if (r == 0 && build) {
        r = ninja_plan_add_build(&plan, build, import->log.version);
    } else if (r == 0) {
        plan.started = plan.ended = import->output_time;
        r = ninja_plan_name(
            &plan, names_hash(names_hash(NAMES_HASH, plan.build_dir, strlen(plan.build_dir) + 1),
                              import->failures[0].outputs, import->failures[0].outputs_size));
    }
    if (r == 0 && with_failures)
        r = import_add_failures(import, build, &plan);
    if (r == 0)
        r = ninja_draw(&import->source, &plan, &graph);
    if (r >= 0 && plan.n_skipped)
        ctl_complain("%s: %zu units are left out: their names are too long", plan.run_id,
                     plan.n_skipped);
    if (r < 0)
        exit_code = ctl_fail_memory();
    else
        exit_code = ninja_send(import->ctl, &plan, r > 0 ? &graph : NULL);
    arena_clear(&arena);
    return exit_code;
}

static int import_builds(struct ninja_import *import)
{
    size_t n = import->builds.n_builds;
    size_t first = import->settings->last && n ? n - 1 : 0;
    /* Where the output tells of no edge that ended well, the log holds nothing of that build. */
    bool alone = import->n_failures && (import->finished == 0 || n == 0);
    int exit_code = CTL_SUCCESS;

    if (n == 0 && !alone) {
        ctl_complain("there is no build in the log");
        return CTL_FAILURE;
    }
    if (import->n_failures && !alone && import->finished >= 0 &&
        import->finished != (int64_t)import->builds.builds[n - 1].n_units)
        ctl_complain("the output tells of %" PRId64 " edges that ended well, the log's last build "
                     "has %zu; taking them for one build",
                     import->finished, import->builds.builds[n - 1].n_units);
    if (alone && import->settings->last)
        first = n;
    for (size_t i = first; i < n && exit_code == CTL_SUCCESS; i++)
        exit_code = import_build(import, &import->builds.builds[i],
                                 i + 1 == n && import->n_failures && !alone);
    if (alone && exit_code == CTL_SUCCESS)
        exit_code = import_build(import, NULL, true);
    return exit_code;
}

int ninja_import_log(struct ctl *ctl, const struct ninja_settings *settings,
                     const struct ninja_place *place)
{
    struct ninja_import import = {
        .ctl = ctl, .settings = settings, .place = place, .arena = ARENA_INIT, .text = BUFFER_INIT};
    int exit_code = CTL_FAILURE;

    if (import_read_log(&import) == 0 && import_read_output(&import) == 0 &&
        ninja_source_open(&import.source, place->given, settings->graph) == 0)
        exit_code = import_builds(&import);
    ninja_source_close(&import.source);
    ninja_log_clear(&import.log);
    buffer_clear(&import.text);
    arena_clear(&import.arena);
    return exit_code;
}
