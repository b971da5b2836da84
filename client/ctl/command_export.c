#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "pages.h"
#include "tables.h"

struct export_settings {
    const char *output;
};

static const struct option_rule export_options[] = {
    {"output", 'o', OPTION_TEXT, "FILE", "write to FILE, which is replaced when all is written",
     offsetof(struct export_settings, output), .completion = "file"},
};

struct export
{
    struct ctl *ctl;
    struct output *output;
    int64_t last_seq; /* of the run's row: what was appended later is left out */
};

/* One line: {"KEY": …}, or the value itself where `key` is NULL. */
static int export_line(struct export *export, const char *key, const struct table *table,
                       const void *record)
{
    struct buffer line = BUFFER_INIT;
    bool failed;

    if (key) {
        buffer_append_text(&line, "{\"");
        buffer_append_text(&line, key);
        buffer_append_text(&line, "\":");
    }
    codec_write(table, record, &line);
    buffer_append_text(&line, key ? "}\n" : "\n");
    failed = line.failed;
    if (!failed)
        output_json(export->output, line.data, line.size);
    buffer_clear(&line);
    return failed ? -ENOMEM : 0;
}

/* An event as it was sent: without its id and run, which another database gives anew. */
static struct hd_new_event export_event(const struct hd_event *event)
{
    return (struct hd_new_event){.has_seq = true,
                                 .seq = event->seq,
                                 .time = event->time,
                                 .type = event->type,
                                 .unit = event->unit,
                                 .has_task = event->has_task,
                                 .task = event->task,
                                 .has_pr = event->has_pr,
                                 .pr = event->pr,
                                 .payload = event->payload,
                                 .error = event->error};
}

static int export_page(void *userdata, const struct hd_list_events_result *page)
{
    struct export *export = userdata;

    for (size_t i = 0; i < page->n_events; i++) {
        struct hd_new_event event = export_event(&page->events[i]);

        if (event.seq > export->last_seq)
            return CTL_SUCCESS + 1;
        if (export_line(export, NULL, &hd_new_event_table, &event) < 0)
            return ctl_fail_memory() + 1;
    }
    return export->output->error ? CTL_FAILURE + 1 : 0;
}

static int export_graph(struct export *export, const char *run_id)
{
    struct hd_get_graph_params params = {.run_id = run_id};
    const struct hd_get_graph_result *result;
    int r = hd_get_graph(export->ctl->client, &params, &result);

    if (r == HD_GRAPH_NOT_FOUND)
        return CTL_SUCCESS;
    if (r != 0)
        return ctl_fail(export->ctl, r);
    r = export_line(export, "graph", &hd_graph_table, &result->graph);
    hd_result_free(result);
    return r < 0 ? ctl_fail_memory() : CTL_SUCCESS;
}

static int export_all(struct export *export, const char *run_id)
{
    struct hd_get_run_params params = {.run_id = run_id};
    struct hd_list_events_params events = {.run_id = run_id};
    struct pages pages = {.most = -1};
    const struct hd_get_run_result *result;
    int exit_code;
    int r = hd_get_run(export->ctl->client, &params, &result);

    if (r != 0)
        return ctl_fail(export->ctl, r);
    export->last_seq = result->run.last_seq;
    r = export_line(export, "run", &hd_run_table, &result->run);
    hd_result_free(result);
    if (r < 0)
        return ctl_fail_memory();
    exit_code = export_graph(export, run_id);
    if (exit_code == CTL_SUCCESS)
        exit_code = pages_events(export->ctl, events, &pages, export_page, export);
    return exit_code;
}

/* Exports to `fd` and makes the file durable. Returns the exit code. */
static int export_to_descriptor(struct export *export, const char *run_id, const char *path, int fd)
{
    struct output output;
    int exit_code;
    int r;

    output_open(&output, fd);
    export->output = &output;
    exit_code = export_all(export, run_id);
    r = output_flush(&output);
    output_close(&output);
    /* What is no file (a pipe, a terminal) cannot be synced, and need not be. */
    if (r == 0 && fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
        r = -errno;
    if (close(fd) < 0 && r == 0)
        r = -errno;
    if (r == 0)
        return exit_code;
    ctl_complain("%s: %s", path, strerror(-r));
    return CTL_FAILURE;
}

/* Writes beside the file and renames: whoever looks sees all of it or what was there before. */
static int export_replace(struct export *export, const char *run_id, const char *path)
{
    mode_t mask = umask(0);
    char *beside = NULL;
    int exit_code = CTL_FAILURE;
    int fd;

    umask(mask);
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return ctl_fail_memory();
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0 || fchmod(fd, 0666 & ~mask) < 0) {
        ctl_complain("%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
    } else {
        exit_code = export_to_descriptor(export, run_id, path, fd);
        if (exit_code == CTL_SUCCESS && rename(beside, path) < 0) {
            ctl_complain("%s: %s", path, strerror(errno));
            exit_code = CTL_FAILURE;
        }
    }
    if (fd >= 0 && exit_code != CTL_SUCCESS)
        unlink(beside);
    free(beside);
    return exit_code;
}

static int export_to_file(struct export *export, const char *run_id, const char *path)
{
    struct stat about;
    int fd;

    /* Only a file is replaced; a pipe or a device is written to. */
    if (stat(path, &about) < 0 || S_ISREG(about.st_mode))
        return export_replace(export, run_id, path);
    fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd >= 0)
        return export_to_descriptor(export, run_id, path, fd);
    ctl_complain("%s: %s", path, strerror(errno));
    return CTL_FAILURE;
}

static int export_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct export_settings *wanted = settings;
    struct export export = {.ctl = ctl, .output = &ctl->out};

    (void)argc;
    if (!ctl_client(ctl))
        return CTL_FAILURE;
    if (wanted->output)
        return export_to_file(&export, argv[0], wanted->output);
    return export_all(&export, argv[0]);
}

const struct command command_export = {
    .name = "export",
    .arguments = "ID",
    .summary = "Write a whole run as lines of JSON: its row, its graph, its events",
    .details = "'historyctl record' takes the lines in again, on this daemon or another one.\n",
    COMMAND_OPTIONS(export_options),
    .settings_size = sizeof(struct export_settings),
    .least = 1,
    .most = 1,
    .completion = "run",
    .run = export_run,
};
