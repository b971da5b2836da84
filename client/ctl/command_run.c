/* The four commands that change a run by hand: for orchestrators that are scripts. */
#include <string.h>

#include "command.h"
#include "parsed.h"
#include "run_text.h"
#include "slurp.h"
#include "tables.h"

struct start_settings {
    const char *repo;
    const char *id;
    const char *tasks_dir;
    const char *graph;
    struct option_number parallelism;
    struct option_number total_units;
    bool dry_run;
};

static const struct option_rule start_options[] = {
    {"repo", 'r', OPTION_TEXT, "PATH", "the repository worked on (required)",
     offsetof(struct start_settings, repo), .completion = "directory"},
    {"id", 0, OPTION_TEXT, "ID", "the run's id; left out: the daemon makes one",
     offsetof(struct start_settings, id), NULL, NULL},
    {"parallelism", 'p', OPTION_COUNT, "N", "how many units run at once",
     offsetof(struct start_settings, parallelism), NULL, NULL},
    {"total-units", 0, OPTION_COUNT, "N", "how many units there are",
     offsetof(struct start_settings, total_units), NULL, NULL},
    {"tasks-dir", 0, OPTION_TEXT, "PATH", "where the tasks are described",
     offsetof(struct start_settings, tasks_dir), .completion = "directory"},
    {"dry-run", 0, OPTION_FLAG, NULL, "nothing is really done in this run",
     offsetof(struct start_settings, dry_run), NULL, NULL},
    {"graph", 'g', OPTION_TEXT, "FILE",
     "the graph, as JSON: {\"nodes\": …, \"edges\": …}; -: stdin",
     offsetof(struct start_settings, graph), .completion = "file"},
};

static int start_call(struct ctl *ctl, const struct hd_create_run_params *params)
{
    struct hd_client *client = ctl_client(ctl);
    const struct hd_create_run_result *result;
    int exit_code = CTL_SUCCESS;
    int r;

    if (!client)
        return CTL_FAILURE;
    r = hd_create_run(client, params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (ctl->options.json) {
        exit_code = ctl_print_result(ctl, &hd_create_run_result_table, result);
    } else {
        output_escaped(&ctl->out, result->run.id);
        output_text(&ctl->out, "\n");
    }
    hd_result_free(result);
    return exit_code;
}

/* Reads the graph and starts the run with it: both are stored, or neither. */
static int start_with_graph(struct ctl *ctl, const char *path, struct hd_create_run_params *params)
{
    struct buffer text = BUFFER_INIT;
    struct parsed parsed = {.document = NULL};
    char problem[PARSED_PROBLEM];
    struct hd_graph graph;
    int exit_code = CTL_FAILURE;
    int r;

    r = slurp_file(path, (size_t)limits_default.message, &text, NULL);
    if (r < 0) {
        ctl_complain("%s: %s", path, strerror(-r));
        goto finish;
    }
    r = parsed_text(&parsed, text.data, text.size, problem);
    if (r == 0)
        r = parsed_graph(&parsed, json_root(parsed.document), &graph, problem);
    if (r > 0)
        ctl_complain("%s: %s", path, problem);
    else if (r < 0)
        ctl_fail_memory();
    params->graph = &graph;
    if (r == 0)
        exit_code = start_call(ctl, params);
finish:
    parsed_clear(&parsed);
    buffer_clear(&text);
    return exit_code;
}

static int start_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct start_settings *wanted = settings;
    struct hd_create_run_params params = {.id = wanted->id,
                                          .has_parallelism = wanted->parallelism.given,
                                          .parallelism = wanted->parallelism.value,
                                          .has_total_units = wanted->total_units.given,
                                          .total_units = wanted->total_units.value,
                                          .tasks_dir = wanted->tasks_dir,
                                          .has_dry_run = wanted->dry_run,
                                          .dry_run = wanted->dry_run};
    char resolved[PATH_MAX];

    (void)argc;
    (void)argv;
    if (!wanted->repo)
        return ctl_usage(ctl, "--repo PATH is required");
    params.repo_path = ctl_repo_path(wanted->repo, resolved);
    if (wanted->graph)
        return start_with_graph(ctl, wanted->graph, &params);
    return start_call(ctl, &params);
}

const struct command command_run_start = {
    .name = "run start",
    .arguments = "",
    .summary = "Start a run and print its id",
    .details = "With --id the command may be repeated: a run that is there with the same values is "
               "kept.\n",
    COMMAND_OPTIONS(start_options),
    .settings_size = sizeof(struct start_settings),
    .run = start_run,
};

struct complete_settings {
    const char *status;
    const char *error;
    struct option_number completed_units;
    struct option_number failed_units;
    struct option_number blocked_units;
};

static const struct option_rule complete_options[] = {
    {"status", 0, OPTION_TEXT, "STATUS", "how it ended (default completed)",
     offsetof(struct complete_settings, status), .choices = "completed failed stopped"},
    {"completed-units", 0, OPTION_COUNT, "N", "how many units were done",
     offsetof(struct complete_settings, completed_units), NULL, NULL},
    {"failed-units", 0, OPTION_COUNT, "N", "how many units failed",
     offsetof(struct complete_settings, failed_units), NULL, NULL},
    {"blocked-units", 0, OPTION_COUNT, "N", "how many units could not run",
     offsetof(struct complete_settings, blocked_units), NULL, NULL},
    {"error", 'e', OPTION_TEXT, "TEXT", "why it failed", offsetof(struct complete_settings, error),
     NULL, NULL},
};

static int complete_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct complete_settings *wanted = settings;
    struct hd_client *client = ctl_client(ctl);
    struct hd_complete_run_params params = {.run_id = argv[0],
                                            .status = wanted->status ? wanted->status : "completed",
                                            .has_completed_units = wanted->completed_units.given,
                                            .completed_units = wanted->completed_units.value,
                                            .has_failed_units = wanted->failed_units.given,
                                            .failed_units = wanted->failed_units.value,
                                            .has_blocked_units = wanted->blocked_units.given,
                                            .blocked_units = wanted->blocked_units.value,
                                            .error = wanted->error};
    const struct hd_complete_run_result *result;
    int exit_code;
    int r;

    (void)argc;
    if (!client)
        return CTL_FAILURE;
    r = hd_complete_run(client, &params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    exit_code = run_text_print_changed(ctl, &hd_complete_run_result_table, result, &result->run);
    hd_result_free(result);
    return exit_code;
}

const struct command command_run_complete = {
    .name = "run complete",
    .arguments = "ID",
    .summary = "Say that a run has ended",
    COMMAND_OPTIONS(complete_options),
    .settings_size = sizeof(struct complete_settings),
    .least = 1,
    .most = 1,
    .completion = "run",
    .run = complete_run,
};

struct stop_settings {
    const char *reason;
};

static const struct option_rule stop_options[] = {
    {"reason", 0, OPTION_TEXT, "TEXT", "why (default user_interrupt)",
     offsetof(struct stop_settings, reason), NULL, NULL},
};

static int stop_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct stop_settings *wanted = settings;
    struct hd_client *client = ctl_client(ctl);
    struct hd_stop_run_params params = {.run_id = argv[0], .reason = wanted->reason};
    const struct hd_stop_run_result *result;
    int exit_code;
    int r;

    (void)argc;
    if (!client)
        return CTL_FAILURE;
    r = hd_stop_run(client, &params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    exit_code = run_text_print_changed(ctl, &hd_stop_run_result_table, result, &result->run);
    hd_result_free(result);
    return exit_code;
}

const struct command command_run_stop = {
    .name = "run stop",
    .arguments = "ID",
    .summary = "Mark a run as stopped; it can be resumed",
    COMMAND_OPTIONS(stop_options),
    .settings_size = sizeof(struct stop_settings),
    .least = 1,
    .most = 1,
    .completion = "run",
    .run = stop_run,
};

static int resume_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    struct hd_client *client = ctl_client(ctl);
    struct hd_resume_run_params params = {.run_id = argv[0]};
    const struct hd_resume_run_result *result;
    int exit_code;
    int r;

    (void)settings;
    (void)argc;
    if (!client)
        return CTL_FAILURE;
    r = hd_resume_run(client, &params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    exit_code = run_text_print_changed(ctl, &hd_resume_run_result_table, result, &result->run);
    hd_result_free(result);
    return exit_code;
}

const struct command command_run_resume = {
    .name = "run resume",
    .arguments = "ID",
    .summary = "Take a stopped or failed run up again",
    .least = 1,
    .most = 1,
    .completion = "run",
    .run = resume_run,
};
