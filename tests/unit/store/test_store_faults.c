/*
 * Each allocation and each system call of the store and of SQLite fails once, and from then on for
 * ever: what is answered is an error of the doctrine or true, nothing crashes, and a sound start
 * finds all that was acknowledged.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store_faults.h"
#include "store_fixture.h"
#include "store_restore.h"
#include "store_work.h"

#define NOW "2026-01-20T14:30:52.000000Z"

enum { TRIES = 12 };

static int acknowledged; /* events of the run r */
static char backups[128];
static bool disk_fails;
static bool restored; /* a backup is in the place of the database */

/* --- what is done under the fault ---------------------------------------------------------------
 */

/* Results that the doctrine knows. */
static bool result_is_known(int r)
{
    return r >= STORE_BUSY && r < STORE_OUTCOME_LAST;
}

static bool known; /* all results were; asserted when nothing can fail any more */

static int note(int r)
{
    known = known && result_is_known(r);
    return r;
}

static void work_and_close(void)
{
    work_do(note, &acknowledged);
    faults_exempt(false);
    fixture_close();
    faults_exempt(true);
}

static void back_up_and_close(void)
{
    note(work_back_up(backups));
    faults_exempt(false);
    fixture_close();
    faults_exempt(true);
}

/* Opens, or says why not in words. That the file is at fault may be said of a disk that can't read
 * it, which SQLite takes for a damaged one. */
static void start(void)
{
    memset(&fixture.problem, 0, sizeof(fixture.problem));
    faults_exempt(false);
    known = store_open(&fixture.options, &fixture.store, &fixture.problem) == 0 ||
            (fixture.problem.message[0] && (!fixture.problem.refused || disk_fails));
    faults_exempt(true);
    if (fixture.store)
        work_and_close();
}

static void restore(void)
{
    struct store_restore_options options = {.path = fixture.path, .backup_name = "the backup"};
    struct store_restored result;
    char path[256];

    snprintf(path, sizeof(path), "%s/history-20260120-143052.db", backups);
    options.backup = open(path, O_RDONLY | O_CLOEXEC);
    memset(&fixture.problem, 0, sizeof(fixture.problem));
    faults_exempt(false);
    restored = store_restore(&options, &result, &fixture.problem) == 0;
    faults_exempt(true);
    known = restored || fixture.problem.message[0];
    close(options.backup);
}

/* --- what is there before -----------------------------------------------------------------------
 */

static void fill(void)
{
    ck_assert_int_eq(insert_run("r", "/r", NOW, "running"), 0);
    ck_assert_int_eq(insert_run("ended", "/r", NOW, "running"), 0);
    ck_assert_int_eq(insert_run("old", "/r", "2025-01-20T14:30:52.000000Z", "completed"), 0);
    for (int i = 1; i <= 100; i++)
        ck_assert_int_eq(append_typed("old", i, "t"), 0);
}

static void nothing(void)
{
}

static void of_version_1(void)
{
    version_1_create();
    file_exec("INSERT INTO runs (id, repo_path, started_at) VALUES ('r', '/r', '" NOW "')");
}

static void left_by_a_kill(void)
{
    fixture_open();
    fill();
    fixture_close();
    killed_exec("INSERT INTO events (run_id, seq, time, type) VALUES ('r', 500, '" NOW "', 't')");
}

static void opened(void)
{
    fixture_open();
    fill();
}

static void backed_up(void)
{
    opened();
    ck_assert_int_eq(work_back_up(backups), 0);
    fixture_close();
}

static const struct scene {
    const char *name;
    void (*before)(void);
    void (*under_fault)(void);
} scenes[] = {
    {"start on nothing", nothing, start},          {"start on version 1", of_version_1, start},
    {"start after a kill", left_by_a_kill, start}, {"work", opened, work_and_close},
    {"backup", opened, back_up_and_close},         {"restore", backed_up, restore},
};

/* --- the sweep ----------------------------------------------------------------------------------
 */

/* One try; returns how many faults there could have been. */
static long fault_try(const struct scene *scene, enum fault_kind_of_store kind, long number,
                      bool for_good)
{
    long seen;

    acknowledged = 0;
    known = true;
    disk_fails = kind == FAULTS_DISK;
    fixture_setup();
    snprintf(backups, sizeof(backups), "%s/backups", fixture.folder);
    scene->before();
    faults_arm(kind, number, for_good);
    scene->under_fault();
    seen = faults_disarm();
    ck_assert_msg(known, "%s, kind %d, fault %ld: an unknown result, no words or a refusal: %s",
                  scene->name, (int)kind, number, fixture.problem.message);
    fixture_close();
    fixture_open();
    fixture_close();
    ck_assert_str_eq("ok", file_int("SELECT count(*) FROM pragma_integrity_check "
                                    "WHERE integrity_check <> 'ok'") == 0
                               ? "ok"
                               : scene->name);
    ck_assert_msg(file_int("SELECT count(*) FROM events WHERE run_id = 'r' AND seq <= 100") >=
                      acknowledged * (scene->before != nothing),
                  "%s, kind %d, fault %ld: %d events were acknowledged", scene->name, (int)kind,
                  number, acknowledged);
    fixture_teardown();
    return seen;
}

static long tries(void)
{
    const char *scale = getenv("HISTORYD_TEST_SCALE");
    double times = scale ? strtod(scale, NULL) : 1;

    return times > 0 ? (long)(TRIES * times) + 1 : TRIES;
}

START_TEST(each_fault)
{
    const struct scene *scene = &scenes[_i % (int)(sizeof(scenes) / sizeof(*scenes))];
    enum fault_kind_of_store kind =
        (enum fault_kind_of_store)(_i / (int)(sizeof(scenes) / sizeof(*scenes)));
    long seen = fault_try(scene, kind, 0, false);
    long step = seen / tries() + 1;

    for (long i = 1; i <= seen; i += step)
        fault_try(scene, kind, i, (i / step) % 4 == 3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("faults of the store");
    TCase *test_case = tcase_create("faults of the store");

    faults_setup();
    tcase_set_timeout(test_case, 120);
    tcase_add_loop_test(test_case, each_fault, 0, 3 * (int)(sizeof(scenes) / sizeof(*scenes)));
    suite_add_tcase(suite, test_case);
    return suite_run(suite);
}
