#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "limits.h"
#include "slurp.h"

struct call_settings {
    bool more;
    bool oneway;
};

static const struct option_rule call_options[] = {
    {"more", 'm', OPTION_FLAG, NULL, "ask for a stream of answers",
     offsetof(struct call_settings, more), NULL, NULL},
    {"oneway", 0, OPTION_FLAG, NULL, "ask for no answer", offsetof(struct call_settings, oneway),
     NULL, NULL},
};

static int call_reply(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    struct ctl *ctl = userdata;
    const char *parameters = reply->parameters ? reply->parameters : "{}";

    (void)client;
    if (reply->status != 0)
        return 0;
    output_json(&ctl->out, parameters, strlen(parameters));
    output_text(&ctl->out, "\n");
    /* A stream is read as it comes; where nobody reads any more, it ends. */
    return output_flush(&ctl->out) != 0;
}

static int call_fail(struct ctl *ctl, int status)
{
    const struct hd_error *error = hd_client_error(ctl->client);

    if (!error || !error->name)
        return ctl_fail(ctl, status);
    ctl_complain("%s %s", error->name, error->parameters);
    return CTL_FAILURE;
}

/* Queues a call nobody answers, and waits until it has left. */
static int call_oneway(struct ctl *ctl, struct hd_client *client, const char *method,
                       const char *parameters)
{
    int r = hd_client_call(client, method, parameters, HD_CALL_ONEWAY, NULL, NULL);

    return r == 0 ? CTL_SUCCESS : call_fail(ctl, r);
}

static int call_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct call_settings *wanted = settings;
    struct hd_client *client = ctl_client(ctl);
    struct buffer text = BUFFER_INIT;
    const char *parameters = argc > 1 ? argv[1] : NULL;
    int exit_code = CTL_FAILURE;
    char method[512];
    int r = 0;

    if (!client)
        return CTL_FAILURE;
    if (wanted->more && wanted->oneway)
        return ctl_usage(ctl, "--more and --oneway exclude each other");
    snprintf(method, sizeof(method), "%s%s", strchr(argv[0], '.') ? "" : "dev.historyd.history.",
             argv[0]);
    if (parameters && strcmp(parameters, "-") == 0) {
        r = slurp_file("-", (size_t)limits_default.message, &text, NULL);
        buffer_append_char(&text, '\0');
        parameters = text.data;
    }
    if (r < 0 || text.failed) {
        ctl_complain("standard input: %s", strerror(r < 0 ? -r : ENOMEM));
    } else if (wanted->oneway) {
        exit_code = call_oneway(ctl, client, method, parameters);
    } else {
        r = hd_client_call(client, method, parameters, wanted->more ? HD_CALL_MORE : 0, call_reply,
                           ctl);
        exit_code = r == 0 ? CTL_SUCCESS : call_fail(ctl, r);
        if (r == -EINVAL)
            ctl_complain("the parameters must be one JSON object");
    }
    buffer_clear(&text);
    return exit_code;
}

const struct command command_call = {
    .name = "call",
    .arguments = "METHOD [JSON|-]",
    .summary = "Call any method and print its answers, one a line",
    .details = "METHOD without an interface is one of dev.historyd.history. '-' reads the "
               "parameters from\nstandard input. An error goes to standard error, with its name "
               "and parameters.\n",
    COMMAND_OPTIONS(call_options),
    .settings_size = sizeof(struct call_settings),
    .least = 1,
    .most = 2,
    .completion = "method",
    .run = call_run,
};
