/* Appending events: what is new, what is known, what contradicts. */
#include <string.h>

#include "store_events.h"

enum { CALL_EVENTS = 8 };

/* What is stored of a run, then a call, and what comes of it. */
static const struct append_case {
    const char *name;
    struct event_new stored[CALL_EVENTS];
    struct event_new call[CALL_EVENTS];
    int result;
    struct events_appended appended;
} cases[] = {
#define E(n, ...)                                                                                  \
    {                                                                                              \
        .has_seq = true, .seq = n, .type = "t", __VA_ARGS__                                        \
    }
    {"first", {{0}}, {E(1)}, 0, {1, 1, 1, 0, 0}},
    {"gap", {E(1)}, {E(5), E(9)}, 0, {5, 9, 2, 0, 0}},
    {"late lower", {E(5)}, {E(3)}, 0, {3, 3, 1, 0, 0}},
    {"falling", {{0}}, {E(3), E(2), E(1)}, 0, {1, 3, 3, 0, 0}},
    {"again", {E(1), E(2)}, {E(1), E(2)}, 0, {1, 2, 0, 2, 0}},
    {"overlap", {E(1), E(2)}, {E(2), E(3)}, 0, {2, 3, 1, 1, 0}},
    {"between", {E(1), E(5)}, {E(3), E(5), E(7)}, 0, {3, 7, 2, 1, 0}},
    {"twice in one call", {{0}}, {E(1), E(1)}, 0, {1, 1, 1, 1, 0}},
    {"twice, apart", {{0}}, {E(2), E(1), E(2), E(2)}, 0, {1, 2, 2, 2, 0}},
    {"twice and stored", {E(1)}, {E(1), E(1)}, 0, {1, 1, 0, 2, 0}},
    {"highest", {{0}}, {E(INT64_MAX)}, 0, {INT64_MAX, INT64_MAX, 1, 0, 0}},
    {"highest again", {E(INT64_MAX)}, {E(INT64_MAX)}, 0, {INT64_MAX, INT64_MAX, 0, 1, 0}},
    {"all fields",
     {E(1, .unit = "u", .has_task = true, .task = INT64_MIN, .has_pr = true, .payload = "{}",
        .error = "e", .time = LATER)},
     {E(1, .unit = "u", .has_task = true, .task = INT64_MIN, .has_pr = true, .payload = "{}",
        .error = "e", .time = LATER)},
     0,
     {1, 1, 0, 1, 0}},
    {"time left out", {E(1, .time = LATER)}, {E(1)}, 0, {1, 1, 0, 1, 0}},
    {"time was left out", {E(1)}, {E(1, .time = NOW)}, 0, {1, 1, 0, 1, 0}},
    {"time in one of two", {{0}}, {E(1), E(1, .time = LATER)}, 0, {1, 1, 1, 1, 0}},
    {"other time",
     {E(1, .time = NOW)},
     {E(1, .time = LATER)},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"two times",
     {{0}},
     {E(1), E(1, .time = NOW), E(1, .time = LATER)},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"other unit",
     {E(1, .unit = "u")},
     {E(1, .unit = "v")},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"unit left out", {E(1, .unit = "u")}, {E(1)}, STORE_SEQUENCE_CONFLICT, {.conflict_seq = 1}},
    {"unit more", {E(1)}, {E(1, .unit = "u")}, STORE_SEQUENCE_CONFLICT, {.conflict_seq = 1}},
    {"unit empty", {E(1)}, {E(1, .unit = "")}, STORE_SEQUENCE_CONFLICT, {.conflict_seq = 1}},
    {"other task",
     {E(1, .has_task = true, .task = 1)},
     {E(1, .has_task = true, .task = 2)},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"task 0 and none",
     {E(1)},
     {E(1, .has_task = true)},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"other pr", {E(1, .has_pr = true)}, {E(1)}, STORE_SEQUENCE_CONFLICT, {.conflict_seq = 1}},
    {"payload as text",
     {E(1, .payload = "1")},
     {E(1, .payload = "1.0")},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"other error",
     {E(1, .error = "a")},
     {E(1, .error = "A")},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"conflict in one call",
     {{0}},
     {E(2), E(1, .unit = "a"), E(1)},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    /* Of several the first in the call is named, not the lowest. */
    {"first of the call",
     {E(1), E(2), E(3)},
     {E(9), E(3, .unit = "x"), E(1, .unit = "x")},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 3}},
    {"first of the call, rising",
     {E(1), E(3)},
     {E(1, .unit = "x"), E(3, .unit = "x")},
     STORE_SEQUENCE_CONFLICT,
     {.conflict_seq = 1}},
    {"known behind new", {E(1)}, {E(5), E(1)}, 0, {1, 5, 1, 1, 0}},
    {"each its time", {{0}}, {E(2, .time = LATER), E(1)}, 0, {1, 2, 2, 0, 0}},
    {"numbered", {E(1), E(7)}, {{.type = "t"}, {.type = "t"}}, 0, {8, 9, 2, 0, 0}},
    {"numbered from 1", {{0}}, {{.type = "t"}}, 0, {1, 1, 1, 0, 0}},
    {"last number", {E(INT64_MAX - 1)}, {{.type = "t"}}, 0, {INT64_MAX, INT64_MAX, 1, 0, 0}},
    {"exhausted", {E(INT64_MAX)}, {{.type = "t"}}, STORE_SEQUENCE_EXHAUSTED, {0}},
    {"exhausted by one",
     {E(INT64_MAX - 1)},
     {{.type = "t"}, {.type = "t"}},
     STORE_SEQUENCE_EXHAUSTED,
     {0}},
#undef E
};

static size_t events_given(const struct event_new *events)
{
    size_t n = 0;

    while (n < CALL_EVENTS && events[n].type)
        n++;
    return n;
}

START_TEST(append_cases)
{
    const struct append_case *one = &cases[_i];
    struct append_call call = {.run_id = "r", .events = one->stored};
    struct list_call before = {.filter = {.run_id = "r"}};
    struct list_call after = {.filter = {.run_id = "r"}};

    call.n_events = events_given(one->stored);
    if (call.n_events > 0)
        ck_assert_int_eq(run_write(append_body, &call), 0);
    list_text(&before);
    call = (struct append_call){.run_id = "r", .events = one->call};
    call.n_events = events_given(one->call);
    ck_assert_msg(run_write(append_body, &call) == one->result, "%s", one->name);
    if (one->result == STORE_SEQUENCE_CONFLICT)
        ck_assert_int_eq(call.appended.conflict_seq, one->appended.conflict_seq);
    list_text(&after);
    if (one->result != 0) {
        ck_assert_int_eq(after.count, before.count);
        return;
    }
    ck_assert_msg(memcmp(&call.appended, &one->appended, sizeof(call.appended)) == 0, "%s",
                  one->name);
    ck_assert_int_eq(after.count, before.count + one->appended.inserted);
    if (!one->call[0].has_seq)
        return;
    /* Whatever it was: sent again, all of it is known. */
    ck_assert_msg(run_write(append_body, &call) == 0, "%s", one->name);
    ck_assert_int_eq(call.appended.inserted, 0);
    ck_assert_int_eq(call.appended.duplicates, (int64_t)call.n_events);
}
END_TEST

START_TEST(append_unknown_run)
{
    ck_assert_int_eq(append_typed("nobody", 1, "t"), STORE_RUN_NOT_FOUND);
    ck_assert_int_eq(append_typed("nobody", 0, "t"), STORE_RUN_NOT_FOUND);
}
END_TEST

/* Every field comes back as it was given, and under the id that follows. */
START_TEST(append_exact)
{
    struct event_new event = {.has_seq = true,
                              .seq = 9007199254740993,
                              .time = LATER,
                              .type = "unit.started",
                              .unit = "'; DROP TABLE events; -- %n \xe2\x80\xae",
                              .has_task = true,
                              .task = INT64_MIN,
                              .has_pr = true,
                              .pr = INT64_MAX,
                              .payload = "{\"b\":1e400,\"a\":9007199254740993}",
                              .error = ""};
    struct append_call call = {.run_id = "r", .events = &event, .n_events = 1};
    struct list_call list = {.filter = {.run_id = "r"}};
    const struct event_row *row;

    ck_assert_int_eq(run_write(append_body, &call), 0);
    ck_assert_str_eq(list_text(&list), "9007199254740993 ");
    row = &list.events[0];
    ck_assert_int_eq(row->id, 1);
    ck_assert_str_eq(row->run_id, "r");
    ck_assert_str_eq(row->time, LATER);
    ck_assert_str_eq(row->type, event.type);
    ck_assert_str_eq(row->unit, event.unit);
    ck_assert(row->has_task && row->task == INT64_MIN);
    ck_assert(row->has_pr && row->pr == INT64_MAX);
    ck_assert_str_eq(row->payload, event.payload);
    ck_assert_str_eq(row->error, "");
}
END_TEST

/* The ids follow the call's order, whatever the numbers. */
START_TEST(append_order)
{
    struct event_new events[1000];
    struct append_call call = {.run_id = "r", .events = events, .n_events = 1000};
    struct list_call list = {.filter = {.run_id = "r"}, .limit = 1000, .bytes = INT64_MAX};

    for (int i = 0; i < 1000; i++)
        events[i] = (struct event_new){.has_seq = true, .seq = (i * 389) % 1000 + 1, .type = "t"};
    ck_assert_int_eq(run_write(append_body, &call), 0);
    ck_assert_int_eq(call.appended.inserted, 1000);
    ck_assert_int_eq(run_read(list_body, &list), 0);
    ck_assert_uint_eq(list.n_events, 1000);
    for (int i = 0; i < 1000; i++) {
        const struct event_row *row = &list.events[events[i].seq - 1];

        ck_assert_int_eq(row->id, i + 1);
        ck_assert_int_eq(row->seq, events[i].seq);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_append");
    TCase *tests = tcase_create("append");

    tcase_add_checked_fixture(tests, events_setup, fixture_teardown);
    tcase_add_loop_test(tests, append_cases, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tests, append_unknown_run);
    tcase_add_test(tests, append_exact);
    tcase_add_test(tests, append_order);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
