#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "batch.h"
#include "command.h"
#include "event_text.h"
#include "moment.h"
#include "rfc3339.h"

enum { WATCH_DETAIL = 100, WATCH_PAUSE_FIRST = 50, WATCH_PAUSE_MOST = 1000 };

struct watch_settings {
    const char *repo;
    const char *type;
    const char *unit;
    struct option_number after_seq;
    struct option_number after_id;
    bool fresh;
    bool until_done;
};

static const struct option_rule watch_options[] = {
    {"repo", 'r', OPTION_TEXT, "PATH", "only runs of this repository",
     offsetof(struct watch_settings, repo), .completion = "directory"},
    {"type", 't', OPTION_TEXT, "TYPE", "only this type, or types that begin with it and a dot",
     offsetof(struct watch_settings, type), NULL, NULL},
    {"unit", 'u', OPTION_TEXT, "UNIT", "only events of this unit",
     offsetof(struct watch_settings, unit), NULL, NULL},
    {"after-seq", 0, OPTION_COUNT, "N", "begin after event number N of run ID",
     offsetof(struct watch_settings, after_seq), NULL, NULL},
    {"after-id", 0, OPTION_COUNT, "N", "begin after the event with id N, of any run",
     offsetof(struct watch_settings, after_id), NULL, NULL},
    {"new", 0, OPTION_FLAG, NULL, "only what comes from now on",
     offsetof(struct watch_settings, fresh), NULL, NULL},
    {"until-done", 0, OPTION_FLAG, NULL, "end when run ID has ended",
     offsetof(struct watch_settings, until_done), NULL, NULL},
};

struct watch {
    struct ctl *ctl;
    struct hd_watch_params params;
    bool until_done;
    bool answered; /* since the last attempt to connect */
    bool ready;
    bool ended;        /* the run is over */
    bool completed;    /* and well */
    struct buffer row; /* the last run row shown, so that it is not shown again */
};

static void watch_print_event(struct watch *watch, const struct hd_event *event)
{
    struct ctl *ctl = watch->ctl;
    struct output *out = &ctl->out;
    enum style style = event_text_style(event->type);
    struct buffer detail = BUFFER_INIT;
    char time[MOMENT_SIZE];

    moment_write_text(event->time, ctl->options.utc, 3, false, time);
    output_format(out, "%s  ", time);
    if (!watch->params.run_id) {
        output_escaped(out, event->run_id);
        output_text(out, "  ");
    }
    output_format(out, "%5" PRId64 "  %s", event->seq, style_begin(style, ctl->colour));
    output_escaped(out, event->type);
    output_format(out, "%s%*s", style_end(style, ctl->colour),
                  strlen(event->type) < 14 ? (int)(14 - strlen(event->type)) : 0, "");
    if (event->unit) {
        output_text(out, "  ");
        output_escaped(out, event->unit);
    }
    event_text_detail(event, WATCH_DETAIL, &detail);
    buffer_append_char(&detail, '\0');
    if (!detail.failed && *detail.data) {
        output_text(out, "  ");
        output_escaped(out, detail.data);
    }
    output_text(out, "\n");
    output_needs(out, &detail);
    buffer_clear(&detail);
}

/* A run's row is told again after a reconnection; only what changed is news. */
static void watch_print_run(struct watch *watch, const struct hd_run *run)
{
    struct ctl *ctl = watch->ctl;
    struct output *out = &ctl->out;
    enum style style = style_of_status(run->status);
    struct buffer row = BUFFER_INIT;
    bool same;

    buffer_append_text(&row, run->id);
    buffer_append_char(&row, ' ');
    buffer_append_text(&row, run->status);
    buffer_append_char(&row, ' ');
    buffer_append_int(&row, run->completed_units);
    buffer_append_char(&row, ' ');
    buffer_append_int(&row, run->failed_units);
    buffer_append_char(&row, ' ');
    buffer_append_int(&row, run->total_units);
    same = !row.failed && row.size == watch->row.size &&
           memcmp(row.data, watch->row.data, row.size) == 0;
    buffer_clear(&watch->row);
    watch->row = row;
    if (same)
        return;
    output_text(out, "run ");
    output_escaped(out, run->id);
    output_format(out, " is %s", style_begin(style, ctl->colour));
    output_escaped(out, run->status);
    output_format(out, "%s: %" PRId64 " done, %" PRId64 " failed, %" PRId64 " in all%s",
                  style_end(style, ctl->colour), run->completed_units, run->failed_units,
                  run->total_units, run->error ? ": " : "");
    if (run->error)
        output_escaped(out, run->error);
    output_text(out, "\n");
}

static void watch_print(struct watch *watch, const struct hd_reply *reply,
                        const struct hd_watch_result *result)
{
    struct output *out = &watch->ctl->out;

    if (watch->ctl->options.json) {
        output_json(out, reply->parameters, strlen(reply->parameters));
        output_text(out, "\n");
        return;
    }
    for (size_t i = 0; i < result->n_events; i++)
        watch_print_event(watch, &result->events[i]);
    if (result->run)
        watch_print_run(watch, result->run);
}

static int watch_reply(struct hd_client *client, const struct hd_reply *reply, void *userdata)
{
    struct watch *watch = userdata;
    const struct hd_watch_result *result = reply->result;

    (void)client;
    if (reply->status != 0 || !result)
        return 0;
    watch->answered = true;
    watch_print(watch, reply, result);
    if (result->run && watch->params.run_id) {
        watch->ended = strcmp(result->run->status, "running") != 0;
        watch->completed = strcmp(result->run->status, "completed") == 0;
    }
    watch->ready = watch->ready || (result->has_ready && result->ready);
    watch->params.has_after_seq = false;
    watch->params.has_after_id = true;
    watch->params.after_id = result->last_id;
    /* What is stored is told before `ready`: an ended run is followed to there. */
    return output_flush(&watch->ctl->out) != 0 ||
           (watch->until_done && watch->ended && watch->ready);
}

/* History that retention took cannot be told any more: says so and goes on with what is there. */
static bool watch_truncated(struct watch *watch, int status)
{
    int64_t oldest;

    if (status != HD_HISTORY_TRUNCATED ||
        !event_text_number(hd_client_error(watch->ctl->client)->parameters, "oldest_id", &oldest) ||
        oldest - 1 <= watch->params.after_id)
        return false;
    ctl_complain("watch: events before id %" PRId64 " were removed; going on from there", oldest);
    watch->params.after_id = oldest - 1;
    return true;
}

static int watch_follow(struct watch *watch, struct hd_client *client)
{
    const struct option_number *timeout = &watch->ctl->options.timeout;
    int64_t lost = 0;
    int pause = WATCH_PAUSE_FIRST;
    bool ever = false;

    for (;;) {
        int r;

        watch->answered = watch->ready = false;
        r = hd_watch(client, &watch->params, watch_reply, watch);
        if (watch->ctl->out.error || (watch->until_done && watch->ended && watch->ready))
            return watch->until_done && !watch->completed ? CTL_FAILURE : CTL_SUCCESS;
        ever = ever || watch->answered;
        if (watch->answered) {
            pause = WATCH_PAUSE_FIRST;
            lost = 0;
        }
        if (watch_truncated(watch, r))
            continue;
        if (r != 0 && (!ever || !batch_may_retry(r)))
            return ctl_fail(watch->ctl, r);
        if (lost == 0) {
            lost = rfc3339_now();
            ctl_complain("watch: the connection was lost; waiting for the daemon");
        } else if (timeout->given && timeout->value > 0 &&
                   (rfc3339_now() - lost) / 1000 > timeout->value) {
            return ctl_fail(watch->ctl, r);
        }
        poll(NULL, 0, pause);
        pause = pause * 2 > WATCH_PAUSE_MOST ? WATCH_PAUSE_MOST : pause * 2;
    }
}

static int watch_run(struct ctl *ctl, const void *settings, int argc, char **argv)
{
    const struct watch_settings *wanted = settings;
    struct hd_client *client = ctl_client(ctl);
    struct watch watch = {.ctl = ctl, .until_done = wanted->until_done, .row = BUFFER_INIT};
    char resolved[PATH_MAX];
    int exit_code;

    if (!client)
        return CTL_FAILURE;
    if (wanted->until_done && argc == 0)
        return ctl_usage(ctl, "--until-done needs a run ID");
    if (wanted->after_seq.given && argc == 0)
        return ctl_usage(ctl, "--after-seq needs a run ID; --after-id counts over all runs");
    if (wanted->after_seq.given + wanted->after_id.given + wanted->fresh > 1)
        return ctl_usage(ctl, "--after-seq, --after-id and --new exclude each other");
    watch.params = (struct hd_watch_params){.run_id = argc ? argv[0] : NULL,
                                            .has_after_seq = wanted->after_seq.given,
                                            .after_seq = wanted->after_seq.value,
                                            .has_after_id = wanted->after_id.given,
                                            .after_id = wanted->after_id.value,
                                            .type = wanted->type,
                                            .unit = wanted->unit};
    if (wanted->repo)
        watch.params.repo_path = ctl_repo_path(wanted->repo, resolved);
    if (argc && !wanted->after_seq.given && !wanted->after_id.given && !wanted->fresh)
        watch.params.has_after_seq = true;
    exit_code = watch_follow(&watch, client);
    buffer_clear(&watch.row);
    return exit_code;
}

const struct command command_watch = {
    .name = "watch",
    .arguments = "[ID]",
    .summary = "Follow one run, or all, as it happens",
    .details =
        "With an ID, all its events are shown first and then what comes; without one, what comes "
        "from now\non. After a restart of the daemon it connects again and goes on without gap; "
        "with --timeout it gives\nup when the daemon is away for longer. With --until-done the "
        "exit "
        "code is 0 if the run is completed,\n1 if it failed or was stopped.\n",
    COMMAND_OPTIONS(watch_options),
    .settings_size = sizeof(struct watch_settings),
    .most = 1,
    .completion = "run",
    .run = watch_run,
};
