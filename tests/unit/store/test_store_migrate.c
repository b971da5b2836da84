/* The schema: from nothing, from version 1 in its forms, and again. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "store_fixture.h"

/* White space as single blanks, so that a statement's layout does not count. */
static char *text_collapse(const char *text)
{
    char *result = malloc(strlen(text) + 1);
    char *end = result;

    for (; *text; text++) {
        char c = *text == '\n' ? ' ' : *text;

        if (c != ' ' || (end > result && end[-1] != ' '))
            *end++ = c;
    }
    *end = '\0';
    return result;
}

/* All objects of the schema, a line each. The caller frees it. */
static char *schema_text(void)
{
    sqlite3 *handle = raw_open();
    sqlite3_stmt *statement = NULL;
    sqlite3_str *text = sqlite3_str_new(NULL);
    char *result;
    char *made;

    ck_assert_int_eq(sqlite3_prepare_v2(handle,
                                        "SELECT type, name, tbl_name, coalesce(sql, '-')"
                                        " FROM sqlite_schema ORDER BY type, name",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < 4; i++)
            sqlite3_str_appendf(text, "%s ", sqlite3_column_text(statement, i));
        sqlite3_str_appendchar(text, 1, '\n');
    }
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    made = sqlite3_str_finish(text);
    result = text_collapse(made);
    sqlite3_free(made);
    return result;
}

static void check_design(void)
{
    char *schema = schema_text();

    for (size_t i = 0; i < n_design_statements; i++)
        ck_assert_msg(strstr(schema, design_statements[i]) != NULL, "lacks: %s",
                      design_statements[i]);
    free(schema);
    ck_assert_int_eq(file_int("SELECT count(*) FROM sqlite_schema WHERE sql IS NOT NULL AND"
                              " tbl_name IN ('runs', 'events', 'graphs')"
                              " AND name NOT IN ('idx_runs_newest', 'idx_runs_listing',"
                              " 'idx_runs_status_listing', 'idx_runs_repo_status_listing',"
                              " 'idx_runs_ended', 'idx_runs_repo_ended')"),
                     (int64_t)n_design_statements);
    ck_assert_int_eq(file_int("SELECT group_concat(version) = '1,2,3' FROM"
                              " (SELECT version FROM schema_version ORDER BY version)"),
                     1);
    ck_assert_int_eq(
        file_int("SELECT count(*) FROM schema_version WHERE version = 2 AND applied_at GLOB"
                 " '20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]"
                 ".[0-9][0-9][0-9]000Z'"),
        1);
    ck_assert_int_eq(file_int("PRAGMA application_id"), 0);
    ck_assert_int_eq(file_int("SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    ck_assert_int_eq(file_int("SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
}

static char *schema_of_new(void)
{
    char *schema;

    fixture_open();
    fixture_close();
    schema = schema_text();
    ck_assert_int_eq(remove(fixture.path), 0);
    return schema;
}

START_TEST(from_nothing)
{
    fixture_open();
    fixture_close();
    check_design();
    ck_assert_int_eq(file_int("SELECT count(*) FROM boots WHERE version = 'test' AND pid > 0"), 1);
}
END_TEST

START_TEST(from_empty_file)
{
    char *expected = schema_of_new();
    char *schema;

    fclose(fopen(fixture.path, "w"));
    fixture_open();
    fixture_close();
    check_design();
    schema = schema_text();
    ck_assert_str_eq(schema, expected);
    free(schema);
    free(expected);
}
END_TEST

/* What a version-1 program may have left as its table of versions. */
static const char *const versions_1[] = {
    ("CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at DATETIME NOT NULL);"
     "INSERT INTO schema_version VALUES (1, '2025-01-01T00:00:00Z')"),
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at DATETIME NOT NULL)",
    "SELECT 1",
};

START_TEST(from_version_1)
{
    char *expected = schema_of_new();
    char *schema;

    version_1_create();
    file_exec(versions_1[_i]);
    file_exec("INSERT INTO runs (id, repo_path, started_at) VALUES"
              " ('a', '/r', '2025-01-02T00:00:00.000000Z'), ('b', '/r',"
              " '2025-01-01T00:00:00.000000Z'), ('c', '/r', '2025-01-03T00:00:00.000000Z');"
              "INSERT INTO events (run_id, seq, time, type) VALUES ('b', 1, 't', 'x'),"
              " ('a', 1, 't', 'x'), ('b', 2, 't', 'x');"
              "INSERT INTO graphs VALUES ('a', '[]', '[]', '[]')");
    fixture_open();
    fixture_close();
    check_design();
    schema = schema_text();
    ck_assert_str_eq(schema, expected);
    ck_assert_int_eq(file_int("SELECT count(*) FROM events"), 3);
    ck_assert_int_eq(file_int("SELECT count(*) FROM graphs"), 1);
    /* c has no event, a was last with event 2, b with event 3. */
    ck_assert_int_eq(file_int("SELECT group_concat(run_id || change || after_event_id)"
                              " = 'c10,a22,b33' FROM (SELECT * FROM run_changes ORDER BY change)"),
                     1);
    free(schema);
    free(expected);
}
END_TEST

START_TEST(again_and_again)
{
    char *expected;
    char *schema;

    fixture_open();
    ck_assert_int_eq(insert_run("a", "/r", "2025-01-01T00:00:00.000000Z", "running"), 0);
    fixture_close();
    expected = schema_text();
    for (int i = 0; i < 10; i++) {
        fixture_open();
        fixture_close();
    }
    schema = schema_text();
    ck_assert_str_eq(schema, expected);
    check_design();
    ck_assert_int_eq(file_int("SELECT count(*) FROM boots"), 11);
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs"), 1);
    ck_assert_int_eq(store_schema_version(), 3);
    free(schema);
    free(expected);
}
END_TEST

/* A migration that finds no room leaves version 1, and works when there is. */
START_TEST(no_room)
{
    struct rlimit limit = {.rlim_cur = 256 << 10, .rlim_max = RLIM_INFINITY};

    version_1_create();
    file_exec("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
              " INSERT INTO runs (id, repo_path, started_at)"
              " SELECT 'run' || i, '/some/repository', i FROM n");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    fixture_open_fails(false);
    ck_assert_msg(strstr(fixture.problem.message, "no room"), "%s", fixture.problem.message);
    limit.rlim_cur = RLIM_INFINITY;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM sqlite_schema WHERE name IN"
                              " ('schema_version', 'boots', 'run_changes', 'pins', 'attachments')"),
                     0);
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs"), 5000);
    fixture_open();
    fixture_close();
    check_design();
    ck_assert_int_eq(file_int("SELECT count(*) FROM run_changes"), 5000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_migrate");
    TCase *tests = tcase_create("migrate");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_test(tests, from_nothing);
    tcase_add_test(tests, from_empty_file);
    tcase_add_loop_test(tests, from_version_1, 0, 3);
    tcase_add_test(tests, again_and_again);
    tcase_add_test(tests, no_room);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
