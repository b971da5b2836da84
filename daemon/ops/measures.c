#include "measures.h"

#include "remover.h"

#include "interface.h"
#include "op.h"
#include "watcher.h"

/* Numbers as they are at this moment. */
struct figures {
    struct store_state state;
    int64_t database_bytes;
    int64_t wal_bytes;
    int64_t commits;
    int64_t checkpoints;
    int64_t watchers;
    int64_t watcher_lag;
    int64_t full;
    struct removal_totals removed;
};

/* Where a row's number is; the offset is one in the struct named. */
enum measure_place {
    MEASURE_SERVICE,        /* int64_t of struct service */
    MEASURE_FIGURE,         /* int64_t of struct figures */
    MEASURE_COUNTER,        /* struct counter of struct measures */
    MEASURE_STORE_COUNTER,  /* struct counter of struct store_figures */
    MEASURE_HISTOGRAM,      /* struct histogram of struct measures */
    MEASURE_STORE_HISTOGRAM /* struct histogram of struct store_figures */
};

struct measure {
    struct metric metric;
    enum measure_place place;
    size_t offset;
    /* Where one number is not all: writes the samples. */
    void (*write)(const struct service *service, const struct figures *figures,
                  const struct metric *metric, struct buffer *text);
};

static void write_version(const struct service *service, const struct figures *figures,
                          const struct metric *metric, struct buffer *text)
{
    (void)figures;
    metric_write_value(text, metric, "version", service->version, 1);
}

static void write_refused(const struct service *service, const struct figures *figures,
                          const struct metric *metric, struct buffer *text)
{
    (void)figures;
    for (size_t i = 0; i < n_error_descriptions && i < MEASURES_ERRORS; i++)
        metric_write_value(text, metric, "error", error_descriptions[i].name,
                           counter_read(&service->measures.refused[i]));
}

static void write_jobs(const struct service *service, const struct figures *figures,
                       const struct metric *metric, struct buffer *text)
{
    static const char *const names[STORE_JOB_KINDS] = {
        [STORE_READ] = "read",
        [STORE_LONG_READ] = "long_read",
        [STORE_WRITE] = "write",
        [STORE_EXCLUSIVE] = "exclusive",
    };

    (void)service;
    for (int i = 0; i < STORE_JOB_KINDS; i++)
        metric_write_value(text, metric, "kind", names[i], (int64_t)figures->state.waiting[i]);
}

static void write_writer(const struct service *service, const struct figures *figures,
                         const struct metric *metric, struct buffer *text)
{
    (void)figures;
    for (enum writer_mood mood = WRITER_IDLE; mood <= WRITER_STUCK; mood++)
        metric_write_value(text, metric, "state", writer_mood_name(mood),
                           service->writer.mood == mood);
}

static void write_redactions(const struct service *service, const struct figures *figures,
                             const struct metric *metric, struct buffer *text)
{
    (void)figures;
    for (int rule = 0; rule < REDACT_RULES; rule++)
        metric_write_value(text, metric, "rule", redact_rule_name((enum redact_rule)rule),
                           service->redact.replaced[rule]);
}

#define ROW(name, kind, unit, where, help)                                                         \
    {                                                                                              \
        {"historyd_" name, kind, unit, help}, where, NULL                                          \
    }
#define LIST(name, kind, write, help)                                                              \
    {                                                                                              \
        {"historyd_" name, kind, NULL, help}, MEASURE_FIGURE, 0, write                             \
    }
#define SERVICE(field)         MEASURE_SERVICE, offsetof(struct service, field)
#define FIGURE(field)          MEASURE_FIGURE, offsetof(struct figures, field)
#define COUNTER(field)         MEASURE_COUNTER, offsetof(struct measures, field)
#define STORE_COUNTER(field)   MEASURE_STORE_COUNTER, offsetof(struct store_figures, field)
#define HISTOGRAM(field)       MEASURE_HISTOGRAM, offsetof(struct measures, field)
#define STORE_HISTOGRAM(field) MEASURE_STORE_HISTOGRAM, offsetof(struct store_figures, field)

/* clang-format off */
static const struct measure measures_table[] = {
    LIST("build_info", METRIC_GAUGE, write_version,
         "Always 1; the label is the version of the daemon."),
    ROW("start_time_seconds", METRIC_TIME, "seconds", SERVICE(started_us),
        "When the daemon started, in seconds since 1970."),

    ROW("events_appended", METRIC_COUNTER, NULL, FIGURE(state.events_appended),
        "Events stored."),
    ROW("events_duplicate", METRIC_COUNTER, NULL, STORE_COUNTER(duplicates),
        "Events sent again that were stored already."),
    ROW("commits", METRIC_COUNTER, NULL, FIGURE(commits),
        "Transactions of the writer."),
    ROW("commit_events", METRIC_SIZES, "events", STORE_HISTOGRAM(commit_events),
        "Events in a transaction."),
    ROW("commit_seconds", METRIC_DURATIONS, "seconds", STORE_HISTOGRAM(commits),
        "How long committing a transaction took, with its sync to the disk."),
    ROW("acknowledgement_seconds", METRIC_DURATIONS, "seconds", HISTOGRAM(acknowledgements),
        "From the whole message of a call that wrote to its answer."),
    ROW("checkpoints", METRIC_COUNTER, NULL, FIGURE(checkpoints),
        "Times the write-ahead log was moved into the database file."),
    ROW("checkpoint_seconds", METRIC_DURATIONS, "seconds", STORE_HISTOGRAM(checkpoints),
        "How long moving the log took."),
    ROW("exclusive_seconds", METRIC_DURATIONS, "seconds", STORE_HISTOGRAM(exclusives),
        "How long each job between transactions took: steps of retention, backups and redaction."),
    ROW("exclusive_longest_seconds", METRIC_TIME, "seconds", STORE_COUNTER(exclusive_longest),
        "The longest of them since the start."),
    ROW("exclusive_checkpoint_seconds", METRIC_DURATIONS, "seconds",
        STORE_HISTOGRAM(exclusive_checkpoints),
        "How long the checkpoints took that such jobs made due."),
    ROW("exclusive_checkpoint_longest_seconds", METRIC_TIME, "seconds",
        STORE_COUNTER(exclusive_checkpoint_longest),
        "The longest of them since the start."),

    LIST("writer_state", METRIC_GAUGE, write_writer,
         "1 for what the write thread is: idle, busy, or stuck for five seconds and more."),
    ROW("writer_busy_milliseconds", METRIC_GAUGE, "milliseconds", SERVICE(writer.busy_ms),
        "How long the write thread has been at the same step."),
    LIST("jobs_waiting", METRIC_GAUGE, write_jobs,
         "Jobs that the database's threads have before them, those they are at among them."),
    ROW("calls_under_way", METRIC_GAUGE, NULL, SERVICE(calls),
        "Calls that are not answered yet."),
    ROW("calls_under_way_bytes", METRIC_GAUGE, "bytes", SERVICE(bytes_under_way),
        "Memory of calls that are not answered yet."),
    LIST("calls_refused", METRIC_COUNTER, write_refused,
         "Calls and connections that were answered with an error."),

    ROW("storage_full", METRIC_GAUGE, NULL, FIGURE(full),
        "1 while the disk is full and what is sent is refused."),
    ROW("database_bytes", METRIC_GAUGE, "bytes", FIGURE(database_bytes),
        "Size of the database file."),
    ROW("wal_bytes", METRIC_GAUGE, "bytes", FIGURE(wal_bytes),
        "Size of the write-ahead log."),
    ROW("runs_running", METRIC_GAUGE, NULL, FIGURE(state.runs_running),
        "Runs with status running."),
    ROW("last_event_id", METRIC_GAUGE, NULL, FIGURE(state.last_event_id),
        "Id of the newest event."),
    ROW("connections", METRIC_GAUGE, NULL, SERVICE(connections),
        "Connections that are open."),
    ROW("watchers", METRIC_GAUGE, NULL, FIGURE(watchers),
        "Calls of Watch that are under way."),
    ROW("watcher_lag_events", METRIC_GAUGE, "events", FIGURE(watcher_lag),
        "How many ids the watcher that is furthest behind is behind the newest event."),

    LIST("redactions", METRIC_COUNTER, write_redactions,
         "Values taken out of what was to be stored."),
    ROW("quota_waits", METRIC_COUNTER, NULL, COUNTER(quota_waits),
        "Times a connection was not read on because its user had as much under way as the quotas allow."),
    ROW("quota_event_waits", METRIC_COUNTER, NULL, COUNTER(quota_event_waits),
        "Calls of AppendEvents that waited for their user's events_per_s."),
    ROW("quota_event_refusals", METRIC_COUNTER, NULL, COUNTER(quota_event_refusals),
        "Calls of AppendEvents that were refused because they would have waited too long for it."),
    ROW("quota_connections_refused", METRIC_COUNTER, NULL, COUNTER(quota_connections_refused),
        "Connections that were refused because their user had as many as the quota allows."),
    ROW("input_refused", METRIC_COUNTER, NULL, COUNTER(input_refused),
        "Messages that were not read to their end because too many large ones were under way."),
    ROW("runs_lost", METRIC_COUNTER, NULL, COUNTER(runs_lost),
        "Runs stopped because the process that recorded them ended."),
    ROW("retention_runs_deleted", METRIC_COUNTER, NULL, FIGURE(removed.runs),
        "Runs that retention deleted."),
    ROW("retention_events_deleted", METRIC_COUNTER, NULL, FIGURE(removed.events),
        "Events that retention deleted."),
    ROW("retention_passes", METRIC_COUNTER, NULL, FIGURE(removed.passes),
        "Looks at what is to go, with all that was deleted by them."),
    ROW("retention_given_back_bytes", METRIC_COUNTER, "bytes", FIGURE(removed.given_back),
        "Bytes of the database file given back to the disk."),
};
/* clang-format on */

/* Seconds that were passed over, because the loop was late, have the count of then. */
void pace_note(struct pace *pace, int64_t second, int64_t count)
{
    if (pace->first == 0) {
        pace->first = pace->second = second;
        pace->counts[second % PACE_SECONDS] = count;
    }
    if (second - pace->second > PACE_SECONDS)
        pace->second = second - PACE_SECONDS;
    for (; pace->second < second; pace->second++)
        pace->counts[(pace->second + 1) % PACE_SECONDS] = count;
}

int64_t pace_before(const struct pace *pace, int64_t second)
{
    if (pace->first == 0 || second - pace->first < PACE_SECONDS)
        return 0;
    /* What is noted is at most a minute old; the second after the newest has the oldest place. */
    return pace->counts[(pace->second + 1) % PACE_SECONDS];
}

static size_t error_place(enum hd_error_code code)
{
    const struct error_description *error = error_describe(code);
    size_t place = error ? (size_t)(error - error_descriptions) : MEASURES_ERRORS;

    return place < MEASURES_ERRORS ? place : MEASURES_ERRORS - 1;
}

void measures_refuse(struct measures *measures, enum hd_error_code code)
{
    counter_add(&measures->refused[error_place(code)], 1);
}

void measures_answer(struct measures *measures, const struct call *call)
{
    if (call->error != HD_OK)
        measures_refuse(measures, call->error);
    else if (call->entry && call->entry->op->kind == OP_WRITE)
        histogram_note_duration(&measures->acknowledgements, metrics_now() - call->arrived_us);
}

int64_t measures_refused(const struct measures *measures)
{
    int64_t refused = 0;

    for (size_t i = 0; i < MEASURES_ERRORS; i++)
        refused += counter_read(&measures->refused[i]);
    return refused;
}

static void figures_gather(struct service *service, struct figures *ret_figures)
{
    const struct store_figures *store = store_figures(service->store);

    store_state(service->store, &ret_figures->state);
    store_sizes(service->store, &ret_figures->database_bytes, &ret_figures->wal_bytes);
    ret_figures->commits = histogram_count(&store->commits);
    ret_figures->checkpoints = histogram_count(&store->checkpoints);
    ret_figures->watchers = service->watches->n_watchers;
    ret_figures->watcher_lag = watch_hub_lag(service->watches);
    ret_figures->full = ret_figures->state.full;
    ret_figures->removed = service->remover->totals;
    writer_look_at(&service->writer, &ret_figures->state, metrics_now() / 1000);
}

static void measure_write(const struct measure *measure, const struct service *service,
                          const struct figures *figures, struct buffer *text)
{
    const char *const bases[] = {
        [MEASURE_SERVICE] = (const char *)service,
        [MEASURE_FIGURE] = (const char *)figures,
        [MEASURE_COUNTER] = (const char *)&service->measures,
        [MEASURE_STORE_COUNTER] = (const char *)store_figures(service->store),
        [MEASURE_HISTOGRAM] = (const char *)&service->measures,
        [MEASURE_STORE_HISTOGRAM] = (const char *)store_figures(service->store),
    };
    const void *number = bases[measure->place] + measure->offset;

    metric_write_head(text, &measure->metric);
    if (measure->write) {
        measure->write(service, figures, &measure->metric, text);
        return;
    }
    switch (measure->place) {
    case MEASURE_SERVICE:
    case MEASURE_FIGURE:
        metric_write_value(text, &measure->metric, NULL, NULL, *(const int64_t *)number);
        return;
    case MEASURE_COUNTER:
    case MEASURE_STORE_COUNTER:
        metric_write_value(text, &measure->metric, NULL, NULL, counter_read(number));
        return;
    case MEASURE_HISTOGRAM:
    case MEASURE_STORE_HISTOGRAM:
        metric_write_histogram(text, &measure->metric, number);
        return;
    }
}

void measures_write(struct service *service, struct buffer *text)
{
    struct figures figures;

    figures_gather(service, &figures);
    for (size_t i = 0; i < sizeof(measures_table) / sizeof(measures_table[0]); i++)
        measure_write(&measures_table[i], service, &figures, text);
    metrics_write_end(text);
}
