/*
 * The schema: what version 1 made stays to the letter, however the file came to be.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "database.h"
#include "scene.h"

/* Version 1, as other programs know it. */
static const char *const version_1[] = {
    ("CREATE TABLE runs (id TEXT PRIMARY KEY, repo_path TEXT NOT NULL, started_at DATETIME NOT "
     "NULL, "
     "completed_at DATETIME, status TEXT NOT NULL DEFAULT 'running', "
     "parallelism INTEGER NOT NULL DEFAULT 1, total_units INTEGER NOT NULL DEFAULT 0, "
     "completed_units INTEGER NOT NULL DEFAULT 0, failed_units INTEGER NOT NULL DEFAULT 0, "
     "blocked_units INTEGER NOT NULL DEFAULT 0, error TEXT, tasks_dir TEXT, "
     "dry_run INTEGER NOT NULL DEFAULT 0)"),
    "CREATE INDEX idx_runs_repo ON runs(repo_path)",
    "CREATE INDEX idx_runs_status ON runs(status)",
    "CREATE INDEX idx_runs_started ON runs(started_at DESC)",
    ("CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, "
     "run_id TEXT NOT NULL REFERENCES runs(id), seq INTEGER NOT NULL, time DATETIME NOT NULL, "
     "type TEXT NOT NULL, unit TEXT, task INTEGER, pr INTEGER, payload TEXT, error TEXT, "
     "UNIQUE(run_id, seq))"),
    "CREATE INDEX idx_events_run ON events(run_id)",
    "CREATE INDEX idx_events_type ON events(type)",
    "CREATE INDEX idx_events_unit ON events(unit)",
    ("CREATE TABLE graphs (run_id TEXT PRIMARY KEY REFERENCES runs(id), nodes TEXT NOT NULL, "
     "edges TEXT NOT NULL, levels TEXT NOT NULL)"),
    "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at DATETIME NOT NULL)",
};

enum { N_VERSION_1 = sizeof(version_1) / sizeof(*version_1) };

static struct subject *historyd;

static void setup(void)
{
    harness_setup();
    historyd = subject_new("historyd");
}

/* White space left out: how a statement is laid out says nothing. */
static char *squeezed(const char *text)
{
    char *copy = harness_text("%s", text);
    char *end = copy;

    for (const char *c = text; *c; c++)
        if (!isspace((unsigned char)*c))
            *end++ = *c;
    *end = '\0';
    return copy;
}

/* harness_text() would make " of SQL's '. */
static const char *sql_of(const char *name)
{
    static char query[128];

    snprintf(query, sizeof(query), "SELECT sql FROM sqlite_schema WHERE name = '%s'", name);
    return query;
}

static void version_1_is_there(void)
{
    for (int i = 0; i < N_VERSION_1; i++) {
        char name[64];
        const char *sql;

        ck_assert_int_eq(sscanf(version_1[i], "CREATE %*s %63[a-z_]", name), 1);
        sql = database_rows(historyd->database, sql_of(name));
        ck_assert_str_eq(squeezed(sql), squeezed(version_1[i]));
    }
}

static const char *schema(void)
{
    return squeezed(database_rows(historyd->database,
                                  "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name "
                                  "NOT LIKE 'sqlite_stat%' ORDER BY type, name"));
}

static void version_1_make(void)
{
    for (int i = 0; i < N_VERSION_1; i++)
        database_run(historyd->database, version_1[i]);
    database_run(historyd->database,
                 "PRAGMA journal_mode = WAL;"
                 "INSERT INTO schema_version VALUES (1, '2026-01-20T00:00:00Z');"
                 "INSERT INTO runs (id, repo_path, started_at) VALUES "
                 "('old', '/old', '2026-01-20T14:30:52.000000Z');"
                 "INSERT INTO events (run_id, seq, time, type, unit, payload) VALUES "
                 "('old', 1, '2026-01-20T14:30:53.000000Z', 'unit.started', 'u', '{\"n\":1}'),"
                 "('old', 2, '2026-01-20T14:30:54.000000Z', 'unit.completed', 'u', NULL);"
                 "INSERT INTO graphs VALUES ('old', '[{\"id\":\"u\",\"level\":0}]', '[]', "
                 "'[[\"u\"]]');");
}

START_TEST(from_nothing)
{
    subject_start(historyd);
    subject_stop(historyd);
    version_1_is_there();
    ck_assert_str_eq(database_rows(historyd->database, "SELECT version FROM schema_version"),
                     "1\n2\n3\n");
    ck_assert_str_eq(database_rows(historyd->database, "PRAGMA journal_mode"), "wal\n");
}
END_TEST

START_TEST(from_an_empty_file)
{
    harness_write_file(historyd->database, "", 0);
    subject_start(historyd);
    subject_stop(historyd);
    version_1_is_there();
}
END_TEST

START_TEST(from_version_1_with_rows)
{
    struct wire *other;

    version_1_make();
    subject_start(historyd);
    other = wire_open(historyd);
    answer_matches(wire_call(other, "GetRun", "{'run_id':'old'}"),
                   "{'run':{'repo_path':'/old','status':'running','last_seq':2,'parallelism':1}}");
    answer_matches(wire_call(other, "ListEvents", "{'run_id':'old'}"),
                   "{'events':[{'id':1,'seq':1,'payload':{'n':1}},{'id':2,'seq':2}]}");
    answer_matches(wire_call(other, "GetGraph", "{'run_id':'old'}"),
                   "{'graph':{'nodes':[{'id':'u','level':0}],'edges':[]}}");
    answer_matches(wire_call(other, "StopRun", "{'run_id':'old'}"), "{'seq':3}");
    answer_matches(wire_call(other, "CheckIntegrity", NULL), "{'ok':true}");
    wire_close(other);
    subject_stop(historyd);
    version_1_is_there();
    ck_assert_str_eq(database_rows(historyd->database, "SELECT version FROM schema_version"),
                     "1\n2\n3\n");
}
END_TEST

START_TEST(however_it_came_to_be_it_is_the_same)
{
    const char *fresh;

    subject_start(historyd);
    subject_stop(historyd);
    fresh = schema();
    for (int i = 0; i < 10; i++) {
        subject_start(historyd);
        if (i % 2)
            subject_kill(historyd);
        else
            subject_stop(historyd);
    }
    subject_start(historyd);
    subject_stop(historyd);
    ck_assert_str_eq(schema(), fresh);
    version_1_is_there();
    ck_assert_str_eq(database_rows(historyd->database, "SELECT version FROM schema_version"),
                     "1\n2\n3\n");
    ck_assert_int_eq(database_int(historyd->database, "SELECT count(*) FROM boots"), 12);
    historyd = subject_new("older");
    version_1_make();
    subject_start(historyd);
    subject_stop(historyd);
    ck_assert_str_eq(schema(), fresh);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("schema");
    TCase *test_case = harness_case_with(suite, "schema", 60, setup);

    tcase_add_test(test_case, from_nothing);
    tcase_add_test(test_case, from_an_empty_file);
    tcase_add_test(test_case, from_version_1_with_rows);
    tcase_add_test(test_case, however_it_came_to_be_it_is_the_same);
    return harness_main(suite);
}
