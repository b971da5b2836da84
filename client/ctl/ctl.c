#include "ctl.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "display.h"

/* One write a line: nothing of another program's comes in between. */
static void ctl_complain_text(const char *before, const char *text)
{
    struct buffer line = BUFFER_INIT;

    buffer_append_text(&line, before);
    display_escape(&line, text, strlen(text));
    buffer_append_char(&line, '\n');
    if (!line.failed && write(STDERR_FILENO, line.data, line.size) < 0)
        errno = 0;
    buffer_clear(&line);
}

void ctl_complain_line(int64_t line, const char *reason)
{
    char before[48];

    snprintf(before, sizeof(before), "stdin:%" PRId64 ": ", line);
    ctl_complain_text(before, reason);
}

int ctl_output_ended(const struct ctl *ctl)
{
    if (ctl->out.error == 0)
        return 0;
    return (ctl->out.error == -EPIPE ? CTL_SUCCESS : CTL_FAILURE) + 1;
}

void ctl_complain(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int size;

    va_start(arguments, format);
    size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0)
        return;
    ctl_complain_text("historyctl: ", text);
    free(text);
}

int ctl_usage(const struct ctl *ctl, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int size;

    va_start(arguments, format);
    size = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (size < 0)
        return ctl_fail_memory();
    ctl_complain("%s%s%s (see 'historyctl %s%s--help')", ctl->command ? ctl->command : "",
                 ctl->command ? ": " : "", text, ctl->command ? ctl->command : "",
                 ctl->command ? " " : "");
    free(text);
    return CTL_USAGE;
}

int ctl_fail_memory(void)
{
    ctl_complain("out of memory");
    return CTL_FAILURE;
}

int ctl_timeout(const struct ctl *ctl)
{
    int64_t timeout = ctl->options.timeout.given ? ctl->options.timeout.value : 30000;

    if (timeout == 0)
        return -1;
    return timeout > INT32_MAX ? INT32_MAX : (int)timeout;
}

struct hd_client *ctl_client(struct ctl *ctl)
{
    int timeout = ctl_timeout(ctl);
    int r;

    if (ctl->client)
        return ctl->client;
    r = hd_client_new(ctl->options.socket, &ctl->client);
    if (r == -EINVAL)
        ctl_complain("the socket's path is too long: a Unix socket allows 107 bytes");
    else if (r < 0)
        ctl_complain("%s", strerror(-r));
    if (r < 0)
        return NULL;
    hd_client_set_timeout(ctl->client, timeout < 0 ? 0 : (unsigned int)timeout);
    return ctl->client;
}

int ctl_fail(struct ctl *ctl, int status)
{
    const struct hd_error *error = ctl->client ? hd_client_error(ctl->client) : NULL;
    const char *message = error ? error->message : hd_status_name(status);
    const char *remedy = "";

    if (status == -ENOMEM)
        return ctl_fail_memory();
    if (status == HD_RUN_NOT_FOUND)
        remedy = "; 'historyctl runs' lists those there are";
    else if (status == HD_GRAPH_NOT_FOUND)
        remedy = "; 'run start --graph' and 'import ninja' record one";
    ctl_complain("%s%s", message, remedy);
    return CTL_FAILURE;
}

int ctl_print_result(struct ctl *ctl, const struct table *table, const void *result)
{
    struct buffer json = BUFFER_INIT;
    bool failed;

    codec_write(table, result, &json);
    buffer_append_char(&json, '\n');
    failed = json.failed;
    if (!failed)
        output_json(&ctl->out, json.data, json.size);
    buffer_clear(&json);
    return failed ? ctl_fail_memory() : CTL_SUCCESS;
}

const char *ctl_repo_path(const char *path, char resolved[PATH_MAX])
{
    return *path != '/' && realpath(path, resolved) ? resolved : path;
}
