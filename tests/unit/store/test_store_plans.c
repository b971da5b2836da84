/* No statement on a growing path reads a whole table or sorts. */
#include <string.h>

#include "statements.h"
#include "store_fixture.h"

/* What may go through something in full, and why that stays small. */
static const struct {
    enum statement_id id;
    const char *step;
} allowed[] = {
    /* A table of two rows, one each table with ids. */
    {STATEMENT_EVENTS_LAST_ID, "SCAN sqlite_sequence"},
    /* The constant row of the outer SELECT, and the ends of two indexes. */
    {STATEMENT_EVENTS_LAST_ID, "SCAN CONSTANT ROW"},
    /* Read once, at start: a row each attached run that runs. */
    {STATEMENT_ATTACHMENTS_RUNNING, "SCAN attachments"},
    /* A check of all texts. */
    {STATEMENT_PAYLOADS_ALL, "SCAN events"},
    {STATEMENT_GRAPHS_ALL, "SCAN graphs"},
};

static bool step_allowed(enum statement_id id, const char *step)
{
    for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (allowed[i].id == id && strcmp(allowed[i].step, step) == 0)
            return true;
    return false;
}

static void plan_check(sqlite3 *handle, enum statement_id id)
{
    char *sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement_sql(id));
    sqlite3_stmt *statement = NULL;

    ck_assert_msg(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(handle));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(statement, 3);

        ck_assert_msg(!strstr(step, "TEMP B-TREE"), "%s: %s", step, statement_sql(id));
        ck_assert_msg(strncmp(step, "SCAN", 4) != 0 || step_allowed(id, step), "%s: %s", step,
                      statement_sql(id));
        ck_assert_msg(!strstr(step, "AUTOMATIC"), "%s: %s", step, statement_sql(id));
    }
    sqlite3_finalize(statement);
    sqlite3_free(sql);
}

/* A page of events is one search in the index that has its order, and looks at nothing else. */
START_TEST(plan_of_a_page)
{
    static const enum statement_id lists[] = {STATEMENT_EVENTS_LIST,
                                              STATEMENT_EVENTS_LIST_FILTERED};
    sqlite3_stmt *statement = NULL;
    sqlite3 *handle;
    char *sql;

    fixture_open();
    fixture_close();
    handle = raw_open();
    sql = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", statement_sql(lists[_i]));
    ck_assert_int_eq(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(statement, 3),
                     "SEARCH events USING INDEX sqlite_autoindex_events_1 (run_id=? AND seq>?)");
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_free(sql);
    /* What is not asked for is not compared row by row. */
    ck_assert_int_eq(strstr(statement_sql(lists[_i]), ":type") != NULL,
                     lists[_i] == STATEMENT_EVENTS_LIST_FILTERED);
    sqlite3_close(handle);
}
END_TEST

static bool has_plan(enum statement_id id)
{
    const char *sql = statement_sql(id);

    return strncmp(sql, "SELECT", 6) == 0 || strncmp(sql, "INSERT", 6) == 0 ||
           strncmp(sql, "UPDATE", 6) == 0 || strncmp(sql, "DELETE", 6) == 0;
}

static void plans_check(void)
{
    sqlite3 *handle = raw_open();
    int n_plans = 0;

    for (int id = 0; id < STATEMENT_COUNT; id++) {
        ck_assert_ptr_nonnull(statement_sql((enum statement_id)id));
        if (!has_plan((enum statement_id)id))
            continue;
        plan_check(handle, (enum statement_id)id);
        n_plans++;
    }
    ck_assert_int_ge(n_plans, 30);
    sqlite3_close(handle);
}

START_TEST(plans)
{
    fixture_open();
    fixture_close();
    plans_check();
}
END_TEST

/* Statistics of another program change nothing, however wrong they are. */
START_TEST(plans_with_statistics)
{
    fixture_open();
    fixture_close();
    file_exec("INSERT INTO runs (id, repo_path, started_at) VALUES ('a', '/r', 't');"
              "INSERT INTO events (run_id, seq, time, type) VALUES ('a', 1, 't', 'x');"
              "ANALYZE;"
              "UPDATE sqlite_stat1 SET stat = '1000000 1' WHERE idx = 'idx_events_type';"
              "UPDATE sqlite_stat1 SET stat = '1000000 1000000 1' WHERE idx LIKE 'sqlite_auto%';"
              "UPDATE sqlite_stat1 SET stat = '1000000 1000000' WHERE idx = 'idx_events_run'");
    plans_check();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_plans");
    TCase *tests = tcase_create("plans");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_test(tests, plans);
    tcase_add_test(tests, plans_with_statistics);
    tcase_add_loop_test(tests, plan_of_a_page, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
