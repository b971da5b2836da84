/* How far a page of a watcher goes, and where it starts. */
#include "store_fixture.h"

#define NOW "2026-01-20T14:30:52.000000Z"

struct watcher {
    struct event_filter filter;
    struct watch_position position;
    struct watch_page page;
};

static int page_body(struct store_db *db, void *data)
{
    struct watcher *watcher = data;

    const struct watch_scope scope = {
        .filter = &watcher->filter, .from = watcher->position, .limit = 100, .bytes = INT64_MAX};

    return watch_page_read(db, &scope, &fixture.arena, &watcher->page);
}

static int many_body(struct store_db *db, void *data)
{
    static struct event_new events[5000];
    struct events_appended appended;

    for (int i = 0; i < 5000; i++)
        events[i] = (struct event_new){.type = i == 4999 ? data : "noise"};
    return events_append(db, "r", events, 5000, NOW, &appended);
}

static void bounds_page(struct watcher *watcher, size_t n_events, int64_t event_id, bool caught_up)
{
    ck_assert_int_eq(run_read(page_body, watcher), 0);
    ck_assert_uint_eq(watcher->page.n_events, n_events);
    ck_assert_int_eq(watcher->page.position.event_id, event_id);
    ck_assert_int_eq(watcher->page.caught_up, caught_up);
    watcher->position = watcher->page.position;
}

/* A filter that lets next to nothing pass is worked off in pages, too. */
START_TEST(bounded)
{
    struct watcher watcher = {.filter = {.type = "rare"}};

    fixture_open();
    ck_assert_int_eq(insert_run("r", "/a", NOW, "running"), 0);
    ck_assert_int_eq(run_write(many_body, "rare"), 0);
    ck_assert_int_eq(run_write(many_body, "noise"), 0);
    if (_i == 1)
        watcher.filter.run_id = "r";
    if (_i == 2)
        watcher.filter = (struct event_filter){.repo_path = "/other"};
    bounds_page(&watcher, 0, 4096, false);
    bounds_page(&watcher, _i == 2 ? 0 : 1, 8192, false);
    bounds_page(&watcher, 0, 10000, true);
    bounds_page(&watcher, 0, 10000, true);
}
END_TEST

START_TEST(run_jumps)
{
    struct watcher watcher = {.filter = {.run_id = "s"}};

    fixture_open();
    ck_assert_int_eq(insert_run("r", "/a", NOW, "running"), 0);
    ck_assert_int_eq(insert_run("s", "/a", NOW, "running"), 0);
    ck_assert_int_eq(run_write(many_body, "rare"), 0);
    ck_assert_int_eq(append_typed("s", 0, "x"), 0);
    bounds_page(&watcher, 1, 5001, true);
    ck_assert_uint_eq(watcher.page.n_runs, 1);
    ck_assert_str_eq(watcher.page.runs[0].id, "s");
    ck_assert_int_eq(watcher.page.runs[0].last_seq, 1);
    ck_assert_int_eq(watcher.page.position.change, 2);
}
END_TEST

static int oldest_body(struct store_db *db, void *data)
{
    return watch_oldest(db, data);
}

static int now_body(struct store_db *db, void *data)
{
    return watch_position_now(db, data);
}

/* Deleting the newest events gives no id twice, and no place behind the end. */
START_TEST(deleted)
{
    struct watch_position now;
    int64_t oldest = 0;

    fixture_open();
    ck_assert_int_eq(run_read(oldest_body, &oldest), 0);
    ck_assert_int_eq(oldest, 1);
    ck_assert_int_eq(insert_run("r", "/a", NOW, "running"), 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(append_typed("r", 0, "x"), 0);
    file_exec("DELETE FROM events WHERE id < 3");
    ck_assert_int_eq(run_read(oldest_body, &oldest), 0);
    ck_assert_int_eq(oldest, 3);
    file_exec("DELETE FROM events");
    ck_assert_int_eq(run_read(oldest_body, &oldest), 0);
    ck_assert_int_eq(oldest, 6);
    ck_assert_int_eq(run_read(now_body, &now), 0);
    ck_assert_int_eq(now.event_id, 5);
    ck_assert_int_eq(append_typed("r", 0, "x"), 0);
    ck_assert_int_eq(file_int("SELECT max(id) FROM events"), 6);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_watch");
    TCase *tests = tcase_create("watch");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_loop_test(tests, bounded, 0, 3);
    tcase_add_test(tests, run_jumps);
    tcase_add_test(tests, deleted);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
