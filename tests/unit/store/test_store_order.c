/* The order of a batch: side by side what shares a run, and nothing else has moved. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"
#include "store_events.h"
#include "store_threads.h"

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

enum { JOBS = 3000 };

struct numbered {
    struct store_job job;
    int place;
};

static struct numbered numbered[JOBS];
static const char *const run_ids[] = {"s", "r", "run_20260120_143052_ab12", "", "rr", "q"};

static int number_of(const struct list *node)
{
    return (int)(container_of(node, struct numbered, job.node) - numbered);
}

static void jobs_draw(struct list *from, int n_jobs, uint32_t one_in)
{
    for (int i = 0; i < n_jobs; i++) {
        numbered[i] = (struct numbered){.place = -1};
        numbered[i].job.kind = draw(9) == 0 ? STORE_EXCLUSIVE : STORE_WRITE;
        if (draw(one_in) != 0) {
            /* The same id need not be the same text in memory. */
            numbered[i].job.group = strdup(run_ids[draw(6)]);
            numbered[i].job.kind = STORE_WRITE;
        }
        list_push(from, &numbered[i].job.node);
    }
}

/* Of every two jobs: whether the later one may stand before the earlier one, and whether they stand
 * side by side when they ought to. */
static void order_check(int n_taken)
{
    int *at = calloc((size_t)n_taken, sizeof(*at));
    int begin = 0;

    for (int i = 0; i < n_taken; i++)
        at[numbered[i].place] = i;
    for (int i = 0; i <= n_taken; i++) {
        if (i < n_taken && numbered[i].job.group)
            continue;
        /* From `begin` to here is a stretch of events: it holds the same jobs as before. */
        for (int place = begin; place < i; place++) {
            const struct numbered *here = &numbered[at[place]];

            ck_assert(at[place] >= begin && at[place] < i);
            for (int before = begin; before < place; before++) {
                const struct numbered *other = &numbered[at[before]];
                bool same = strcmp(other->job.group, here->job.group) == 0;

                ck_assert(!same || at[before] < at[place]);
                ck_assert(!same || strcmp(numbered[at[place - 1]].job.group, here->job.group) == 0);
            }
        }
        if (i < n_taken)
            ck_assert_int_eq(at[i], i);
        begin = i + 1;
    }
    free(at);
}

START_TEST(order_property)
{
    seed = (uint32_t)_i;
    for (int round = 0; round < 20; round++) {
        static const int sizes[] = {0, 1, 2, 7, 40, 200};
        int n_jobs = sizes[draw(6)];
        struct list from, to;
        int place = 0;

        list_init(&from);
        list_init(&to);
        jobs_draw(&from, n_jobs, 2 + draw(30));
        jobs_take_ordered(&to, &from);
        ck_assert(list_empty(&from));
        list_for_each(node, &to)
            numbered[number_of(node)].place = place++;
        ck_assert_int_eq(place, n_jobs);
        order_check(n_jobs);
        for (int i = 0; i < n_jobs; i++)
            free((void *)numbered[i].job.group);
    }
}
END_TEST

/* No more than there is memory for; the rest stays as it came. */
START_TEST(order_bounded)
{
    struct list from, to;
    int place = 0;

    list_init(&from);
    list_init(&to);
    jobs_draw(&from, JOBS, 40);
    jobs_take_ordered(&to, &from);
    list_for_each(node, &to) {
        ck_assert_int_lt(number_of(node), ORDER_JOBS);
        numbered[number_of(node)].place = place++;
    }
    ck_assert_int_eq(place, ORDER_JOBS);
    list_for_each(node, &from)
        ck_assert_int_eq(number_of(node), place++);
    ck_assert_int_eq(place, JOBS);
    for (int i = 0; i < JOBS; i++)
        free((void *)numbered[i].job.group);
}
END_TEST

/* --- through the store --------------------------------------------------------------------------
 */

enum { RUNS = 4, MIXED = 400 };

/* Appends an event to a run, makes it, or looks at its number and changes its row. */
struct mixed {
    struct test_job job;
    enum { MIXED_APPEND, MIXED_CREATE, MIXED_LOOK } what;
    char run_id[8];
    int64_t seq; /* what the naive order gives; 0: there is no such run yet */
};

static struct mixed mixed[MIXED];

static int look(struct store_db *db, struct mixed *job)
{
    struct run_row run;
    int r = runs_get(db, job->run_id, &fixture.arena, &run);

    if (r != 0)
        return r;
    if (run.last_seq != job->seq)
        return STORE_SEQUENCE_CONFLICT;
    run.total_units++;
    return runs_update(db, &run);
}

static int mixed_body(struct store_db *db, void *data)
{
    struct mixed *job = data;
    struct event_new event = {.type = "t"};
    struct events_appended appended;
    struct run_row run = {.id = job->run_id,
                          .repo_path = "/m",
                          .started_at = NOW,
                          .status = "running",
                          .parallelism = 1};
    int r;

    switch (job->what) {
    case MIXED_CREATE:
        return runs_insert(db, &run);
    case MIXED_LOOK:
        return look(db, job);
    case MIXED_APPEND:
        break;
    }
    r = events_append(db, job->run_id, &event, 1, NOW, &appended);
    return r != 0 || appended.first_seq == job->seq ? r : STORE_SEQUENCE_CONFLICT;
}

/* Every job sees what those before it of the same run did, and nothing of those behind it. */
START_TEST(batch_is_the_naive_order)
{
    int64_t last[RUNS] = {-1, -1, -1, -1};
    static int expected[MIXED];

    seed = (uint32_t)_i;
    gate_shut();
    for (int i = 0; i < MIXED; i++) {
        struct mixed *job = &mixed[i];
        uint32_t run = draw(RUNS);

        job_prepare(&job->job, STORE_WRITE, mixed_body, job);
        snprintf(job->run_id, sizeof(job->run_id), "m%u", 9 - run);
        job->what = draw(8) == 0 ? MIXED_LOOK : MIXED_APPEND;
        if (last[run] < 0 && draw(6) == 0) {
            job->what = MIXED_CREATE;
            last[run] = 0;
        } else if (last[run] >= 0 && job->what == MIXED_APPEND) {
            last[run]++;
        }
        job->seq = last[run] < 0 ? 0 : last[run];
        if (job->what == MIXED_APPEND)
            job->job.job.group = job->run_id;
        expected[i] = last[run] < 0 ? STORE_RUN_NOT_FOUND : 0;
        store_submit(fixture.store, &job->job.job);
    }
    gate_open();
    jobs_wait(MIXED + 1);
    for (int i = 0; i < MIXED; i++)
        ck_assert_msg(mixed[i].job.job.result == expected[i], "job %d: %d, not %d", i,
                      mixed[i].job.job.result, expected[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_order");
    TCase *order = tcase_create("order");
    TCase *batch = tcase_create("batch");

    tcase_add_loop_test(order, order_property, 0, 20);
    tcase_add_test(order, order_bounded);
    tcase_add_checked_fixture(batch, events_setup, fixture_teardown);
    tcase_add_loop_test(batch, batch_is_the_naive_order, 0, 8);
    suite_add_tcase(suite, order);
    suite_add_tcase(suite, batch);
    return suite_run(suite);
}
