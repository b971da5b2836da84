#include <inttypes.h>

#include "command.h"
#include "tables.h"

struct retention_settings {
    bool dry_run;
    bool apply;
};

static const struct option_rule retention_options[] = {
    {"dry-run", 'n', OPTION_FLAG, NULL, "only say what would go (the default)",
     offsetof(struct retention_settings, dry_run), NULL, NULL},
    {"apply", 0, OPTION_FLAG, NULL, "delete it now", offsetof(struct retention_settings, apply),
     NULL, NULL},
};

static void retention_print(struct ctl *ctl, const struct hd_apply_retention_result *result,
                            bool apply)
{
    output_format(&ctl->out,
                  "%s %" PRId64 " runs with %" PRId64 " events, %s%" PRId64 " KiB\n"
                  "  by age         %" PRId64 "\n"
                  "  by number      %" PRId64 "\n"
                  "  by size        %" PRId64 "\n",
                  apply ? "Deleted" : "Would delete", result->runs, result->events,
                  apply ? "" : "about ", result->bytes / 1024, result->by_age, result->by_count,
                  result->by_size);
}

static int retention_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct retention_settings *wanted = settings;
    struct hd_client *client = ctl_client(ctl);
    struct hd_apply_retention_params params = {.has_dry_run = true, .dry_run = !wanted->apply};
    const struct hd_apply_retention_result *result;
    int exit_code = CTL_SUCCESS;
    int r;

    (void)argc;
    (void)argv;
    if (wanted->apply && wanted->dry_run)
        return ctl_usage(ctl, "--apply and --dry-run exclude each other");
    if (!client)
        return CTL_FAILURE;
    if (!ctl->options.timeout.given)
        hd_client_set_timeout(client, 0);
    r = hd_apply_retention(client, &params, &result);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (ctl->options.json)
        exit_code = ctl_print_result(ctl, &hd_apply_retention_result_table, result);
    else
        retention_print(ctl, result, wanted->apply);
    hd_result_free(result);
    return exit_code;
}

const struct command command_retention = {
    .name = "retention",
    .arguments = "",
    .summary = "Show which runs the rules of the configuration select, or delete them now",
    .details = "The daemon does so by itself, every interval_s seconds of [retention] in "
               "historyd.conf(5).\nFor administrators.\n",
    COMMAND_OPTIONS(retention_options),
    .settings_size = sizeof(struct retention_settings),
    .run = retention_run,
};
