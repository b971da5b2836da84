#include "ninja_send.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "batch.h"
#include "command.h"
#include "moment.h"
#include "rfc3339.h"

int ninja_send_known(struct ctl *ctl, const struct ninja_plan *plan)
{
    struct hd_get_run_params params = {.run_id = plan->run_id};
    const struct hd_get_run_result *result;
    int r = hd_get_run(ctl->client, &params, &result);
    bool ended;

    if (r == HD_RUN_NOT_FOUND)
        return 0;
    if (r != 0) {
        ctl_fail(ctl, r);
        return -1;
    }
    /* The end is written last: a run that has one has everything. */
    ended = strcmp(result->run.status, "running") != 0;
    if (ended && plan->n_failed && result->run.failed_units == 0)
        ctl_complain("%s was recorded without its failures before, and stays so", plan->run_id);
    hd_result_free(result);
    return ended;
}

int ninja_send_end(struct ctl *ctl, const struct ninja_plan *plan)
{
    char ended[RFC3339_SIZE];
    struct hd_complete_run_params params = {.run_id = plan->run_id,
                                            .status = plan->n_failed ? "failed" : "completed",
                                            .has_completed_units = true,
                                            .completed_units =
                                                (int64_t)(plan->n_units - plan->n_failed),
                                            .has_failed_units = true,
                                            .failed_units = (int64_t)plan->n_failed,
                                            .error = ninja_plan_error(plan),
                                            .completed_at = ended};

    rfc3339_write(plan->ended, ended);
    return hd_complete_run(ctl->client, &params, NULL);
}

void ninja_send_summary(struct ctl *ctl, const struct ninja_plan *plan, bool recorded)
{
    char duration[MOMENT_SIZE];

    if (ctl->options.json) {
        output_format(&ctl->out,
                      "{\"run_id\":\"%s\",\"units\":%zu,\"failed\":%zu,\"recorded\":%s}\n",
                      plan->run_id, plan->n_units, plan->n_failed, recorded ? "true" : "false");
        return;
    }
    moment_write_duration(plan->ended - plan->started, duration);
    output_format(&ctl->out, "%s: %zu %s", plan->run_id, plan->n_units,
                  plan->n_units == 1 ? "unit" : "units");
    if (plan->n_failed)
        output_format(&ctl->out, ", %zu failed", plan->n_failed);
    output_format(&ctl->out, ", %s, %s\n", duration, recorded ? "recorded" : "already recorded");
}

static void ninja_send_refused(void *userdata, int64_t line, const char *reason)
{
    const struct ninja_plan *plan = userdata;

    ctl_complain("%s: event %" PRId64 " was refused: %s", plan->run_id, line, reason);
}

static int ninja_send_create(struct ctl *ctl, const struct ninja_plan *plan,
                             const struct hd_graph *graph)
{
    char started[RFC3339_SIZE];
    struct hd_create_run_params params = {.id = plan->run_id,
                                          .repo_path = plan->repo_path,
                                          .started_at = started,
                                          .has_parallelism = true,
                                          .parallelism = ninja_plan_parallelism(plan),
                                          .has_total_units = true,
                                          .total_units = (int64_t)plan->n_units,
                                          .graph = graph};

    if (params.parallelism < 0)
        return -ENOMEM;
    rfc3339_write(plan->started, started);
    return hd_create_run(ctl->client, &params, NULL);
}

static int ninja_send_events(struct ctl *ctl, const struct ninja_plan *plan, int64_t *ret_refused)
{
    struct hd_new_event *events;
    struct batch batch;
    size_t n_events;
    int r = ninja_plan_events(plan, &events, &n_events);

    if (r < 0)
        return r;
    r = batch_open(&batch, ctl, plan->run_id, ninja_send_refused, (void *)plan);
    for (size_t i = 0; i < n_events && r == 0; i++)
        r = batch_add(&batch, &events[i], events[i].seq);
    if (r == 0)
        r = batch_flush(&batch);
    *ret_refused = batch.n_refused;
    batch_close(&batch);
    return r;
}

int ninja_send(struct ctl *ctl, const struct ninja_plan *plan, const struct hd_graph *graph)
{
    int known = ninja_send_known(ctl, plan);
    int64_t refused = 0;
    int r;

    if (known < 0)
        return CTL_FAILURE;
    if (known == 0) {
        r = ninja_send_create(ctl, plan, graph);
        if (r == 0)
            r = ninja_send_events(ctl, plan, &refused);
        if (r == 0)
            r = ninja_send_end(ctl, plan);
        if (r != 0)
            return ctl_fail(ctl, r);
    }
    ninja_send_summary(ctl, plan, known == 0);
    return refused ? CTL_FAILURE : CTL_SUCCESS;
}
