#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "moment.h"
#include "rfc3339.h"
#include "style.h"
#include "tables.h"

static void status_bytes(int64_t bytes, char text[32])
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double number = (double)bytes;
    size_t unit = 0;

    while (number >= 1024 && unit < 4) {
        number /= 1024;
        unit++;
    }
    snprintf(text, 32, unit ? "%.1f %s" : "%.0f %s", number, units[unit]);
}

static void status_line(struct ctl *ctl, const char *name)
{
    output_format(&ctl->out, "%s%-12s%s", style_begin(STYLE_HEADING, ctl->colour), name,
                  style_end(STYLE_HEADING, ctl->colour));
}

static void status_print(struct ctl *ctl, const struct hd_get_status_result *status)
{
    struct output *out = &ctl->out;
    char started[MOMENT_SIZE];
    char age[MOMENT_SIZE] = "";
    char database[32];
    char wal[32];
    int64_t since;

    moment_write_text(status->started_at, ctl->options.utc, 0, true, started);
    if (rfc3339_read(status->started_at, &since))
        moment_write_duration(rfc3339_now() - since, age);
    status_bytes(status->database_bytes, database);
    status_bytes(status->wal_bytes, wal);
    status_line(ctl, "historyd");
    output_escaped(out, status->version);
    output_format(out, ", process %" PRId64 ", up %s (since %s)\n", status->pid, age, started);
    status_line(ctl, "socket");
    output_escaped(out, hd_client_path(ctl->client));
    output_text(out, "\n");
    status_line(ctl, "database");
    output_escaped(out, status->database);
    output_format(out, ", %s and %s of log, schema version %" PRId64 "\n", database, wal,
                  status->schema_version);
    status_line(ctl, "runs");
    output_format(out, "%" PRId64 " running\n", status->runs_running);
    status_line(ctl, "events");
    output_format(out, "%" PRId64 " appended since the start, last id %" PRId64 "\n",
                  status->events_appended, status->last_event_id);
    status_line(ctl, "connections");
    output_format(out, "%" PRId64 ", of them %" PRId64 " watching\n", status->connections,
                  status->watchers);
}

static int status_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    struct hd_client *client = ctl_client(ctl);
    const struct hd_get_status_result *status;
    int exit_code = CTL_SUCCESS;
    int r;

    (void)settings;
    (void)argc;
    (void)argv;
    if (!client)
        return CTL_FAILURE;
    r = hd_get_status(client, &status);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (ctl->options.json)
        exit_code = ctl_print_result(ctl, &hd_get_status_result_table, status);
    else
        status_print(ctl, status);
    hd_result_free(status);
    return exit_code;
}

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "Show how the daemon is",
    .run = status_run,
};
