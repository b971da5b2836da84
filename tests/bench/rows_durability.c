/*
 * That no figure is bought with a weaker promise: how the daemon's own connection syncs, read back
 * from SQLite in the running daemon, and a sync before each acknowledgement, seen by strace.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "daemon_side.h"
#include "seed.h"

enum { CALLS = 50, LINE = 4096 };

/* Lines of a system call, of one thread or another, as strace -f writes them. */
struct trace {
    int acks;
    int synced; /* acks with a sync since the ack before */
    bool sync;
};

static bool sync_returned(const char *line)
{
    return (strstr(line, "fdatasync(") || strstr(line, "fsync(") ||
            strstr(line, "fdatasync resumed>") || strstr(line, "fsync resumed>")) &&
           strstr(line, "= 0");
}

static void trace_line(struct trace *trace, const char *line)
{
    if (sync_returned(line)) {
        trace->sync = true;
    } else if (strstr(line, "\\\"inserted\\\":")) {
        trace->acks++;
        trace->synced += trace->sync;
        trace->sync = false;
    }
}

static bool trace_read(const char *path, struct trace *ret_trace)
{
    FILE *file = fopen(path, "re");
    struct trace trace = {.acks = 0};
    char line[LINE];

    if (!file)
        return false;
    while (fgets(line, sizeof(line), file))
        trace_line(&trace, line);
    fclose(file);
    *ret_trace = trace;
    return true;
}

static bool program_is_there(const char *name)
{
    const char *path = getenv("PATH");
    char folders[4096];
    char *save = NULL;

    snprintf(folders, sizeof(folders), "%s", path ? path : "/usr/bin:/bin");
    for (char *folder = strtok_r(folders, ":", &save); folder;
         folder = strtok_r(NULL, ":", &save)) {
        char file[4400];

        snprintf(file, sizeof(file), "%s/%s", folder, name);
        if (access(file, X_OK) == 0)
            return true;
    }
    return false;
}

/* Events one by one, so that each acknowledgement has a commit of its own. */
static bool record(struct bench *bench, char *const prefix[])
{
    struct load_spec spec = {.clients = 1, .events = 1, .in_flight = 1, .calls = CALLS};
    struct daemon_side daemon;
    bool holds;

    daemon_start(&daemon, bench, "promise.db", prefix);
    spec.unnumbered = true;
    load_once(&spec, &daemon, NULL);
    holds = daemon_holds(&daemon);
    daemon_stop(&daemon);
    return holds;
}

static void sync_figure(struct bench *bench)
{
    struct figure figure = {.row = "durability", .unit = "", .kind = GOAL_AT_LEAST, .goal = 2};
    const char *path = bench_path(bench, "sync-report");
    char value[16] = "";
    FILE *file;

    setenv("LD_PRELOAD", SYNC_REPORT, 1);
    setenv("HISTORYD_SYNC_REPORT", path, 1);
    /* In a build with a sanitizer, whose library else wants to be the first. */
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    figure.failed = !record(bench, NULL);
    unsetenv("LD_PRELOAD");
    unsetenv("HISTORYD_SYNC_REPORT");
    unsetenv("ASAN_OPTIONS");
    file = fopen(path, "re");
    while (file && fgets(value, sizeof(value), file))
        samples_add(&figure.rounds, strtod(value, NULL));
    if (file)
        fclose(file);
    if (figure.rounds.count == 0 || samples_quantile(&figure.rounds, 0) < 2)
        figure.failed = true;
    snprintf(figure.work, sizeof(figure.work), "synchronous, read back in the daemon (2 is FULL)");
    snprintf(figure.detail, sizeof(figure.detail), "%zu writing connections asked",
             figure.rounds.count);
    report_add(&bench->report, &figure);
}

static void strace_figure(struct bench *bench)
{
    const char *work = "acknowledgements with a sync before them";
    char *path = (char *)bench_path(bench, "trace");
    /* -D: the daemon stays our child. */
    char *const prefix[] = {
        "strace", "-D",  "-f", "-qq",
        "-s",     "200", "-e", "trace=fsync,fdatasync,write,writev,sendmsg,sendto",
        "-o",     path,  NULL};
    struct figure figure = {.row = "durability", .unit = "%", .kind = GOAL_AT_LEAST, .goal = 100};
    struct trace trace = {.acks = 0};

    if (!program_is_there("strace")) {
        report_skip(&bench->report, "durability", work, "strace is not installed");
        return;
    }
    /* A sanitizer can't look for leaks while it is traced. */
    setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
    figure.failed = !record(bench, prefix);
    unsetenv("ASAN_OPTIONS");
    if (!trace_read(path, &trace) || trace.acks == 0) {
        report_skip(&bench->report, "durability", work, "strace could not look at the daemon");
        return;
    }
    samples_add(&figure.rounds, 100.0 * trace.synced / trace.acks);
    if (trace.acks != CALLS || trace.synced != trace.acks)
        figure.failed = true;
    snprintf(figure.work, sizeof(figure.work), "%s", work);
    snprintf(figure.detail, sizeof(figure.detail), "%d of %d, by strace", trace.synced, trace.acks);
    report_add(&bench->report, &figure);
}

void row_durability(struct bench *bench)
{
    seed_make(bench);
    bench_copy(bench, "seed.db", "promise.db");
    bench_say("durability: how the daemon syncs");
    sync_figure(bench);
    strace_figure(bench);
    unlink(bench_path(bench, "promise.db"));
}
