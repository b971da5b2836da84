/* What is not ours stays as it is, byte for byte; what only looks broken opens. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_fixture.h"
#include "store_place.h"

static void file_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static void file_name(const char *suffix, char *ret_name, size_t size)
{
    snprintf(ret_name, size, "%s%s", fixture.path, suffix);
}

static void check_refused(const char *words)
{
    struct database_image image = image_take();

    fixture_open_fails(true);
    ck_assert_msg(strstr(fixture.problem.message, fixture.path), "%s", fixture.problem.message);
    ck_assert_msg(strstr(fixture.problem.message, words), "%s", fixture.problem.message);
    image_check(&image);
}

START_TEST(not_a_database)
{
    char text[5000];

    memset(text, 'x', sizeof(text));
    file_write(fixture.path, text, sizeof(text));
    check_refused("not a database");
    file_write(fixture.path, text, 7);
    check_refused("not a database");
    /* The right start, and nonsense behind it. */
    memcpy(text, "SQLite format 3", 16);
    file_write(fixture.path, text, sizeof(text));
    check_refused("not a database");
}
END_TEST

START_TEST(truncated)
{
    struct stat status;

    fixture_open();
    ck_assert_int_eq(insert_run("a", "/r", "t", "running"), 0);
    fixture_close();
    ck_assert_int_eq(stat(fixture.path, &status), 0);
    ck_assert_int_eq(truncate(fixture.path, status.st_size - 1), 0);
    check_refused("truncated");
    ck_assert_int_eq(truncate(fixture.path, status.st_size / 2), 0);
    check_refused("truncated");
    ck_assert_int_eq(truncate(fixture.path, 4096), 0);
    check_refused("truncated");
    ck_assert_int_eq(truncate(fixture.path, 60), 0);
    check_refused("truncated");
}
END_TEST

/* The log holds a few pages of a database that has lost others. */
START_TEST(truncated_beside_log)
{
    fixture_open();
    for (int i = 0; i < 40; i++) {
        char id[16];

        snprintf(id, sizeof(id), "run%d", i);
        ck_assert_int_eq(insert_run(id, "/some/repository", "t", "running"), 0);
    }
    fixture_close();
    killed_exec("UPDATE runs SET status = 'failed' WHERE id = 'run7'");
    ck_assert_int_eq(truncate(fixture.path, 3 * 4096), 0);
    check_refused("truncated");
}
END_TEST

START_TEST(log_without_database)
{
    fixture_open();
    fixture_close();
    killed_exec("INSERT INTO runs (id, repo_path, started_at) VALUES ('a', '/r', 't')");
    ck_assert_int_eq(truncate(fixture.path, 0), 0);
    check_refused("-wal");
    ck_assert_int_eq(unlink(fixture.path), 0);
    check_refused("-wal");
}
END_TEST

/* Schemas that are not ours, and a word of the reason. */
static const struct {
    const char *sql;
    const char *words;
} foreign[] = {
    {"PRAGMA application_id = 252006673", "application_id"},
    {"CREATE TABLE users (id)", "users"},
    {"CREATE TABLE schema_version (number)", "schema_version"},
    {"CREATE TABLE schema_version (version); INSERT INTO schema_version VALUES ('one')",
     "schema_version"},
    {"CREATE TABLE schema_version (version); INSERT INTO schema_version VALUES (NULL)",
     "schema_version"},
    {"CREATE TABLE schema_version (version); INSERT INTO schema_version VALUES (1)", "runs"},
    {"CREATE TABLE schema_version (version); CREATE TABLE orders (x)", "orders"},
    {"CREATE TABLE runs (id)", "events"},
    {"CREATE TABLE runs (id); CREATE TABLE events (id); CREATE TABLE graphs (id)", "no history"},
    {"CREATE VIEW runs AS SELECT 1 AS id", "belongs to another"},
};

START_TEST(foreign_schema)
{
    file_exec(foreign[_i].sql);
    check_refused(foreign[_i].words);
    /* The same in write-ahead mode, closed properly. */
    file_exec("PRAGMA journal_mode = wal");
    check_refused(foreign[_i].words);
}
END_TEST

/* The same again where only the log knows. */
START_TEST(foreign_schema_in_log)
{
    char sql[512];

    file_exec("PRAGMA journal_mode = wal");
    snprintf(sql, sizeof(sql), "PRAGMA wal_autocheckpoint = 0; %s", foreign[_i].sql);
    killed_exec(sql);
    check_refused(foreign[_i].words);
    /* Without the index of the log, which the next to open makes anew. */
    file_name("-shm", sql, sizeof(sql));
    ck_assert_int_eq(unlink(sql), 0);
    check_refused(foreign[_i].words);
}
END_TEST

/* Almost ours. */
static const struct {
    const char *sql;
    const char *words;
} broken[] = {
    {"INSERT INTO schema_version VALUES (4, 't')", "schema version 4"},
    {"INSERT INTO schema_version VALUES (9223372036854775807, 't')", "9223372036854775807"},
    {"DROP INDEX idx_events_run", "idx_events_run"},
    {"DROP INDEX idx_runs_listing", "idx_runs_listing"},
    {"ALTER TABLE runs DROP COLUMN tasks_dir", "tasks_dir"},
    {"ALTER TABLE events RENAME COLUMN payload TO data", "payload"},
    {"DROP TABLE graphs", "graphs"},
    {"DROP TABLE boots", "boots"},
    /* Version 1 again, but its place is taken. */
    {"DELETE FROM schema_version WHERE version >= 2", "boots"},
    {"DROP TABLE schema_version", "boots"},
    {"DELETE FROM schema_version WHERE version >= 2; DROP TABLE boots; DROP INDEX idx_runs_newest",
     "idx_runs_listing"},
};

START_TEST(broken_schema)
{
    fixture_open();
    ck_assert_int_eq(insert_run("a", "/r", "t", "running"), 0);
    fixture_close();
    file_exec(broken[_i].sql);
    check_refused(broken[_i].words);
    killed_exec("PRAGMA wal_autocheckpoint = 0; UPDATE runs SET status = 'failed'");
    check_refused(broken[_i].words);
}
END_TEST

START_TEST(other_table_in_the_way)
{
    version_1_create();
    file_exec("CREATE TABLE boots (id); INSERT INTO boots VALUES (1)");
    check_refused("boots");
}
END_TEST

/* Pages of the schema overwritten. */
START_TEST(damaged)
{
    char garbage[3000];
    FILE *file;

    fixture_open();
    fixture_close();
    memset(garbage, 0x5a, sizeof(garbage));
    file = fopen(fixture.path, "r+");
    ck_assert_int_eq(fseek(file, 100, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(garbage, 1, sizeof(garbage), file), sizeof(garbage));
    ck_assert_int_eq(fclose(file), 0);
    check_refused("damaged");
}
END_TEST

/* --- what must open --------------------------------------------------------------------------- */

/* kill -9 before any checkpoint: the file has its first page only. */
START_TEST(all_in_log)
{
    char name[256];

    file_exec("PRAGMA journal_mode = wal");
    killed_exec("PRAGMA wal_autocheckpoint = 0; CREATE TABLE schema_version (version INTEGER"
                " PRIMARY KEY, applied_at DATETIME NOT NULL)");
    for (size_t i = 0; i < n_design_statements; i++)
        killed_exec(design_statements[i]);
    killed_exec("PRAGMA wal_autocheckpoint = 0; INSERT INTO schema_version VALUES (1, 't');"
                " INSERT INTO runs (id, repo_path, started_at) VALUES ('a', '/r', 't')");
    if (_i == 1) {
        file_name("-shm", name, sizeof(name));
        ck_assert_int_eq(unlink(name), 0);
    }
    if (_i == 2) {
        /* A frame that was being written. */
        FILE *file;

        file_name("-wal", name, sizeof(name));
        file = fopen(name, "a");
        for (int i = 0; i < 1000; i++)
            fputs("junk", file);
        ck_assert_int_eq(fclose(file), 0);
    }
    fixture_open();
    fixture_close();
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs WHERE id = 'a'"), 1);
    ck_assert_int_eq(file_int("SELECT count(*) FROM boots"), 1);
}
END_TEST

/* A log that makes the database longer is no truncation, and no reason to read all of it: a damaged
 * page somewhere goes unnoticed. */
START_TEST(longer_by_log)
{
    char garbage[4096];
    FILE *file;

    fixture_open();
    fixture_close();
    file_exec("INSERT INTO runs (id, repo_path, started_at) VALUES ('r', '/r', 't');"
              "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
              " INSERT INTO events (run_id, seq, time, type) SELECT 'r', i, 't', 'x' FROM n");
    memset(garbage, 0x5a, sizeof(garbage));
    file = fopen(fixture.path, "r+");
    ck_assert_int_eq(fseek(file, 40 * 4096, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(garbage, 1, sizeof(garbage), file), sizeof(garbage));
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(file_int("SELECT quick_check <> 'ok' FROM pragma_quick_check(1)"), 1);
    killed_exec("PRAGMA wal_autocheckpoint = 0;"
                "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
                " INSERT INTO graphs SELECT i, hex(zeroblob(4000)), '', '' FROM n");
    fixture_open();
    ck_assert_int_eq(insert_run("a", "/r", "t", "running"), 0);
}
END_TEST

/* A version-1 program killed within a transaction: its rollback journal is hot. */
START_TEST(hot_journal)
{
    version_1_create();
    file_exec("INSERT INTO runs (id, repo_path, started_at) VALUES ('a', '/r', 't')");
    killed_exec(
        "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; UPDATE runs SET status = 'x';"
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        " INSERT INTO runs (id, repo_path, started_at) SELECT 'r' || i, '/r', i FROM n");
    ck_assert_int_gt(place_size(fixture.path), 65536);
    fixture_open();
    fixture_close();
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs"), 1);
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs WHERE status = 'running'"), 1);
}
END_TEST

/* Tables of others beside ours are no harm. */
START_TEST(guests)
{
    version_1_create();
    file_exec("CREATE TABLE notes (run_id TEXT REFERENCES runs(id), text);"
              "CREATE INDEX notes_by_run ON notes(run_id);"
              "CREATE VIEW failed AS SELECT * FROM runs WHERE status = 'failed';"
              "CREATE VIRTUAL TABLE words USING fts5(text);"
              "CREATE TRIGGER note AFTER INSERT ON runs BEGIN"
              " INSERT INTO notes VALUES (new.id, 'new'); END;"
              "ANALYZE");
    fixture_open();
    ck_assert_int_eq(insert_run("a", "/r", "t", "running"), 0);
    fixture_close();
    fixture_open();
    fixture_close();
    ck_assert_int_eq(file_int("SELECT count(*) FROM notes WHERE run_id = 'a'"), 1);
}
END_TEST

/* Another program reads at the time. */
START_TEST(read_beside)
{
    sqlite3 *handle;

    fixture_open();
    fixture_close();
    killed_exec("INSERT INTO runs (id, repo_path, started_at) VALUES ('a', '/r', 't')");
    handle = raw_open();
    raw_exec(handle, "BEGIN");
    ck_assert_int_eq(raw_int(handle, "SELECT count(*) FROM runs"), 1);
    fixture_open();
    ck_assert_int_eq(insert_run("b", "/r", "t", "running"), 0);
    ck_assert_int_eq(raw_int(handle, "SELECT count(*) FROM runs"), 1);
    raw_exec(handle, "COMMIT");
    ck_assert_int_eq(raw_int(handle, "SELECT count(*) FROM runs"), 2);
    sqlite3_close(handle);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_refuse");
    TCase *tests = tcase_create("refuse");

    tcase_add_checked_fixture(tests, fixture_setup, fixture_teardown);
    tcase_add_test(tests, not_a_database);
    tcase_add_test(tests, truncated);
    tcase_add_test(tests, truncated_beside_log);
    tcase_add_test(tests, log_without_database);
    tcase_add_loop_test(tests, foreign_schema, 0, sizeof(foreign) / sizeof(foreign[0]));
    tcase_add_loop_test(tests, foreign_schema_in_log, 0, sizeof(foreign) / sizeof(foreign[0]));
    tcase_add_loop_test(tests, broken_schema, 0, sizeof(broken) / sizeof(broken[0]));
    tcase_add_test(tests, other_table_in_the_way);
    tcase_add_test(tests, damaged);
    tcase_add_loop_test(tests, all_in_log, 0, 3);
    tcase_add_test(tests, longer_by_log);
    tcase_add_test(tests, hot_journal);
    tcase_add_test(tests, guests);
    tcase_add_test(tests, read_beside);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
