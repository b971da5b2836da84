/* Listing and counting events. */
#include <string.h>

#include "store_events.h"

static void list_fill(void)
{
    static const char *const types[] = {"unit",  "unit.started", "unity.x", "unit-x.y",
                                        "uni",   "unit.a.b",     "unit/x",  "task.started",
                                        "unit0", "unit.started"};
    struct event_new events[10];
    struct append_call call = {.run_id = "r", .events = events, .n_events = 10};

    for (int i = 0; i < 10; i++)
        events[i] = (struct event_new){.type = types[i],
                                       .unit = i % 2 ? "odd" : NULL,
                                       .has_task = i % 3 == 0,
                                       .task = i % 3 == 0 ? i : 7};
    ck_assert_int_eq(run_write(append_body, &call), 0);
    call.run_id = "s";
    ck_assert_int_eq(run_write(append_body, &call), 0);
}

static const struct {
    struct list_call call;
    const char *page;
    int64_t count;
} lists[] = {
    {{.filter = {.run_id = "r"}}, "1 2 3 4 5 6 7 8 9 10 ", 10},
    {{.filter = {.run_id = "r"}, .limit = 3}, "1 2 3 +", 10},
    {{.filter = {.run_id = "r"}, .limit = 10}, "1 2 3 4 5 6 7 8 9 10 ", 10},
    {{.filter = {.run_id = "r"}, .after_seq = 8}, "9 10 ", 10},
    {{.filter = {.run_id = "r"}, .after_seq = INT64_MAX}, "", 10},
    {{.filter = {.run_id = "r"}, .limit = 2, .offset = 3}, "4 5 +", 10},
    {{.filter = {.run_id = "r"}, .limit = 2, .offset = 8}, "9 10 ", 10},
    {{.filter = {.run_id = "r"}, .offset = 10}, "", 10},
    {{.filter = {.run_id = "r", .type = "unit"}}, "1 2 6 10 ", 4},
    {{.filter = {.run_id = "r", .type = "unit"}, .limit = 3, .after_seq = 1}, "2 6 10 ", 4},
    {{.filter = {.run_id = "r", .type = "unit"}, .limit = 2, .after_seq = 1}, "2 6 +", 4},
    {{.filter = {.run_id = "r", .type = "unit.started"}}, "2 10 ", 2},
    {{.filter = {.run_id = "r", .type = "unit.a"}}, "6 ", 1},
    {{.filter = {.run_id = "r", .type = "un"}}, "", 0},
    {{.filter = {.run_id = "r", .unit = "odd"}}, "2 4 6 8 10 ", 5},
    {{.filter = {.run_id = "r", .unit = "od"}}, "", 0},
    {{.filter = {.run_id = "r", .has_task = true, .task = 3}}, "4 ", 1},
    {{.filter = {.run_id = "r", .has_task = true, .task = 7}}, "", 0},
    {{.filter = {.run_id = "r", .type = "unit", .unit = "odd", .has_task = true, .task = 9}},
     "10 ",
     1},
};

START_TEST(list_cases)
{
    struct list_call call = lists[_i].call;

    list_fill();
    ck_assert_str_eq(list_text(&call), lists[_i].page);
    ck_assert_int_eq(call.count, lists[_i].count);
}
END_TEST

START_TEST(list_bytes)
{
    struct event_new events[4];
    struct append_call call = {.run_id = "r", .events = events, .n_events = 4};
    struct list_call list = {.filter = {.run_id = "r"}};
    char payload[1001];

    memset(payload, '1', 1000);
    payload[1000] = '\0';
    for (int i = 0; i < 4; i++)
        events[i] = (struct event_new){.type = "t", .payload = payload};
    ck_assert_int_eq(run_write(append_body, &call), 0);
    list.bytes = 1;
    ck_assert_str_eq(list_text(&list), "1 +");
    list.after_seq = 1;
    list.bytes = 1500;
    ck_assert_str_eq(list_text(&list), "2 3 +");
    list.after_seq = 3;
    list.bytes = 1;
    ck_assert_str_eq(list_text(&list), "4 ");
}
END_TEST

/* What a visitor returns ends the reading and comes out of it. */
START_TEST(list_ended)
{
    struct list_call list = {
        .filter = {.run_id = "r"}, .limit = 10, .bytes = INT64_MAX, .stops_at = 3};

    list_fill();
    list.has_more = true;
    ck_assert_int_eq(run_read(list_body, &list), LIST_STOPPED);
    ck_assert_uint_eq(list.n_events, 3);
    ck_assert_int_eq(list.events[2].seq, 3);
    ck_assert(list.has_more); /* untouched */
    list.stops_at = 0;
    ck_assert_str_eq(list_text(&list), "1 2 3 4 5 6 7 8 9 10 ");
}
END_TEST

static int last_body(struct store_db *db, void *data)
{
    struct event_row *row = data;
    int64_t seq = -1;
    bool found = false;

    ck_assert_int_eq(events_last_seq(db, "nobody", &seq), 0);
    ck_assert_int_eq(seq, 0);
    ck_assert_int_eq(events_last_seq(db, "s", &seq), 0);
    ck_assert_int_eq(seq, 0);
    ck_assert_int_eq(events_last(db, "s", &fixture.arena, &found, row), 0);
    ck_assert(!found);
    ck_assert_int_eq(events_last_seq(db, "r", &seq), 0);
    ck_assert_int_eq(seq, 9);
    ck_assert_int_eq(events_last_seq_of_type(db, "r", "a", &seq), 0);
    ck_assert_int_eq(seq, 7);
    ck_assert_int_eq(events_last_seq_of_type(db, "r", "b.", &seq), 0);
    ck_assert_int_eq(seq, 0);
    ck_assert_int_eq(events_last(db, "r", &fixture.arena, &found, row), 0);
    ck_assert(found);
    return 0;
}

START_TEST(last)
{
    struct event_row row;

    ck_assert_int_eq(append_typed("r", 9, "b.c"), 0);
    ck_assert_int_eq(append_typed("r", 7, "a"), 0);
    ck_assert_int_eq(append_typed("r", 3, "a"), 0);
    ck_assert_int_eq(run_read(last_body, &row), 0);
    ck_assert_str_eq(row.type, "b.c");
    ck_assert_int_eq(row.seq, 9);
}
END_TEST

START_TEST(list_unknown_run)
{
    struct list_call call = {.filter = {.run_id = "nobody"}, .limit = 1, .bytes = 1};

    ck_assert_int_eq(run_read(list_body, &call), STORE_RUN_NOT_FOUND);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_events");
    TCase *tests = tcase_create("events");

    tcase_add_checked_fixture(tests, events_setup, fixture_teardown);
    tcase_add_loop_test(tests, list_cases, 0, sizeof(lists) / sizeof(lists[0]));
    tcase_add_test(tests, list_bytes);
    tcase_add_test(tests, list_ended);
    tcase_add_test(tests, list_unknown_run);
    tcase_add_test(tests, last);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
