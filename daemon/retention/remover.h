/*
 * remover: deletes runs, one task at a time, in steps that keep nobody waiting.
 *
 * A task is a pass over the rules or a list of runs that were named. Its steps are store jobs of a
 * few milliseconds; the next is submitted when the last one is back, at once where nobody else
 * writes, else after a pause that leaves the writer to the others most of the time, or half of it
 * where the task is late. What a task frees is given back to the disk afterwards, in the same way.
 *
 * The owner embeds it and calls it with what happens. Loop thread only, but for the jobs.
 */
#pragma once

#include "removal.h"

enum { REMOVER_STOPPED = STORE_OUTCOME_LAST }; /* result of a task when the daemon ends */

struct removal_task {
    /* NULL: a pass over the rules. Else, on a store thread: finds out whether the runs may go and,
     * unless it is a dry run, marks them in a write job. */
    int (*mark)(struct removal_task *task, struct store_db *db);
    const char *const *run_ids; /* of a dry run of named runs, each once */
    size_t n_run_ids;
    struct removal_rules rules;
    bool dry_run;
    int64_t late_us; /* after that long it takes more of the writer's time; 0: never */
    /* The result: 0, what `mark` returned, a store failure, or REMOVER_STOPPED. The task belongs to
     * its owner again. */
    void (*ended)(struct removal_task *task, int result);
    /* What went, or would go. */
    int64_t by_rule[REMOVAL_RULES];
    int64_t runs;
    int64_t events;
    int64_t bytes;        /* that became free in the database file */
    int64_t given_back;   /* of them, by a pass */
    int64_t microseconds; /* it took */
    bool keeps_file;      /* the database can't give anything back */
};

/* Since the daemon started. */
struct removal_totals {
    int64_t passes;
    int64_t runs;
    int64_t events;
    int64_t bytes;
    int64_t given_back;
    int64_t last_began_us; /* of a pass, on the wall clock; 0: none yet */
    int64_t last_took_us;
};

/*
 *   IDLE        no task
 *   MARKING     `mark` is with the store
 *   PLANNING    finds out what the rules select
 *   DELETING    deletes what is marked and what was planned
 *   GIVING      gives free pages back
 * A task may be over while GIVING goes on; then, and after remover_resume(), a new one may begin.
 */
enum remover_state {
    REMOVER_IDLE,
    REMOVER_MARKING,
    REMOVER_PLANNING,
    REMOVER_DELETING,
    REMOVER_GIVING,
};

struct remover {
    struct store *store;
    /* Has remover_go_on() called after so many milliseconds, once. */
    void (*wait)(void *data, int64_t milliseconds);
    void *wait_data;
    enum remover_state state;
    struct store_job job;
    bool under_way; /* the store has the job */
    bool stopping;
    struct removal_task *task; /* NULL: over, or none asked for what is done */
    struct removal_task *next; /* begins when the job is back */
    struct removal_plan plan;
    struct removal_work work;
    struct vacuum_work vacuum;
    struct removal_totals counted; /* of the work and the vacuum, in the totals already */
    int64_t writes_seen;           /* by others, at the last step */
    int64_t spent_seen;            /* by the writer, on steps; likewise */
    int64_t began_us;
    struct removal_totals totals;
};

void remover_init(struct remover *remover, struct store *store,
                  void (*wait)(void *data, int64_t milliseconds), void *wait_data);

/* Goes on with what an earlier daemon left marked, and gives back what it left free. Once, before
 * any task; one may begin meanwhile. */
void remover_resume(struct remover *remover);

/* What it is at, in a word, or NULL when it may take a task. */
const char *remover_operation(const struct remover *remover);
/* Begins a task; remover_operation() was NULL. `ended` is called later, never from within. */
void remover_begin(struct remover *remover, struct removal_task *task);

/* True if the job is the remover's. */
bool remover_owns_job(const struct store_job *job);
void remover_job_done(struct remover *remover);
/* After the time it waited for. */
void remover_go_on(struct remover *remover);
/* Tells the log of a task that changed something, or could not. */
void removal_say(const struct removal_task *task, int result);
/* Ends the task, now or when its job is back. What is marked goes on at the next start. */
void remover_stop(struct remover *remover);
