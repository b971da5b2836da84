#include "command.h"
#include "run_text.h"
#include "tables.h"

static int pin_runs(struct ctl *ctl, int argc, char **argv, bool pinned)
{
    struct hd_client *client = ctl_client(ctl);
    int exit_code = CTL_SUCCESS;

    if (!client)
        return CTL_FAILURE;
    for (int i = 0; i < argc && exit_code == CTL_SUCCESS; i++) {
        struct hd_pin_run_params params = {.run_id = argv[i], .pinned = pinned};
        const struct hd_pin_run_result *result;
        int r = hd_pin_run(client, &params, &result);

        if (r != 0)
            return ctl_fail(ctl, r);
        if (ctl->options.json)
            exit_code = ctl_print_result(ctl, &hd_pin_run_result_table, result);
        hd_result_free(result);
    }
    return exit_code;
}

static int pin_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    (void)settings;
    return pin_runs(ctl, argc, argv, true);
}

static int unpin_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    (void)settings;
    return pin_runs(ctl, argc, argv, false);
}

const struct command command_pin = {
    .name = "pin",
    .arguments = "ID...",
    .summary = "Keep runs from being deleted",
    .least = 1,
    .most = -1,
    .completion = "run",
    .run = pin_run,
};

const struct command command_unpin = {
    .name = "unpin",
    .arguments = "ID...",
    .summary = "Let go of runs that were pinned",
    .least = 1,
    .most = -1,
    .completion = "run",
    .run = unpin_run,
};
