#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "moment.h"
#include "rfc3339.h"
#include "style.h"
#include "tables.h"

struct status_settings {
    bool ready;
};

static const struct option_rule status_options[] = {
    {"ready", 0, OPTION_FLAG, NULL, "only say whether it takes writes, for probes",
     offsetof(struct status_settings, ready), NULL, NULL},
};

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
    if (status->writer) {
        status_line(ctl, "writer");
        output_escaped(out, status->writer);
        output_format(out, ", %" PRId64 " jobs wait\n", status->jobs_waiting);
    }
    if (status->has_storage_full && status->storage_full) {
        status_line(ctl, "disk");
        output_text(out, "full, nothing is stored until there is room\n");
    }
    status_line(ctl, "connections");
    output_format(out, "%" PRId64 ", of them %" PRId64 " watching\n", status->connections,
                  status->watchers);
}

/* For probes: whether what is sent would be stored. */
static int status_ready(struct ctl *ctl, const struct hd_get_status_result *status)
{
    bool stuck = status->writer && strcmp(status->writer, "stuck") == 0;
    bool full = status->has_storage_full && status->storage_full;

    if (full)
        output_text(&ctl->out, "not ready: the disk is full; make room\n");
    else if (stuck)
        output_format(&ctl->out,
                      "not ready: the writer has not got on for %" PRId64 " ms; another program "
                      "keeps the database locked, or the disk hangs\n",
                      status->has_writer_busy_ms ? status->writer_busy_ms : 0);
    else
        output_text(&ctl->out, "ready\n");
    return stuck || full ? CTL_FAILURE : CTL_SUCCESS;
}

static int status_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    struct hd_client *client = ctl_client(ctl);
    const struct status_settings *wanted = settings;
    const struct hd_get_status_result *status;
    int exit_code = CTL_SUCCESS;
    int r;

    (void)argc;
    (void)argv;
    if (!client)
        return CTL_FAILURE;
    r = hd_get_status(client, &status);
    if (r != 0)
        return ctl_fail(ctl, r);
    if (wanted->ready)
        exit_code = status_ready(ctl, status);
    else if (ctl->options.json)
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
    .details = "With --ready, one line and the exit code say whether what is sent now would be "
               "stored: 0 when it is,\n1 when the disk is full, the writer is stuck or the daemon "
               "does not answer.\n",
    COMMAND_OPTIONS(status_options),
    .settings_size = sizeof(struct status_settings),
    .run = status_run,
};
