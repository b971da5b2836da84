#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"
#include "tables.h"

struct delete_settings {
    bool yes;
    bool dry_run;
};

static const struct option_rule delete_options[] = {
    {"yes", 'y', OPTION_FLAG, NULL, "do not ask", offsetof(struct delete_settings, yes), NULL,
     NULL},
    {"dry-run", 'n', OPTION_FLAG, NULL, "only say what would go",
     offsetof(struct delete_settings, dry_run), NULL, NULL},
};

/* Whether the person at the terminal agrees. */
static bool agreed(int64_t runs, int64_t events)
{
    char answer[16] = "";

    fprintf(stderr, "Delete %" PRId64 " run%s with %" PRId64 " events for good? [y/N] ", runs,
            runs == 1 ? "" : "s", events);
    return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int delete_call(struct ctl *ctl, struct hd_client *client,
                       const struct hd_delete_runs_params *params, bool print, int64_t *ret_runs,
                       int64_t *ret_events)
{
    const struct hd_delete_runs_result *result;
    int exit_code = CTL_SUCCESS;
    int r = hd_delete_runs(client, params, &result);

    if (r != 0)
        return ctl_fail(ctl, r);
    *ret_runs = result->runs;
    *ret_events = result->events;
    if (print && ctl->options.json)
        exit_code = ctl_print_result(ctl, &hd_delete_runs_result_table, result);
    else if (print)
        output_format(&ctl->out, "%s %" PRId64 " run%s with %" PRId64 " events\n",
                      params->dry_run ? "Would delete" : "Deleted", result->runs,
                      result->runs == 1 ? "" : "s", result->events);
    hd_result_free(result);
    return exit_code;
}

static int delete_runs(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct delete_settings *wanted = settings;
    struct hd_client *client = ctl_client(ctl);
    struct hd_delete_runs_params params = {
        .run_ids = (const char *const *)argv, .n_run_ids = (size_t)argc, .has_dry_run = true};
    bool asks = !wanted->yes && !wanted->dry_run && isatty(STDIN_FILENO);
    int64_t runs = 0;
    int64_t events = 0;
    int exit_code;

    if (!client)
        return CTL_FAILURE;
    if (wanted->dry_run || asks) {
        params.dry_run = true;
        exit_code = delete_call(ctl, client, &params, wanted->dry_run, &runs, &events);
        if (exit_code != CTL_SUCCESS || wanted->dry_run)
            return exit_code;
        if (!agreed(runs, events))
            return CTL_FAILURE;
    }
    params.dry_run = false;
    /* As long as it takes: the answer comes when the last event is gone. */
    if (!ctl->options.timeout.given)
        hd_client_set_timeout(client, 0);
    return delete_call(ctl, client, &params, true, &runs, &events);
}

const struct command command_delete = {
    .name = "delete",
    .arguments = "ID...",
    .summary = "Delete runs with their events and graphs, for good",
    .details =
        "All of them or, where one runs, is pinned or does not exist, none. At a terminal it "
        "asks\nfirst. For administrators.\n",
    COMMAND_OPTIONS(delete_options),
    .settings_size = sizeof(struct delete_settings),
    .least = 1,
    .most = -1,
    .completion = "run",
    .run = delete_runs,
};
