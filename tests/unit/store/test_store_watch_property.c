/* Watchers are cursors over commits: no gap, no duplicate, runs after the events of their commit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_model.h"

enum { ROUNDS = 60, JOBS_MAX = 8, WATCHERS = 14 };

#define NOW "2026-01-20T14:30:52.000000Z"

static unsigned int seed;

static int draw(int n)
{
    return rand_r(&seed) % n;
}

/* --- writing ---------------------------------------------------------------------------------- */

struct step {
    int run;
    int64_t version;   /* to write, 0: no change of the row */
    bool events_first; /* before the row is changed */
    int n_events;
    struct event_new events[5];
    int result; /* to return at the end */
};

static int step_events(struct store_db *db, const struct step *step, const char *id)
{
    struct events_appended appended;

    if (step->n_events == 0)
        return 0;
    return events_append(db, id, step->events, (size_t)step->n_events, NOW, &appended);
}

static int step_row(struct store_db *db, const struct step *step, const char *id)
{
    struct run_row row = {.id = id,
                          .repo_path = model_repos[step->run % 2],
                          .started_at = NOW,
                          .status = step->version % 2 ? "running" : "failed",
                          .completed_units = step->version};
    int r;

    if (step->version == 0)
        return 0;
    r = runs_insert(db, &row);
    return r == STORE_RUN_EXISTS ? runs_update(db, &row) : r;
}

static int step_body(struct store_db *db, void *data)
{
    const struct step *step = data;
    char id[8];
    int r;

    run_name(step->run, id);
    r = step->events_first ? step_events(db, step, id) : step_row(db, step, id);
    if (r == 0)
        r = step->events_first ? step_row(db, step, id) : step_events(db, step, id);
    return r != 0 ? r : step->result;
}

static void step_draw(struct step *step)
{
    *step = (struct step){.run = draw(RUNS), .events_first = draw(2)};
    if (model.versions[step->run] == 0)
        step->events_first = false;
    if (model.versions[step->run] == 0 || draw(2))
        step->version = ++model.versions[step->run];
    step->n_events = draw(6);
    for (int i = 0; i < step->n_events; i++)
        step->events[i] =
            (struct event_new){.type = model_types[draw(4)], .has_task = true, .task = draw(3)};
}

/* Some jobs in one batch; `spoil`: one of them fails after it wrote. */
static void round_write(bool spoil)
{
    struct step steps[JOBS_MAX];
    struct test_job jobs[JOBS_MAX + 1];
    struct step failing = {.run = draw(RUNS), .version = 1000000, .result = STORE_NO_MEMORY};
    int n_steps = 1 + draw(JOBS_MAX);
    int place = draw(n_steps);

    gate_shut();
    for (int i = 0; i < n_steps; i++) {
        step_draw(&steps[i]);
        job_prepare(&jobs[i], STORE_WRITE, step_body, &steps[i]);
        store_submit(fixture.store, &jobs[i].job);
        if (spoil && i == place) {
            job_prepare(&jobs[JOBS_MAX], STORE_WRITE, step_body, &failing);
            store_submit(fixture.store, &jobs[JOBS_MAX].job);
        }
    }
    gate_open();
    jobs_wait(n_steps + 1 + spoil);
    for (int i = 0; i < n_steps; i++)
        ck_assert_int_eq(jobs[i].job.result, 0);
    if (spoil)
        ck_assert_int_eq(jobs[JOBS_MAX].job.result, STORE_NO_MEMORY);
}

/* --- watching ----------------------------------------------------------------------------------
 */

struct watcher {
    struct event_filter filter;
    char run_id[8];
    int64_t minimum_seq;
    int64_t replay_until;
    struct watch_position from;
    struct watch_position position;
    size_t next; /* in model.events: what comes next for it, filtered or not */
    int64_t versions[RUNS];
    int64_t limit;
    int64_t bytes;
    bool bounded; /* the page goes no further than `until` */
    struct watch_position until;
    struct watch_page page;
};

static bool type_passes(const char *filter, const char *type)
{
    size_t size = filter ? strlen(filter) : 0;

    return !filter || (strncmp(filter, type, size) == 0 && (!type[size] || type[size] == '.'));
}

static bool run_passes(const struct watcher *watcher, int run)
{
    char id[8];

    run_name(run, id);
    if (watcher->filter.run_id && strcmp(watcher->filter.run_id, id) != 0)
        return false;
    return !watcher->filter.repo_path ||
           strcmp(watcher->filter.repo_path, model_repos[run % 2]) == 0;
}

static bool event_passes(const struct watcher *watcher, const struct model_event *event)
{
    if (event->id <= watcher->from.event_id || !run_passes(watcher, event->run))
        return false;
    if (event->id <= watcher->replay_until && event->seq <= watcher->minimum_seq)
        return false;
    if (watcher->filter.has_task && watcher->filter.task != event->task)
        return false;
    return type_passes(watcher->filter.type, model_types[event->type]);
}

static int page_body(struct store_db *db, void *data)
{
    struct watcher *watcher = data;
    const struct watch_scope scope = {.filter = &watcher->filter,
                                      .from = watcher->position,
                                      .until = watcher->bounded ? &watcher->until : NULL,
                                      .minimum_seq = watcher->minimum_seq,
                                      .replay_until = watcher->replay_until,
                                      .limit = watcher->limit,
                                      .bytes = watcher->bytes};

    return watch_page_read(db, &scope, &fixture.arena, &watcher->page);
}

static void events_check(struct watcher *watcher)
{
    const struct watch_page *page = &watcher->page;

    ck_assert_uint_le(page->n_events, (size_t)watcher->limit);
    for (size_t i = 0; i < page->n_events; i++) {
        while (watcher->next < model.n_events &&
               !event_passes(watcher, &model.events[watcher->next]))
            watcher->next++;
        ck_assert_msg(watcher->next < model.n_events,
                      "event %jd of %s is one too many (from %jd, type %s, repository %s, run %s,"
                      " task %d, minimum %jd until %jd)",
                      (intmax_t)page->events[i].id, page->events[i].run_id,
                      (intmax_t)watcher->from.event_id, watcher->filter.type,
                      watcher->filter.repo_path, watcher->filter.run_id, watcher->filter.has_task,
                      (intmax_t)watcher->minimum_seq, (intmax_t)watcher->replay_until);
        ck_assert_int_eq(page->events[i].id, model.events[watcher->next].id);
        ck_assert_int_eq(page->events[i].seq, model.events[watcher->next].seq);
        watcher->next++;
    }
    /* Nothing that passes lies between the last one and the position. */
    while (watcher->next < model.n_events &&
           model.events[watcher->next].id <= page->position.event_id) {
        ck_assert(!event_passes(watcher, &model.events[watcher->next]));
        watcher->next++;
    }
}

static void runs_check(struct watcher *watcher)
{
    const struct watch_page *page = &watcher->page;

    for (size_t i = 0; i < page->n_runs; i++) {
        const struct run_row *row = &page->runs[i];
        int run = atoi(row->id + 3);

        ck_assert(run_passes(watcher, run));
        ck_assert_int_eq(row->completed_units, model.versions[run]);
        ck_assert_int_gt(row->completed_units, watcher->versions[run]);
        ck_assert_int_ge(page->position.event_id, model.told_after[run]);
        watcher->versions[run] = row->completed_units;
    }
}

static void page_check(struct watcher *watcher)
{
    struct watch_position before = watcher->position;

    watcher->limit = draw(3) ? 1 + draw(7) : 1000;
    watcher->bytes = draw(3) ? INT64_MAX : 1 + draw(60);
    watcher->bounded = watcher->until.event_id > 0 && draw(2);
    ck_assert_int_eq(run_read(page_body, watcher), 0);
    if (watcher->bounded) {
        ck_assert(watcher->page.position.event_id <= watcher->until.event_id ||
                  watcher->page.position.event_id == before.event_id);
        ck_assert(watcher->page.position.change <= watcher->until.change ||
                  watcher->page.position.change == before.change);
        ck_assert(!watcher->page.caught_up ||
                  (watcher->page.position.event_id >= watcher->until.event_id &&
                   watcher->page.position.change >= watcher->until.change));
    }
    ck_assert_int_ge(watcher->page.position.event_id, before.event_id);
    ck_assert_int_ge(watcher->page.position.change, before.change);
    if (!watcher->page.caught_up)
        ck_assert(watcher->page.position.event_id > before.event_id ||
                  watcher->page.position.change > before.change);
    watcher->position = watcher->page.position;
    events_check(watcher);
    runs_check(watcher);
}

/* At the end everything that passes was seen, the newest row of every run included. */
static void end_check(struct watcher *watcher)
{
    do
        page_check(watcher);
    while (watcher->bounded || !watcher->page.caught_up);
    while (watcher->next < model.n_events)
        ck_assert(!event_passes(watcher, &model.events[watcher->next++]));
    for (int run = 0; run < RUNS; run++)
        if (run_passes(watcher, run) && model.changes[run] > watcher->from.change)
            ck_assert_int_eq(watcher->versions[run], model.versions[run]);
    ck_assert_int_eq(watcher->position.event_id, model_last_id());
}

struct position_call {
    int kind;
    int64_t number;
    const char *run_id;
    struct watch_position position;
};

/* Where a watch begins: rows are told from now on, events from the place asked for. */
static int position_body(struct store_db *db, void *data)
{
    struct position_call *call = data;
    int r = watch_position_now(db, &call->position);

    if (r == 0 && call->kind == 1)
        call->position.event_id = call->number;
    if (r == 0 && call->kind == 2)
        r = watch_event_before_seq(db, call->run_id, call->number, &call->position.event_id);
    return r;
}

/* The place by the model: right before the first event with a higher number, or the end. */
static int64_t place_after_seq(const struct watcher *watcher, int64_t after_seq)
{
    for (size_t i = 0; i < model.n_events; i++)
        if (model.events[i].run == atoi(watcher->run_id + 3) && model.events[i].seq > after_seq)
            return model.events[i].id - 1;
    return -1;
}

static int64_t newest_change(void)
{
    int64_t change = 0;

    for (int run = 0; run < RUNS; run++)
        if (model.changes[run] > change)
            change = model.changes[run];
    return change;
}

static void place_check(const struct watcher *watcher, const struct position_call *call)
{
    int64_t event_id = call->number;

    if (call->kind == 2)
        event_id = place_after_seq(watcher, call->number);
    if (call->kind == 0 || event_id < 0)
        event_id = model_last_id();
    ck_assert_int_eq(call->position.event_id, event_id);
    ck_assert_int_eq(call->position.change, newest_change());
}

static void watcher_start(struct watcher *watcher, int number)
{
    struct position_call call = {.kind = number % 3};

    *watcher = (struct watcher){.minimum_seq = 0};
    if (number % 4 == 1)
        watcher->filter.repo_path = model_repos[draw(2)];
    if (number % 4 > 1 || call.kind == 2) {
        run_name(draw(RUNS), watcher->run_id);
        watcher->filter.run_id = watcher->run_id;
    }
    if (number % 5 == 1)
        watcher->filter.type = "unit";
    watcher->filter.has_task = number % 7 == 1;
    watcher->filter.task = 1;
    call.run_id = watcher->run_id;
    call.number = call.kind == 2 ? draw(30) : draw(1 + (int)model_last_id());
    ck_assert_int_eq(run_read(position_body, &call), 0);
    watcher->from = watcher->position = call.position;
    place_check(watcher, &call);
    if (call.kind == 2) {
        watcher->minimum_seq = call.number;
        watcher->replay_until = model_last_id();
    }
}

START_TEST(property)
{
    struct watcher watchers[WATCHERS];
    sqlite3 *handle;
    int n_watchers = 0;

    seed = (unsigned int)_i + 1;
    /* What is synced when is another test's matter. */
    fixture.options.synchronous = STORE_SYNC_NORMAL;
    fixture_open();
    handle = raw_open();
    for (int round = 0; round < ROUNDS; round++) {
        bool spoil = draw(5) == 0;

        round_write(spoil);
        model_read(handle, !spoil);
        if (n_watchers < WATCHERS && draw(3) == 0) {
            watcher_start(&watchers[n_watchers], n_watchers);
            n_watchers++;
        }
        for (int i = 0; i < n_watchers; i++) {
            if (draw(3) == 0)
                page_check(&watchers[i]);
            if (draw(4) == 0)
                watchers[i].until = (struct watch_position){model_last_id(), newest_change()};
        }
        arena_clear(&fixture.arena);
    }
    for (int i = 0; i < n_watchers; i++)
        end_check(&watchers[i]);
    ck_assert_int_ge(n_watchers, WATCHERS / 2);
    ck_assert_uint_gt(model.n_events, 200);
    sqlite3_close(handle);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_watch_property");
    TCase *tests = tcase_create("property");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, property, 0, 12);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
