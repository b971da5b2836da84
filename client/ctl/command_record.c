#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "limits.h"
#include "lines.h"
#include "record.h"
#include "rfc3339.h"

enum { RECORD_PROGRESS = 200000 }; /* microseconds between two signs of life */

struct record_settings {
    const char *run;
    const char *repo;
    const char *id;
    bool strict;
    bool complete;
};

static const struct option_rule record_options[] = {
    {"run", 0, OPTION_TEXT, "ID", "append to this run", offsetof(struct record_settings, run),
     .completion = "run"},
    {"repo", 'r', OPTION_TEXT, "PATH", "start a run of this repository",
     offsetof(struct record_settings, repo), .completion = "directory"},
    {"id", 0, OPTION_TEXT, "ID", "with --repo: the run's id; one that is there is gone on with",
     offsetof(struct record_settings, id), NULL, NULL},
    {"strict", 0, OPTION_FLAG, NULL, "stop at the first line that is refused",
     offsetof(struct record_settings, strict), NULL, NULL},
    {"complete", 0, OPTION_FLAG, NULL, "at the end, complete the run with what its events said",
     offsetof(struct record_settings, complete), NULL, NULL},
};

/* Finds or makes the run that the command line names. */
static int record_open_run(struct record *record, const struct record_settings *wanted)
{
    struct hd_client *client = record->ctl->client;
    struct hd_get_run_params get = {.run_id = wanted->run};
    struct hd_create_run_params create = {.id = wanted->id};
    char resolved[PATH_MAX];
    const struct hd_create_run_result *created;
    const struct hd_get_run_result *found;
    int exit_code;
    int r;

    record->fixed = wanted->run || wanted->repo;
    if (wanted->run) {
        r = hd_get_run(client, &get, &found);
        if (r != 0)
            return ctl_fail(record->ctl, r);
        exit_code = record_begin(record, found->run.id, found->run.last_seq);
        hd_result_free(found);
        return exit_code;
    }
    if (!wanted->repo)
        return CTL_SUCCESS;
    create.repo_path = ctl_repo_path(wanted->repo, resolved);
    r = hd_create_run(client, &create, &created);
    if (r != 0)
        return ctl_fail(record->ctl, r);
    exit_code = record_begin(record, created->run.id, created->run.last_seq);
    hd_result_free(created);
    return exit_code;
}

static void record_progress(const struct lines *lines, int64_t *next)
{
    int64_t now = rfc3339_now();

    if (now < *next)
        return;
    *next = now + RECORD_PROGRESS;
    dprintf(STDERR_FILENO, "\r%" PRId64 " lines", lines->number);
}

static bool record_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (line[i] != ' ' && line[i] != '\t')
            return false;
    return true;
}

/* Feeds all lines. Returns false where nothing more can or shall be recorded. */
static bool record_feed(struct record *record, struct lines *lines)
{
    bool terminal = isatty(STDERR_FILENO) == 1;
    int64_t next = rfc3339_now() + RECORD_PROGRESS;
    const char *line;
    size_t size;
    int r;

    while ((r = lines_next(lines, &line, &size)) != 0) {
        if (r == -EMSGSIZE) {
            record_refuse(record, lines->number, "longer than a message may be");
            r = 1;
        } else if (r < 0) {
            ctl_complain("stdin: %s", strerror(-r));
            return false;
        } else if (record_blank(line, size)) {
            r = 0;
        } else {
            r = record_line(record, line, size, lines->number);
        }
        if (r < 0)
            return false;
        if (r > 0 && record->strict) {
            ctl_complain("stopped at line %" PRId64 ", as --strict says", lines->number);
            return true;
        }
        if (terminal)
            record_progress(lines, &next);
    }
    if (terminal)
        dprintf(STDERR_FILENO, "\r\x1b[K");
    return true;
}

static int record_command(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct record_settings *wanted = settings;
    struct record record = {.ctl = ctl, .strict = wanted->strict, .complete = wanted->complete};
    struct lines lines;
    int exit_code;
    bool whole;

    (void)argc;
    (void)argv;
    if (wanted->run && wanted->repo)
        return ctl_usage(ctl, "--run and --repo exclude each other");
    if (wanted->id && !wanted->repo)
        return ctl_usage(ctl, "--id needs --repo; --run appends to a run that is there");
    if (!ctl_client(ctl))
        return CTL_FAILURE;
    exit_code = record_open_run(&record, wanted);
    if (exit_code != CTL_SUCCESS)
        return exit_code;
    lines_open(&lines, STDIN_FILENO, (size_t)limits_default.message);
    whole = record_feed(&record, &lines);
    if (!whole)
        record.complete = record.has_row = false;
    if (record.run_id && record_finish(&record) != CTL_SUCCESS)
        whole = false;
    record_clear(&record);
    lines_close(&lines);
    return whole && record.n_refused == 0 ? CTL_SUCCESS : CTL_FAILURE;
}

const struct command command_record = {
    .name = "record",
    .arguments = "",
    .summary = "Record events given as lines of JSON on standard input",
    .details =
        "Each line is one event: {\"type\": \"unit.started\", \"unit\": \"a\"}, with seq, time, "
        "unit, task, pr,\npayload and error as wanted. Lines without seq are numbered on from the "
        "run's last event; lines\nwith seq keep their number, and may be fed again: what is there "
        "already is not stored twice.\nLines that 'historyctl export' wrote bring their run and "
        "graph with them.\n\n"
        "A line that is refused is told as stdin:LINE: REASON, and the rest goes on; the exit code "
        "is\nthen 1.\n",
    COMMAND_OPTIONS(record_options),
    .settings_size = sizeof(struct record_settings),
    .run = record_command,
};
