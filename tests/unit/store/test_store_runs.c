/* Rows of runs and graphs: written, changed, listed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store_fixture.h"

#define AT(n) "2026-01-20T14:30:0" #n ".000000Z"

static void setup(void)
{
    fixture_setup();
    fixture_open();
}

static int insert_body(struct store_db *db, void *data)
{
    return runs_insert(db, data);
}

static int update_body(struct store_db *db, void *data)
{
    return runs_update(db, data);
}

struct get_call {
    const char *id;
    struct run_row row;
};

static int get_body(struct store_db *db, void *data)
{
    struct get_call *call = data;

    return runs_get(db, call->id, &fixture.arena, &call->row);
}

static void row_check(const struct run_row *left, const struct run_row *right)
{
    ck_assert_str_eq(left->id, right->id);
    ck_assert_str_eq(left->repo_path, right->repo_path);
    ck_assert_str_eq(left->started_at, right->started_at);
    ck_assert_pstr_eq(left->completed_at, right->completed_at);
    ck_assert_str_eq(left->status, right->status);
    ck_assert_int_eq(left->parallelism, right->parallelism);
    ck_assert_int_eq(left->total_units, right->total_units);
    ck_assert_int_eq(left->completed_units, right->completed_units);
    ck_assert_int_eq(left->failed_units, right->failed_units);
    ck_assert_int_eq(left->blocked_units, right->blocked_units);
    ck_assert_pstr_eq(left->error, right->error);
    ck_assert_pstr_eq(left->tasks_dir, right->tasks_dir);
    ck_assert_int_eq(left->dry_run, right->dry_run);
    ck_assert_int_eq(left->last_seq, right->last_seq);
}

START_TEST(exact)
{
    struct run_row row = {.id = "run'1",
                          .repo_path = "/r\xc3\xa9po \"x\"",
                          .started_at = AT(1),
                          .status = "running",
                          .parallelism = INT64_MAX,
                          .total_units = 9007199254740993,
                          .completed_units = 1,
                          .failed_units = 2,
                          .blocked_units = 3,
                          .tasks_dir = "",
                          .dry_run = true};
    struct get_call get = {.id = row.id};

    ck_assert_int_eq(run_read(get_body, &get), STORE_RUN_NOT_FOUND);
    ck_assert_int_eq(run_write(insert_body, &row), 0);
    ck_assert_int_eq(run_write(insert_body, &row), STORE_RUN_EXISTS);
    ck_assert_int_eq(run_read(get_body, &get), 0);
    row_check(&get.row, &row);
    row.completed_at = AT(2);
    row.status = "failed";
    row.error = "no %s";
    row.tasks_dir = NULL;
    row.dry_run = false;
    row.parallelism = 0;
    row.total_units = 4;
    row.completed_units = 5;
    row.failed_units = 6;
    row.blocked_units = 7;
    ck_assert_int_eq(run_write(update_body, &row), 0);
    ck_assert_int_eq(append_typed(row.id, 12, "x"), 0);
    row.last_seq = 12;
    ck_assert_int_eq(run_read(get_body, &get), 0);
    row_check(&get.row, &row);
}
END_TEST

/* Three columns are not the update's to change. */
START_TEST(update_keeps)
{
    struct run_row row = {
        .id = "a", .repo_path = "/other", .started_at = AT(9), .status = "failed"};
    struct get_call get = {.id = "a"};

    ck_assert_int_eq(run_write(update_body, &row), STORE_RUN_NOT_FOUND);
    ck_assert_int_eq(insert_run("a", "/r", AT(1), "running"), 0);
    ck_assert_int_eq(run_write(update_body, &row), 0);
    ck_assert_int_eq(run_read(get_body, &get), 0);
    ck_assert_str_eq(get.row.repo_path, "/r");
    ck_assert_str_eq(get.row.started_at, AT(1));
    ck_assert_str_eq(get.row.status, "failed");
}
END_TEST

START_TEST(changes_counted)
{
    struct run_row row = {
        .id = "a", .repo_path = "/r", .started_at = AT(1), .status = "running", .parallelism = 1};

    ck_assert_int_eq(state_now().last_change, 0);
    ck_assert_int_eq(run_write(insert_body, &row), 0);
    ck_assert_int_eq(state_now().last_change, 1);
    ck_assert_int_eq(state_now().runs_running, 1);
    ck_assert_int_eq(run_write(insert_body, &row), STORE_RUN_EXISTS);
    ck_assert_int_eq(run_write(update_body, &row), 0);
    ck_assert_int_eq(state_now().last_change, 1);
    row.error = "";
    ck_assert_int_eq(run_write(update_body, &row), 0);
    ck_assert_int_eq(state_now().last_change, 2);
    row.error = NULL;
    row.status = "failed";
    ck_assert_int_eq(run_write(update_body, &row), 0);
    ck_assert_int_eq(state_now().last_change, 3);
    ck_assert_int_eq(state_now().runs_running, 0);
    row.status = "running";
    ck_assert_int_eq(run_write(update_body, &row), 0);
    ck_assert_int_eq(insert_run("b", "/r", AT(1), "running"), 0);
    ck_assert_int_eq(insert_run("c", "/r", AT(1), "completed"), 0);
    ck_assert_int_eq(state_now().runs_running, 2);
    ck_assert_int_eq(append_typed("a", 0, "x"), 0);
    ck_assert_int_eq(state_now().last_change, 6);
    ck_assert_int_eq(state_now().last_event_id, 1);
    ck_assert_int_eq(state_now().events_appended, 1);
    fixture_close();
    fixture_open();
    ck_assert_int_eq(state_now().last_change, 6);
    ck_assert_int_eq(state_now().last_event_id, 1);
    ck_assert_int_eq(state_now().runs_running, 2);
    ck_assert_int_eq(state_now().events_appended, 0);
}
END_TEST

/* What an operator wrote meanwhile counts from the next commit on. */
START_TEST(operator_writes)
{
    ck_assert_int_eq(insert_run("a", "/r", AT(1), "running"), 0);
    file_exec("UPDATE runs SET status = 'failed'; INSERT INTO runs (id, repo_path, started_at)"
              " VALUES ('x', '/r', 't'), ('y', '/r', 't');"
              "INSERT INTO events (run_id, seq, time, type) VALUES ('x', 1, 't', 'y')");
    ck_assert_int_eq(insert_run("b", "/r", AT(1), "running"), 0);
    ck_assert_int_eq(state_now().runs_running, 3);
    ck_assert_int_eq(state_now().last_event_id, 1);
    file_exec("PRAGMA foreign_keys = ON; DELETE FROM runs WHERE id = 'b'");
    ck_assert_int_eq(insert_run("c", "/r", AT(1), "running"), 0);
    ck_assert_int_eq(state_now().last_change, 3);
    ck_assert_int_eq(state_now().runs_running, 3);
}
END_TEST

/* --- listing -----------------------------------------------------------------------------------
 */

enum { RUNS = 60 };

struct list_call {
    struct run_filter filter;
    bool has_cursor;
    struct run_cursor cursor;
    int64_t offset;
    int64_t limit;
    struct run_page page;
    int64_t count;
};

static int list_body(struct store_db *db, void *data)
{
    struct list_call *call = data;
    int r = runs_list(db, &call->filter, call->has_cursor ? &call->cursor : NULL, call->offset,
                      call->limit, INT64_MAX, &fixture.arena, &call->page);

    return r != 0 ? r : runs_count(db, &call->filter, &call->count);
}

/* Row `i`: few different times, so that the id often decides. */
static struct run_row list_row(int i)
{
    static const char *const times[] = {AT(1), AT(2), AT(3)};
    static const char *const statuses[] = {"running", "failed"};
    static const char *const repos[] = {"/a", "/b", "/a/b"};
    static char ids[RUNS][8];

    snprintf(ids[i], sizeof(ids[i]), "r%02d", (i * 37) % RUNS);
    return (struct run_row){.id = ids[i],
                            .repo_path = repos[i % 3],
                            .started_at = times[(i / 7) % 3],
                            .status = statuses[(i / 2) % 2]};
}

static bool row_passes(const struct run_filter *filter, const struct run_row *row)
{
    return (!filter->repo_path || strcmp(filter->repo_path, row->repo_path) == 0) &&
           (!filter->status || strcmp(filter->status, row->status) == 0) &&
           (!filter->started_after || strcmp(row->started_at, filter->started_after) > 0) &&
           (!filter->started_before || strcmp(row->started_at, filter->started_before) < 0);
}

static int row_compare(const void *left, const void *right)
{
    const struct run_row *a = left;
    const struct run_row *b = right;
    int r = strcmp(b->started_at, a->started_at);

    return r ? r : strcmp(b->id, a->id);
}

static size_t list_expected(const struct run_filter *filter, struct run_row rows[RUNS])
{
    size_t n_rows = 0;

    for (int i = 0; i < RUNS; i++) {
        rows[n_rows] = list_row(i);
        n_rows += row_passes(filter, &rows[n_rows]);
    }
    qsort(rows, n_rows, sizeof(rows[0]), row_compare);
    return n_rows;
}

static void page_check(const struct list_call *call, const struct run_row *expected, size_t n_left)
{
    size_t n_page = n_left < (size_t)call->limit ? n_left : (size_t)call->limit;

    ck_assert_uint_eq(call->page.n_runs, n_page);
    ck_assert_int_eq(call->page.has_more, n_left > n_page);
    for (size_t i = 0; i < n_page; i++)
        ck_assert_str_eq(call->page.runs[i].id, expected[i].id);
}

/* All pages of a filter, by cursor and by offset. */
static void list_check(const struct run_filter *filter, int64_t limit)
{
    struct run_row expected[RUNS];
    size_t n_expected = list_expected(filter, expected);
    struct list_call call = {.filter = *filter, .limit = limit};
    struct list_call by_offset = {.filter = *filter, .limit = limit};
    size_t at = 0;

    do {
        ck_assert_int_eq(run_read(list_body, &call), 0);
        ck_assert_int_eq(call.count, (int64_t)n_expected);
        page_check(&call, expected + at, n_expected - at);
        by_offset.offset = (int64_t)at;
        ck_assert_int_eq(run_read(list_body, &by_offset), 0);
        page_check(&by_offset, expected + at, n_expected - at);
        at += call.page.n_runs;
        if (at > 0) {
            call.has_cursor = true;
            call.cursor.started_at = call.page.runs[call.page.n_runs - 1].started_at;
            call.cursor.id = call.page.runs[call.page.n_runs - 1].id;
        }
    } while (call.page.has_more);
    ck_assert_uint_eq(at, n_expected);
    arena_clear(&fixture.arena);
}

START_TEST(list)
{
    static const char *const repos[] = {NULL, "/a", "/b", "/none"};
    static const char *const statuses[] = {NULL, "running", "failed", "stopped"};
    static const char *const times[] = {
        NULL, AT(1), AT(2), AT(3), "0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"};
    static const int64_t limits[] = {1, 7, 1000};

    for (int i = 0; i < RUNS; i++) {
        struct run_row row = list_row(i);

        ck_assert_int_eq(run_write(insert_body, &row), 0);
    }
    for (int i = 0; i < 4 * 4 * 6 * 6; i++) {
        struct run_filter filter = {.repo_path = repos[i % 4],
                                    .status = statuses[i / 4 % 4],
                                    .started_after = times[i / 16 % 6],
                                    .started_before = times[i / 96]};

        list_check(&filter, limits[i % 3]);
    }
}
END_TEST

/* A cursor beyond `started_before` does not reach back over it. */
START_TEST(list_cursor_and_bound)
{
    struct list_call call = {.filter = {.started_before = AT(2)},
                             .has_cursor = true,
                             .cursor = {.started_at = AT(3), .id = "z"},
                             .limit = 10};

    ck_assert_int_eq(insert_run("a", "/r", AT(1), "running"), 0);
    ck_assert_int_eq(insert_run("b", "/r", AT(2), "running"), 0);
    ck_assert_int_eq(run_read(list_body, &call), 0);
    ck_assert_uint_eq(call.page.n_runs, 1);
    ck_assert_str_eq(call.page.runs[0].id, "a");
}
END_TEST

/* --- graphs ------------------------------------------------------------------------------------
 */

struct graph_call {
    const char *run_id;
    struct graph_row row;
};

static int put_body(struct store_db *db, void *data)
{
    struct graph_call *call = data;

    return graphs_put(db, call->run_id, &call->row);
}

static int get_graph_body(struct store_db *db, void *data)
{
    struct graph_call *call = data;

    return graphs_get(db, call->run_id, &fixture.arena, &call->row);
}

START_TEST(graphs)
{
    struct graph_call put = {"a", {"[1]", "[2]", "[3]"}};
    struct graph_call get = {"a", {NULL, NULL, NULL}};

    ck_assert_int_eq(run_write(put_body, &put), STORE_RUN_NOT_FOUND);
    ck_assert_int_eq(run_read(get_graph_body, &get), STORE_RUN_NOT_FOUND);
    ck_assert_int_eq(insert_run("a", "/r", AT(1), "running"), 0);
    ck_assert_int_eq(run_read(get_graph_body, &get), STORE_GRAPH_NOT_FOUND);
    ck_assert_int_eq(run_write(put_body, &put), 0);
    put.row = (struct graph_row){"[{\"id\":9007199254740993}]", "[4]", "[5]"};
    ck_assert_int_eq(run_write(put_body, &put), 0);
    ck_assert_int_eq(run_read(get_graph_body, &get), 0);
    ck_assert_str_eq(get.row.nodes, put.row.nodes);
    ck_assert_str_eq(get.row.edges, "[4]");
    ck_assert_str_eq(get.row.levels, "[5]");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_runs");
    TCase *tests = tcase_create("runs");

    tcase_add_checked_fixture(tests, setup, fixture_teardown);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, exact);
    tcase_add_test(tests, update_keeps);
    tcase_add_test(tests, changes_counted);
    tcase_add_test(tests, operator_writes);
    tcase_add_test(tests, list);
    tcase_add_test(tests, list_cursor_and_bound);
    tcase_add_test(tests, graphs);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
