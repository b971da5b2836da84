#include "remover.h"

#include <assert.h>
#include <time.h>

enum {
    STEP_US =
        4000, /* an acknowledgement may have to wait for a step, its sync and its checkpoint */
    PLAN_US = 10000, /* on the thread of the long reads; but its transaction holds the log */
    PLAN_RUNS = 10000,
    PAUSE_FACTOR = 3, /* while others write, the writer is theirs so many times longer; */
    PAUSE_FACTOR_LATE = 1,
    PAUSE_MOST_MS = 100, /* but where the disk is slow, deleting must keep up with recording */
};

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void remover_move(struct remover *remover, enum remover_state state)
{
    static const bool allowed[5][5] = {
        [REMOVER_IDLE] =
            {[REMOVER_MARKING] = true, [REMOVER_PLANNING] = true, [REMOVER_DELETING] = true},
        [REMOVER_MARKING] =
            {[REMOVER_PLANNING] = true, [REMOVER_DELETING] = true, [REMOVER_IDLE] = true},
        [REMOVER_PLANNING] = {[REMOVER_DELETING] = true, [REMOVER_IDLE] = true},
        [REMOVER_DELETING] = {[REMOVER_MARKING] = true,
                              [REMOVER_PLANNING] = true,
                              [REMOVER_GIVING] = true,
                              [REMOVER_IDLE] = true},
        [REMOVER_GIVING] =
            {[REMOVER_MARKING] = true, [REMOVER_PLANNING] = true, [REMOVER_IDLE] = true},
    };

    assert(allowed[remover->state][state]);
    (void)allowed;
    remover->state = state;
}

/* --- on store threads ----------------------------------------------------------------------- */

static int remover_run(struct store_job *job, struct store_db *db)
{
    struct remover *remover = container_of(job, struct remover, job);

    switch (remover->state) {
    case REMOVER_IDLE:
        break;
    case REMOVER_MARKING:
        return remover->task->mark(remover->task, db);
    case REMOVER_PLANNING:
        return removal_plan_step(&remover->plan, db, PLAN_US);
    case REMOVER_DELETING:
        return removal_step(&remover->work, db, STEP_US);
    case REMOVER_GIVING:
        return vacuum_step(&remover->vacuum, db, STEP_US);
    }
    return 0;
}

bool remover_owns_job(const struct store_job *job)
{
    return job->run == remover_run;
}

/* --- on the loop ---------------------------------------------------------------------------- */

void remover_init(struct remover *remover, struct store *store,
                  void (*wait)(void *data, int64_t milliseconds), void *wait_data)
{
    *remover = (struct remover){.store = store, .wait = wait, .wait_data = wait_data};
}

const char *remover_operation(const struct remover *remover)
{
    const struct removal_task *task = remover->next ? remover->next : remover->task;

    if (!task)
        return NULL;
    return task->mark ? "deletion" : "retention";
}

/* How long the writer was kept since this was last asked, by steps and their checkpoints. */
static int64_t remover_spent(struct remover *remover)
{
    const struct store_figures *figures = store_figures(remover->store);
    int64_t spent =
        counter_read(&figures->exclusives.sum) + counter_read(&figures->exclusive_checkpoints.sum);
    int64_t more = spent - remover->spent_seen;

    remover->spent_seen = spent;
    return more;
}

static void remover_submit(struct remover *remover)
{
    switch (remover->state) {
    case REMOVER_IDLE:
        return;
    case REMOVER_MARKING:
        remover->job.kind = remover->task->dry_run ? STORE_READ : STORE_WRITE;
        break;
    case REMOVER_PLANNING:
        remover->job.kind = STORE_LONG_READ;
        break;
    case REMOVER_DELETING:
    case REMOVER_GIVING:
        remover->job.kind = STORE_EXCLUSIVE;
        break;
    }
    remover->job.run = remover_run;
    remover->under_way = true;
    store_submit(remover->store, &remover->job);
}

static void remover_plan(struct remover *remover)
{
    const struct removal_task *task = remover->task;

    removal_plan_clear(&remover->plan);
    if (task->mark)
        removal_plan_init_given(&remover->plan, task->run_ids, task->n_run_ids);
    else
        removal_plan_init(&remover->plan, &task->rules, task->dry_run,
                          task->dry_run ? 0 : PLAN_RUNS);
    remover_move(remover, REMOVER_PLANNING);
}

static void work_begin(struct remover *remover)
{
    remover_spent(remover);
    remover->work = (struct removal_work){.limit = 0};
    remover->vacuum = (struct vacuum_work){.limit = 0};
    remover->counted = (struct removal_totals){0};
}

static void remover_start(struct remover *remover, struct removal_task *task)
{
    remover->task = task;
    remover->began_us = clock_us(CLOCK_MONOTONIC);
    work_begin(remover);
    if (!task->mark) {
        if (!task->dry_run)
            remover->totals.last_began_us = clock_us(CLOCK_REALTIME);
        remover_plan(remover);
    } else {
        remover_move(remover, REMOVER_MARKING);
    }
    remover_submit(remover);
}

void remover_begin(struct remover *remover, struct removal_task *task)
{
    if (remover->under_way)
        remover->next = task;
    else
        remover_start(remover, task);
}

void remover_resume(struct remover *remover)
{
    work_begin(remover);
    remover_move(remover, REMOVER_DELETING);
    remover_submit(remover);
}

static void task_end(struct remover *remover, int result)
{
    struct removal_task *task = remover->task;
    struct removal_totals *totals = &remover->totals;

    remover->task = NULL;
    if (!task)
        return;
    task->microseconds = clock_us(CLOCK_MONOTONIC) - remover->began_us;
    if (!task->dry_run && !task->mark) {
        totals->passes++;
        totals->last_took_us = task->microseconds;
    }
    removal_say(task, result);
    task->ended(task, result);
}

static void remover_rest(struct remover *remover, int result)
{
    removal_plan_clear(&remover->plan);
    remover->plan = (struct removal_plan){.stage = PLAN_DONE};
    remover_move(remover, REMOVER_IDLE);
    task_end(remover, result);
}

static void plan_is_done(struct remover *remover)
{
    const struct removal_plan *plan = &remover->plan;
    struct removal_task *task = remover->task;

    for (int rule = 0; rule < REMOVAL_RULES; rule++) {
        task->by_rule[rule] += plan->runs[rule];
        if (task->dry_run)
            task->runs += plan->runs[rule];
    }
    if (task->dry_run) {
        task->runs += (int64_t)plan->n_given;
        task->events = plan->events;
        task->bytes = plan->bytes;
        remover_rest(remover, 0);
        return;
    }
    remover->work.chosen = plan->chosen.data;
    remover->work.size = plan->chosen.size;
    remover->work.offset = 0;
    remover->work.done = false;
    remover_move(remover, REMOVER_DELETING);
}

/* A plan that was full may not have been all; it was, if nothing of it could go. */
static void deletion_is_done(struct remover *remover)
{
    struct removal_task *task = remover->task;
    bool again = task && remover->plan.n_chosen == PLAN_RUNS && remover->work.runs > task->runs;

    if (task) {
        task->runs = remover->work.runs;
        task->events = remover->work.events;
        task->bytes = remover->work.bytes;
    }
    if (again) {
        remover_plan(remover);
        return;
    }
    remover_move(remover, REMOVER_GIVING);
    if (task && task->mark)
        task_end(remover, 0);
}

static void giving_is_done(struct remover *remover)
{
    if (remover->task) {
        remover->task->given_back = remover->vacuum.bytes;
        remover->task->keeps_file = remover->vacuum.impossible;
    }
    remover_rest(remover, 0);
}

/* Moves on when what the state is for is done. */
static void remover_advance(struct remover *remover)
{
    switch (remover->state) {
    case REMOVER_IDLE:
        return;
    case REMOVER_MARKING:
        if (remover->task->dry_run)
            remover_plan(remover);
        else
            remover_move(remover, REMOVER_DELETING);
        return;
    case REMOVER_PLANNING:
        if (remover->plan.stage == PLAN_DONE)
            plan_is_done(remover);
        return;
    case REMOVER_DELETING:
        if (remover->work.done)
            deletion_is_done(remover);
        return;
    case REMOVER_GIVING:
        if (remover->vacuum.done)
            giving_is_done(remover);
        return;
    }
}

/* Whether others write: something waits for the store, or was written since the last step. */
static bool others_write(struct remover *remover)
{
    struct store_state state;
    int64_t writes;
    bool busy;

    store_state(remover->store, &state);
    writes = state.events_appended + state.last_change;
    busy = state.jobs_waiting > 0 || writes != remover->writes_seen;
    remover->writes_seen = writes;
    return busy;
}

/* Where as much is recorded as goes, a pass that only ever gets the smaller part never ends. */
static bool remover_is_late(const struct remover *remover)
{
    const struct removal_task *task = remover->task;

    return task && task->late_us > 0 &&
           clock_us(CLOCK_MONOTONIC) - remover->began_us > task->late_us;
}

static void remover_pace(struct remover *remover)
{
    int64_t factor = remover_is_late(remover) ? PAUSE_FACTOR_LATE : PAUSE_FACTOR;
    int64_t pause_ms = remover_spent(remover) * factor / 1000 + 1;

    if (pause_ms > PAUSE_MOST_MS)
        pause_ms = PAUSE_MOST_MS;
    if ((remover->state == REMOVER_DELETING || remover->state == REMOVER_GIVING) &&
        others_write(remover))
        remover->wait(remover->wait_data, pause_ms);
    else
        remover_submit(remover);
}

/* Each step counts at once: a pass may take long. */
static void remover_count(struct remover *remover)
{
    struct removal_totals *totals = &remover->totals;
    struct removal_totals *counted = &remover->counted;

    totals->runs += remover->work.runs - counted->runs;
    totals->events += remover->work.events - counted->events;
    totals->bytes += remover->work.bytes - counted->bytes;
    totals->given_back += remover->vacuum.bytes - counted->given_back;
    *counted = (struct removal_totals){.runs = remover->work.runs,
                                       .events = remover->work.events,
                                       .bytes = remover->work.bytes,
                                       .given_back = remover->vacuum.bytes};
}

void remover_job_done(struct remover *remover)
{
    struct removal_task *next = remover->next;

    remover->under_way = false;
    remover->next = NULL;
    remover_count(remover);
    if (remover->stopping || remover->job.result != 0) {
        remover_rest(remover, remover->stopping ? REMOVER_STOPPED : remover->job.result);
        if (next && remover->stopping)
            next->ended(next, REMOVER_STOPPED);
    }
    if (next && !remover->stopping) {
        remover_start(remover, next);
        return;
    }
    if (remover->state == REMOVER_IDLE)
        return;
    remover_advance(remover);
    if (remover->state != REMOVER_IDLE)
        remover_pace(remover);
}

void remover_go_on(struct remover *remover)
{
    if (remover->state == REMOVER_IDLE || remover->under_way)
        return;
    remover_submit(remover);
}

void remover_stop(struct remover *remover)
{
    remover->stopping = true;
    if (remover->state != REMOVER_IDLE && !remover->under_way)
        remover_rest(remover, REMOVER_STOPPED);
}
