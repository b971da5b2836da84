#include <string.h>

#include "command.h"
#include "parsed.h"

/* What the daemon says is wrong is the error's parameter. */
static int reload_refused(const char *parameters)
{
    struct parsed parsed;
    char problem[PARSED_PROBLEM];
    const char *words = NULL;
    int r;

    r = parsed_text(&parsed, parameters, strlen(parameters), problem);
    if (r == 0)
        words = json_string(parsed_member(json_root(parsed.document), "parameter"));
    ctl_complain("refused, the daemon keeps its configuration: %s", words ? words : parameters);
    parsed_clear(&parsed);
    return CTL_FAILURE;
}

static int reload_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    struct hd_client *client = ctl_client(ctl);
    int r;

    (void)settings;
    (void)argc;
    (void)argv;
    if (!client)
        return CTL_FAILURE;
    r = hd_reload(client);
    if (r == HD_INVALID_PARAMETER)
        return reload_refused(hd_client_error(client)->parameters);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (ctl->options.json)
        output_text(&ctl->out, "{}\n");
    return CTL_SUCCESS;
}

const struct command command_reload = {
    .name = "reload",
    .arguments = "",
    .summary = "Let the daemon read its configuration again",
    .details = "A configuration that is wrong changes nothing: the file, the line and the fault "
               "go to standard\nerror, and the exit code is 1. Takes the right to administer the "
               "daemon.\n",
    .run = reload_run,
};
