/* What the rules of retention select. */
#include <stdio.h>
#include <string.h>

#include "removal.h"
#include "store_events.h"

#define CUTOFF "2026-01-20T00:00:00.000000Z"

struct plan_call {
    struct removal_plan *plan;
    int64_t microseconds;
    int steps;
};

static int plan_body(struct store_db *db, void *data)
{
    struct plan_call *call = data;

    return removal_plan_step(call->plan, db, call->microseconds);
}

/* Runs a plan to its end and returns the ids it chose, in order, with blanks between. */
static const char *planned_in(struct removal_plan *plan, int64_t microseconds)
{
    struct plan_call call = {.plan = plan, .microseconds = microseconds};
    struct buffer text = BUFFER_INIT;
    const char *at;
    char *copy;

    while (plan->stage != PLAN_DONE)
        ck_assert_int_eq(run_read(plan_body, &call), 0);
    at = plan->chosen.data;
    for (size_t i = 0; i < plan->n_chosen; i++) {
        buffer_append_text(&text, at);
        buffer_append_char(&text, ' ');
        at += strlen(at) + 1;
        at += strlen(at) + 1;
    }
    buffer_append_char(&text, '\0');
    ck_assert(!text.failed);
    copy = arena_strdup(&fixture.arena, text.data);
    buffer_clear(&text);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

static const char *planned(const struct removal_rules *rules, struct removal_plan *ret_plan)
{
    struct removal_plan plan;
    const char *text;

    removal_plan_init(&plan, rules, true, 1000);
    text = planned_in(&plan, 1000000);
    if (ret_plan)
        *ret_plan = plan;
    removal_plan_clear(&plan);
    return text;
}

static struct removal_rules rules_of(const char *before, int64_t runs, int64_t bytes)
{
    struct removal_rules rules = {.runs_per_repo = runs, .database_bytes = bytes};

    strcpy(rules.ended_before, before);
    return rules;
}

/* A run that ended then, or is without an end. */
static void make_run(const char *id, const char *repo, const char *ended, const char *status)
{
    ck_assert_int_eq(insert_run(id, repo, "2026-01-01T00:00:00.000000Z", status), 0);
    if (ended) {
        char *sql = sqlite3_mprintf("UPDATE runs SET completed_at = %Q WHERE id = %Q", ended, id);

        file_exec(sql);
        sqlite3_free(sql);
    }
}

static int pin_body(struct store_db *db, void *data)
{
    return runs_pin(db, data, true);
}

static void pin(char *id)
{
    ck_assert_int_eq(run_write(pin_body, id), 0);
}

START_TEST(by_age)
{
    struct removal_rules rules = rules_of(CUTOFF, 0, 0);
    struct removal_plan plan;

    make_run("edge", "/a", CUTOFF, "completed");
    make_run("before", "/a", "2026-01-19T23:59:59.999999Z", "failed");
    make_run("oldest", "/b", "2025-01-01T00:00:00.000000Z", "stopped");
    make_run("pinned", "/b", "2025-01-01T00:00:00.000000Z", "stopped");
    make_run("runs", "/b", NULL, "running");
    make_run("resumed", "/b", "2025-01-01T00:00:00.000000Z", "running");
    make_run("endless", "/b", NULL, "completed");
    pin("pinned");
    /* A run that ended at an unknown time counts from its start. */
    ck_assert_str_eq(planned(&rules, &plan), "oldest endless before ");
    ck_assert_int_eq(plan.runs[REMOVAL_BY_AGE], 3);
    ck_assert_int_eq(plan.runs[REMOVAL_BY_COUNT] + plan.runs[REMOVAL_BY_SIZE], 0);
    rules = rules_of("", 0, 0);
    ck_assert_str_eq(planned(&rules, NULL), "");
}
END_TEST

START_TEST(by_number)
{
    struct removal_rules rules = rules_of("", 2, 0);
    struct removal_plan plan;

    make_run("a1", "/a", "2026-01-01T00:00:00.000000Z", "completed");
    make_run("a3", "/a", "2026-01-03T00:00:00.000000Z", "completed");
    /* Where several ended at once, the higher ids are the newer ones. */
    make_run("a2y", "/a", "2026-01-02T00:00:00.000000Z", "completed");
    make_run("a2x", "/a", "2026-01-02T00:00:00.000000Z", "completed");
    make_run("a9", "/a", "2026-01-09T00:00:00.000000Z", "completed");
    make_run("runs", "/a", NULL, "running");
    make_run("b1", "/b", "2026-01-01T00:00:00.000000Z", "completed");
    make_run("b2", "/b", "2026-01-02T00:00:00.000000Z", "completed");
    make_run("c1", "/c", "2026-01-01T00:00:00.000000Z", "completed");
    pin("a9");
    ck_assert_str_eq(planned(&rules, &plan), "a1 a2x ");
    ck_assert_int_eq(plan.runs[REMOVAL_BY_COUNT], 2);
    rules = rules_of("", 1, 0);
    ck_assert_str_eq(planned(&rules, NULL), "a1 a2x a2y b1 ");
    rules = rules_of("", 4, 0);
    ck_assert_str_eq(planned(&rules, NULL), "");
    /* A run counts for the first rule that selects it. */
    rules = rules_of("2026-01-02T00:00:00.000000Z", 2, 0);
    ck_assert_str_eq(planned(&rules, &plan), "a1 b1 c1 a2x ");
    ck_assert_int_eq(plan.runs[REMOVAL_BY_AGE], 3);
    ck_assert_int_eq(plan.runs[REMOVAL_BY_COUNT], 1);
}
END_TEST

static void fill_run(const char *id, int64_t bytes)
{
    char *sql = sqlite3_mprintf("INSERT INTO events (run_id, seq, time, type, payload)"
                                " VALUES (%Q, 1, '%s', 't', printf('%%.*c', %lld, 'x'))",
                                id, NOW, (long long)bytes);

    file_exec(sql);
    sqlite3_free(sql);
}

START_TEST(by_size)
{
    struct removal_rules rules = rules_of("", 0, 1);
    struct removal_plan plan;

    for (char *id = "edcba"; *id; id++) {
        char name[] = {*id, '\0'};
        char *ended = sqlite3_mprintf("2026-01-0%dT00:00:00.000000Z", *id - 'a' + 1);

        make_run(name, "/r", ended, "completed");
        sqlite3_free(ended);
        fill_run(name, 1 << 20);
    }
    make_run("runs", "/r", NULL, "running");
    fill_run("runs", 1 << 20);
    /* No more can go than what ended. */
    ck_assert_str_eq(planned(&rules, NULL), "a b c d e ");
    rules.database_bytes = 100 << 20;
    ck_assert_str_eq(planned(&rules, NULL), "");
    /* Six MiB and a little; a run is a MiB and a little. */
    rules.database_bytes = (4 << 20) + (512 << 10);
    ck_assert_str_eq(planned(&rules, &plan), "a b ");
    ck_assert_int_eq(plan.runs[REMOVAL_BY_SIZE], 2);
    ck_assert_int_eq(plan.events, 2);
    ck_assert_int_ge(plan.bytes, 2 << 20);
    ck_assert_int_le(plan.bytes, (2 << 20) + (64 << 10));
    /* What goes by the other rules counts. */
    rules = rules_of("2026-01-02T00:00:00.000000Z", 3, (3 << 20) + (512 << 10));
    ck_assert_str_eq(planned(&rules, &plan), "a b c ");
    ck_assert_int_eq(plan.runs[REMOVAL_BY_AGE], 1);
    ck_assert_int_eq(plan.runs[REMOVAL_BY_COUNT], 1);
    ck_assert_int_eq(plan.runs[REMOVAL_BY_SIZE], 1);
}
END_TEST

/* However short its steps are, a plan is the same. */
START_TEST(step_by_step)
{
    struct removal_rules rules = rules_of("2026-01-05T00:00:00.000000Z", 3, 1);
    struct removal_plan whole, short_steps;
    const char *all;

    for (int i = 0; i < 30; i++) {
        char id[16], repo[16], ended[40];

        snprintf(id, sizeof(id), "r%02d", i);
        snprintf(repo, sizeof(repo), "/%d", i % 3);
        snprintf(ended, sizeof(ended), "2026-01-%02dT00:00:00.000000Z", 1 + i * 7 % 28);
        make_run(id, repo, ended, "completed");
        for (int k = 0; k < i; k++)
            ck_assert_int_eq(append_typed(id, k + 1, "t"), 0);
    }
    all = planned(&rules, &whole);
    removal_plan_init(&short_steps, &rules, true, 1000);
    ck_assert_str_eq(planned_in(&short_steps, 20), all);
    ck_assert_int_eq(whole.events, 29 * 30 / 2);
    ck_assert_int_eq(short_steps.events, whole.events);
    ck_assert_int_eq(short_steps.bytes, whole.bytes);
    ck_assert_mem_eq(short_steps.runs, whole.runs, sizeof(whole.runs));
    removal_plan_clear(&short_steps);
    /* A plan that is full is told from one that is done. */
    removal_plan_init(&short_steps, &rules, true, 7);
    ck_assert_int_eq(strncmp(planned_in(&short_steps, 1000000), all, 28), 0);
    ck_assert_uint_eq(short_steps.n_chosen, 7);
    removal_plan_clear(&short_steps);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_plan");
    TCase *tests = tcase_create("plan");

    tcase_add_checked_fixture(tests, events_setup, fixture_teardown);
    tcase_add_test(tests, by_age);
    tcase_add_test(tests, by_number);
    tcase_add_test(tests, by_size);
    tcase_add_test(tests, step_by_step);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
