/* How much of the writer's time deleting takes while others record. */
#include <unistd.h>

#include "remover.h"
#include "store_fixture.h"

enum { PAUSE_FACTOR = 3, PAUSE_MOST_MS = 100, EVENTS = 20000 };

static struct remover remover;
static bool over;
static int64_t paused_ms; /* -1: not */
static int pauses;

static void wait(void *data, int64_t milliseconds)
{
    (void)data;
    paused_ms = milliseconds;
    pauses++;
}

static void ended(struct removal_task *task, int result)
{
    ck_assert_int_eq(result, 0);
    ck_assert_int_eq(task->events, EVENTS);
    over = true;
}

static int64_t steps_us(void)
{
    return counter_read(&store_figures(fixture.store)->exclusives.sum);
}

static int64_t checkpoints_us(void)
{
    return counter_read(&store_figures(fixture.store)->exclusive_checkpoints.sum);
}

static void job_wait(void)
{
    struct list done;

    list_init(&done);
    do {
        usleep(200);
        store_take_done(fixture.store, &done);
    } while (list_empty(&done));
    ck_assert(remover_owns_job(container_of(done.next, struct store_job, node)));
}

/* Somebody records between all steps; the pause behind each is as long as it and its checkpoint
 * took, or three times that where the task is not late. A checkpoint may end after its step was
 * reckoned, and then counts for the next. */
START_TEST(pauses_while_others_record)
{
    struct removal_task task = {.rules = {.ended_before = "2026"}, .late_us = _i, .ended = ended};
    int64_t seq = 0, steps = steps_us(), checkpoints = checkpoints_us(), before, step;

    remover_init(&remover, fixture.store, wait, NULL);
    remover_begin(&remover, &task);
    while (!over) {
        job_wait();
        paused_ms = -1;
        step = steps_us() - steps;
        steps += step;
        before = checkpoints_us();
        remover_job_done(&remover);
        if (paused_ms >= 0 && !task.late_us && step * PAUSE_FACTOR / 1000 < PAUSE_MOST_MS)
            ck_assert_int_ge(paused_ms, step * PAUSE_FACTOR / 1000);
        if (paused_ms >= 0 && task.late_us)
            ck_assert_int_le(paused_ms, (step + checkpoints_us() - checkpoints) / 1000 + 1);
        checkpoints = before;
        if (paused_ms < 0)
            continue;
        ck_assert_int_eq(append_typed("now", ++seq, "t"), 0);
        remover_go_on(&remover);
    }
    ck_assert_int_gt(pauses, 1);
}
END_TEST

static void setup(void)
{
    fixture_setup();
    fixture_open();
    ck_assert_int_eq(insert_run("now", "/r", "2026-01-20T14:30:52.000000Z", "running"), 0);
    file_exec(
        "INSERT INTO runs (id, repo_path, started_at, completed_at, status) VALUES"
        " ('old', '/r', '2020-01-01T00:00:00.000000Z', '2020-01-01T00:00:00.000000Z', 'failed');"
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
        " INSERT INTO events (run_id, seq, time, type, payload)"
        " SELECT 'old', i, '2020-01-01T00:00:00.000000Z', 't', printf('%.*c', 150, '1') FROM n");
}

int main(void)
{
    Suite *suite = suite_create("remover");
    TCase *tests = tcase_create("remover");

    tcase_add_checked_fixture(tests, setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, pauses_while_others_record, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
