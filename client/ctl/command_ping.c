#include "command.h"
#include "moment.h"
#include "rfc3339.h"

struct ping_settings {
    bool verbose;
};

static const struct option_rule ping_options[] = {
    {"verbose", 'v', OPTION_FLAG, NULL, "print the time the answer took",
     offsetof(struct ping_settings, verbose), NULL, NULL},
};

static int ping_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct ping_settings *ping = settings;
    struct hd_client *client = ctl_client(ctl);
    int64_t begun = rfc3339_now();
    char duration[MOMENT_SIZE];
    int r;

    (void)argc;
    (void)argv;
    if (!client)
        return CTL_FAILURE;
    r = hd_ping(client);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (ctl->options.json) {
        output_text(&ctl->out, "{}\n");
    } else if (ping->verbose) {
        moment_write_duration(rfc3339_now() - begun, duration);
        output_format(&ctl->out, "historyd at %s answered in %s\n", hd_client_path(client),
                      duration);
    }
    return CTL_SUCCESS;
}

const struct command command_ping = {
    .name = "ping",
    .arguments = "",
    .summary = "Ask whether the daemon answers",
    .details = "For health probes: exit code 0 if it answers within --timeout, else 1. Prints "
               "nothing on success.\n",
    COMMAND_OPTIONS(ping_options),
    .settings_size = sizeof(struct ping_settings),
    .run = ping_run,
};
