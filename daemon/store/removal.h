/*
 * removal: runs that are deleted, and disk that is given back.
 *
 * A run goes in two strides. Marked in the table `removals` it is not there any more, for anybody,
 * with all it has. Then its events are deleted, in steps that are transactions of their own and
 * take a few milliseconds each, and at last its row. A daemon that is killed in between leaves a
 * marked run behind, with which the next one goes on. The id can be given again when the run is
 * gone for good.
 *
 * A plan says which runs the rules select, also in small steps, and changes nothing. A run of the
 * plan that was pinned, or went on, after it was planned stays.
 *
 * The caller owns all of these and hands them to one job at a time.
 */
#pragma once

#include "buffer.h"
#include "store.h"

enum removal_rule { REMOVAL_BY_AGE, REMOVAL_BY_COUNT, REMOVAL_BY_SIZE, REMOVAL_RULES };

struct removal_rules {
    char ended_before[40];  /* empty: none goes by age */
    int64_t runs_per_repo;  /* 0: none goes by number */
    int64_t database_bytes; /* 0: none goes by size */
};

enum removal_stage {
    PLAN_AGE,   /* runs that ended too long ago, the oldest first */
    PLAN_REPO,  /* finds the next repository and the oldest run of it that is kept */
    PLAN_COUNT, /* its runs that ended before that */
    PLAN_SIZE,  /* any run that ended, the oldest first, until the rest is small enough */
    PLAN_GIVEN, /* runs that were named */
    PLAN_DONE,
};

struct removal_plan {
    struct removal_rules rules;
    bool measures; /* events and bytes are wanted, too */
    size_t most;   /* runs are kept in `chosen`, so many; 0: they are counted only */
    /* What was found so far. */
    int64_t runs[REMOVAL_RULES];
    int64_t events;
    int64_t bytes;        /* about what the database has less without them */
    struct buffer chosen; /* id and end of each, with their NULs */
    size_t n_chosen;
    /* How far it got. */
    enum removal_stage stage;
    bool started;
    bool measuring;         /* the run at the place */
    int64_t after_event_id; /* of it */
    int64_t used_bytes;     /* by the database, when the plan began */
    struct buffer place;    /* end and id of the last run looked at */
    struct buffer bound;    /* likewise, of the oldest run kept of `repo` */
    struct buffer repo;
    const char *const *given; /* owned by the caller */
    size_t n_given;
    size_t next_given;
};

/* `given` NULL: the rules select. `measures` and `most` as above; a plan with `database_bytes`
 * measures in any case. */
void removal_plan_init(struct removal_plan *plan, const struct removal_rules *rules, bool measures,
                       size_t most);
void removal_plan_init_given(struct removal_plan *plan, const char *const *given, size_t n_given);
/* NULL is fine. */
void removal_plan_clear(struct removal_plan *plan);
/* Read job: goes on for about so long, until `stage` is PLAN_DONE. */
int removal_plan_step(struct removal_plan *plan, struct store_db *db, int64_t microseconds);

/* Write job: marks a run that may go: it ended (then, unless `ended` is NULL) and is not pinned. */
int removal_mark(struct store_db *db, const char *run_id, const char *ended, bool *ret_marked);
/* Whether runs are marked. */
int removals_any(struct store_db *db, bool *ret_any);

struct removal_work {
    /* As a plan chose them; may be NULL, then what is marked goes. Owned by the caller. */
    const char *chosen;
    size_t size;
    size_t offset; /* of the next */
    int64_t limit; /* rows a step; finds its level by what the last ones took */
    bool done;
    int64_t runs; /* gone for good */
    int64_t events;
    int64_t bytes;        /* of pages that became free */
    int64_t microseconds; /* the last step took, its sync included */
};

/* Exclusive job: one step, a transaction of its own. What fails has changed nothing. */
int removal_step(struct removal_work *work, struct store_db *db, int64_t microseconds);

struct vacuum_work {
    int64_t limit; /* pages a step, as above */
    bool done;
    bool impossible; /* the database was made without it: its free pages are used again only */
    int64_t bytes;   /* given back */
    int64_t microseconds;
};

/* Exclusive job: gives some of the free pages back to the disk, but for a few. */
int vacuum_step(struct vacuum_work *work, struct store_db *db, int64_t microseconds);
