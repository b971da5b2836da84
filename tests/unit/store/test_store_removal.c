/* Runs that go: not there from the first step on, gone at the last, the others untouched. */
#include <errno.h>
#include <string.h>

#include "removal.h"
#include "store_events.h"
#include "store_log.h"

#define ENDED "2026-01-01T00:00:00.000000Z"
#define STEP  1000000 /* no step of a test ends by its time */

enum { EVENTS = 3000 };

struct mark_call {
    const char *id;
    const char *ended;
    bool marked;
};

static int mark_body(struct store_db *db, void *data)
{
    struct mark_call *call = data;

    return removal_mark(db, call->id, call->ended, &call->marked);
}

static bool mark(const char *id, const char *ended)
{
    struct mark_call call = {.id = id, .ended = ended};

    ck_assert_int_eq(run_write(mark_body, &call), 0);
    return call.marked;
}

static int step_body(struct store_db *db, void *data)
{
    return removal_step(data, db, STEP);
}

static void step(struct removal_work *work)
{
    ck_assert_int_eq(run_exclusive(step_body, work), 0);
}

static int vacuum_body(struct store_db *db, void *data)
{
    return vacuum_step(data, db, STEP);
}

static int end_body(struct store_db *db, void *data)
{
    struct arena arena = ARENA_INIT;
    struct run_row run;
    int r = runs_get(db, data, &arena, &run);

    run.status = "completed";
    run.completed_at = ENDED;
    if (r == 0)
        r = runs_update(db, &run);
    arena_clear(&arena);
    return r;
}

static int graph_put_body(struct store_db *db, void *data)
{
    return graphs_put(db, data, &(struct graph_row){.nodes = "[]", .edges = "[]", .levels = "[]"});
}

static int get_body(struct store_db *db, void *data)
{
    struct run_row run;

    return runs_get(db, data, &fixture.arena, &run);
}

static int graph_get_body(struct store_db *db, void *data)
{
    struct graph_row graph;

    return graphs_get(db, data, &fixture.arena, &graph);
}

static int pin_body(struct store_db *db, void *data)
{
    return runs_pin(db, data, true);
}

static void fill(const char *run, int events)
{
    char *sql = sqlite3_mprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                                " WHERE i < %d) INSERT INTO events (run_id, seq, time, type, unit,"
                                " payload) SELECT %Q, i, '" NOW
                                "', 't.x', printf('u%%d', i * 7919 %% 1000),"
                                " printf('%%.*c', 200, 'x') FROM n",
                                events, run);

    file_exec(sql);
    sqlite3_free(sql);
}

/* r goes, s stays. */
static void removal_setup(void)
{
    events_setup();
    fill("r", EVENTS);
    fill("s", 100);
    ck_assert_int_eq(run_write(graph_put_body, "r"), 0);
    ck_assert_int_eq(run_write(graph_put_body, "s"), 0);
    ck_assert_int_eq(run_write(end_body, "r"), 0);
    ck_assert_int_eq(append_typed("r", 0, "late"), 0);
}

static void check_gone(void)
{
    ck_assert_int_eq(file_int("SELECT count(*) FROM events WHERE run_id = 'r'"), 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM graphs WHERE run_id = 'r'"), 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM run_changes WHERE run_id = 'r'"), 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs WHERE id = 'r'"), 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM removals"), 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    ck_assert_int_eq(file_int("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    ck_assert_int_eq(file_int("SELECT count(*) FROM events WHERE run_id = 's'"), 100);
    ck_assert_int_eq(file_int("SELECT count(*) FROM graphs WHERE run_id = 's'"), 1);
    ck_assert_int_eq(file_int("SELECT count(*) FROM run_changes WHERE run_id = 's'"), 1);
}

START_TEST(in_steps)
{
    struct removal_work work = {.limit = 0};
    int64_t left = EVENTS + 1;
    int steps = 0;

    ck_assert(mark("r", NULL));
    while (!work.done) {
        int64_t limit = work.limit;
        int64_t now;

        step(&work);
        now = file_int("SELECT count(*) FROM events WHERE run_id = 'r'");
        ck_assert_int_eq(work.events, EVENTS + 1 - now);
        if (steps++ > 0)
            ck_assert_int_le(left - now, limit);
        left = now;
        ck_assert_int_le(steps, EVENTS);
    }
    ck_assert_int_ge(steps, 3);
    ck_assert_int_eq(work.events, EVENTS + 1);
    ck_assert_int_eq(work.runs, 1);
    ck_assert_int_gt(work.bytes, EVENTS * 200);
    check_gone();
}
END_TEST

static int list_runs_body(struct store_db *db, void *data)
{
    struct run_filter filter = {.repo_path = data};
    struct run_page page;
    int64_t count = 0;
    int r = runs_list(db, &filter, NULL, 0, 10, 1 << 20, &fixture.arena, &page);

    if (r == 0)
        r = runs_count(db, &filter, &count);
    if (r != 0)
        return r;
    return page.n_runs == 1 && count == 1 && strcmp(page.runs[0].id, "s") == 0 ? 0 : STORE_FAILED;
}

static int watch_body(struct store_db *db, void *data)
{
    struct event_filter filter = {.run_id = data};
    struct watch_scope scope = {.filter = &filter, .limit = 1000, .bytes = 1 << 20};
    struct watch_page page = {.caught_up = false};
    int64_t oldest = 0;
    int64_t events = 0;
    int r = watch_oldest(db, &oldest);

    while (r == 0 && !page.caught_up) {
        r = watch_page_read(db, &scope, &fixture.arena, &page);
        for (size_t i = 0; r == 0 && i < page.n_events; i++)
            r = strcmp(page.events[i].run_id, "s") == 0 && page.events[i].id >= oldest
                    ? 0
                    : STORE_FAILED;
        for (size_t i = 0; r == 0 && i < page.n_runs; i++)
            r = strcmp(page.runs[i].id, "s") == 0 ? 0 : STORE_FAILED;
        events += (int64_t)page.n_events;
        scope.from = page.position;
    }
    if (r == 0 && events != (data ? 0 : 100))
        r = STORE_FAILED;
    /* The first that is left is the first of s, behind all of r. */
    return r == 0 && oldest != EVENTS + 1 ? STORE_FAILED : r;
}

static int graph_again_body(struct store_db *db, void *data)
{
    return graphs_put(db, data, &(struct graph_row){.nodes = "[1]", .edges = "[]", .levels = "[]"});
}

START_TEST(not_there_from_the_first_step_on)
{
    struct removal_work work = {.limit = 0};
    struct list_call list = {.filter = {.run_id = "r"}, .limit = 10, .bytes = 1000};

    ck_assert(mark("r", NULL));
    for (int round = 0; round < 2; round++) {
        ck_assert_int_eq(run_read(get_body, "r"), STORE_RUN_NOT_FOUND);
        ck_assert_int_eq(run_read(get_body, "s"), 0);
        ck_assert_int_eq(run_read(graph_get_body, "r"), STORE_RUN_NOT_FOUND);
        ck_assert_int_eq(run_read(list_body, &list), STORE_RUN_NOT_FOUND);
        ck_assert_int_eq(run_read(list_runs_body, NULL), 0);
        ck_assert_int_eq(run_read(list_runs_body, "/r"), 0);
        ck_assert_int_eq(run_read(watch_body, NULL), 0);
        ck_assert_int_eq(run_read(watch_body, "r"), 0);
        /* Its last number was kept from the call before. */
        ck_assert_int_eq(append_typed("r", 0, "t"), STORE_RUN_NOT_FOUND);
        ck_assert_int_eq(run_write(graph_again_body, "r"), STORE_RUN_NOT_FOUND);
        ck_assert_int_eq(run_write(end_body, "r"), STORE_RUN_NOT_FOUND);
        ck_assert_int_eq(run_write(pin_body, "r"), STORE_RUN_NOT_FOUND);
        ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), STORE_RUN_EXISTS);
        ck_assert(!mark("r", NULL));
        step(&work);
        ck_assert(!work.done);
    }
    while (!work.done)
        step(&work);
    check_gone();
    /* Its id begins anew. */
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    ck_assert_int_eq(file_int("SELECT seq FROM events WHERE run_id = 'r'"), 1);
}
END_TEST

START_TEST(goes_on_after_a_restart)
{
    struct removal_work work = {.limit = 0};
    struct removal_work rest = {.limit = 0};

    ck_assert(mark("r", NULL));
    step(&work);
    ck_assert(!work.done);
    fixture_close();
    /* What is left is sound, for others too. */
    ck_assert_int_eq(file_int("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM removals"), 1);
    fixture_open();
    ck_assert_int_eq(run_read(get_body, "r"), STORE_RUN_NOT_FOUND);
    while (!rest.done)
        step(&rest);
    ck_assert_int_eq(work.events + rest.events, EVENTS + 1);
    check_gone();
}
END_TEST

/* What was planned is looked at again when its turn comes. */
START_TEST(planned_and_then_kept)
{
    static const char chosen[] = "r\0" ENDED "\0s\0" ENDED "\0none\0" ENDED;
    struct removal_work work = {.chosen = chosen, .size = sizeof(chosen)};

    ck_assert_int_eq(run_write(pin_body, "r"), 0);
    while (!work.done)
        step(&work);
    ck_assert_int_eq(work.runs, 0);
    file_exec("DELETE FROM pins; UPDATE runs SET completed_at = '" NOW "' WHERE id = 'r'");
    work.offset = 0;
    work.done = false;
    while (!work.done)
        step(&work);
    ck_assert_int_eq(work.runs, 0);
    file_exec("UPDATE runs SET completed_at = '" ENDED "' WHERE id = 'r'");
    work.offset = 0;
    work.done = false;
    while (!work.done)
        step(&work);
    ck_assert_int_eq(work.runs, 1);
    check_gone();
}
END_TEST

START_TEST(gives_the_disk_back)
{
    struct removal_work work = {.limit = 0};
    struct vacuum_work vacuum = {.limit = 0};
    int64_t before;

    file_exec("UPDATE events SET payload = printf('%.*c', 1500, 'x') WHERE run_id = 'r'");
    ck_assert_int_eq(file_int("PRAGMA auto_vacuum"), 2);
    before = file_int("PRAGMA page_count");
    ck_assert(mark("r", NULL));
    while (!work.done)
        step(&work);
    ck_assert_int_eq(file_int("PRAGMA page_count"), before);
    while (!vacuum.done)
        ck_assert_int_eq(run_exclusive(vacuum_body, &vacuum), 0);
    ck_assert(!vacuum.impossible);
    ck_assert_int_eq(vacuum.bytes, (before - file_int("PRAGMA page_count")) * 4096);
    ck_assert_int_gt(vacuum.bytes, 0);
    ck_assert_int_le(file_int("PRAGMA freelist_count"), 256);
    check_gone();
}
END_TEST

START_TEST(database_of_others)
{
    struct vacuum_work vacuum = {.limit = 0};

    version_1_create();
    fixture_open();
    ck_assert_int_eq(run_exclusive(vacuum_body, &vacuum), 0);
    ck_assert(vacuum.done);
    ck_assert(vacuum.impossible);
}
END_TEST

START_TEST(disk_is_full)
{
    struct removal_work work = {.limit = 0};

    ck_assert_int_eq(append_typed("r", 0, "t"), 0);
    ck_assert_int_eq(run_write(end_body, "r"), 0);
    ck_assert(mark("r", NULL));
    log_fault = ENOSPC;
    log_writes_good = 0;
    ck_assert_int_eq(run_exclusive(step_body, &work), STORE_FULL);
    ck_assert_int_eq(work.events + work.runs, 0);
    ck_assert(!work.done);
    log_writes_good = -1;
    step(&work);
    ck_assert(work.done);
    ck_assert_int_eq(work.events, 1);
    ck_assert_int_eq(work.runs, 1);
    log_check(0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_removal");
    TCase *tests = tcase_create("removal");
    TCase *bare = tcase_create("bare");
    TCase *full = tcase_create("full");

    tcase_add_checked_fixture(tests, removal_setup, fixture_teardown);
    tcase_add_test(tests, in_steps);
    tcase_add_test(tests, not_there_from_the_first_step_on);
    tcase_add_test(tests, goes_on_after_a_restart);
    tcase_add_test(tests, planned_and_then_kept);
    tcase_add_test(tests, gives_the_disk_back);
    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(bare, fixture_setup, fixture_teardown);
    tcase_add_test(bare, database_of_others);
    suite_add_tcase(suite, bare);
    tcase_add_checked_fixture(full, log_setup, fixture_teardown);
    tcase_add_test(full, disk_is_full);
    suite_add_tcase(suite, full);
    return suite_run(suite);
}
