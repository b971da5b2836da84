/* A damaged database at the start: refused in one line that names the file and the way out, and
 * nothing is written; or it opens, and serves until the damage is met. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store_fixture.h"

enum { PAGE = 4096, PAGES_MAX = 200 };

/* The database before it is broken, and whether changes wait in its log. */
static unsigned char sound[PAGES_MAX * PAGE];
static size_t sound_size;

/* Enough for trees of two levels, free pages, and a row in each table. */
static void database_make(void)
{
    fixture_open();
    for (int i = 0; i < 60; i++) {
        char id[16];

        snprintf(id, sizeof(id), "run%d", i);
        ck_assert_int_eq(insert_run(id, "/some/repository", "t", i % 2 ? "running" : "failed"), 0);
        for (int n = 1; n <= 10; n++)
            ck_assert_int_eq(append_typed(id, n, "unit.started"), 0);
    }
    fixture_close();
    file_exec("INSERT INTO graphs SELECT id, '[]', '[]', '[]' FROM runs;"
              "INSERT INTO pins SELECT id, 't' FROM runs WHERE id = 'run1';"
              "INSERT INTO attachments SELECT id, 1, 'b', 1 FROM runs WHERE id = 'run2';"
              "INSERT INTO graphs VALUES ('x', hex(zeroblob(10000)), '[]', '[]');"
              "DELETE FROM graphs WHERE run_id = 'x'");
}

static void sound_take(void)
{
    FILE *file = fopen(fixture.path, "r");

    sound_size = fread(sound, 1, sizeof(sound), file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_uint_lt(sound_size, sizeof(sound));
    ck_assert_uint_gt(sound_size, 30 * PAGE);
}

/* In memory where there is a file system for it: databases are made by the hundred here, and none
 * needs to outlive the power. */
static void setup(void)
{
    fixture_setup();
    if (access("/dev/shm", W_OK) == 0) {
        ck_assert_int_eq(rmdir(fixture.folder), 0);
        strcpy(fixture.folder, "/dev/shm/historyd-store-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(fixture.folder));
        snprintf(fixture.path, sizeof(fixture.path), "%s/history.db", fixture.folder);
    }
    database_make();
    sound_take();
}

/* The file anew, with some bytes replaced. */
static void file_make(size_t place, const void *bytes, size_t size)
{
    int fd = open(fixture.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_eq(pwrite(fd, sound, sound_size, 0), (ssize_t)sound_size);
    ck_assert_int_eq(pwrite(fd, bytes, size, (off_t)place), (ssize_t)size);
    close(fd);
}

static void check_words(const char *words)
{
    ck_assert_msg(strstr(fixture.problem.message, fixture.path) &&
                      strstr(fixture.problem.message, words),
                  "%s: %s", words, fixture.problem.message);
}

static void check_refused(const char *words)
{
    struct database_image image = image_take();

    fixture_open_fails(true);
    check_words(words);
    check_words("historyctl restore");
    image_check(&image);
}

/* Either of the two; true when it opens. What it then does must only not harm this process. */
static bool check_either(void)
{
    struct database_image image = image_take();

    memset(&fixture.problem, 0xff, sizeof(fixture.problem));
    if (store_open(&fixture.options, &fixture.store, &fixture.problem) == 0) {
        for (int i = 0; i < IMAGE_FILES; i++)
            free(image.files[i].bytes);
        insert_run("new", "/r", "t", "running");
        append_typed("run1", 0, "unit.started");
        fixture_close();
        return true;
    }
    ck_assert_msg(fixture.problem.refused, "%s", fixture.problem.message);
    ck_assert_ptr_null(strchr(fixture.problem.message, '\n'));
    check_words("");
    image_check(&image);
    return false;
}

static void beside_remove(void)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    char name[256];

    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", fixture.path, suffixes[i]);
        unlink(name);
    }
}

/* --- the header --------------------------------------------------------------------------------
 */

/* What each byte may do: `may_open` where SQLite does not look at it, or makes something of it. */
static const struct {
    size_t first;
    size_t last;
    bool may_open;
    const char *words;
} fields[] = {
    {0, 15, false, "not a database"},
    {16, 17, false, "page size"},
    {18, 18, false, "file format"},
    {19, 19, false, "file format"},
    {20, 20, false, "damaged"}, /* room at the end of each page */
    {21, 23, false, "damaged"},
    {24, 27, true, ""}, /* changes, counted */
    {28, 31, false, ""},
    {32, 35, false, "damaged"}, /* free pages */
    {36, 39, false, "damaged"},
    {40, 43, true, ""}, /* changes of the schema, counted */
    {44, 46, true, ""},
    {47, 47, true, "damaged"}, /* the form of the schema: a lower one may be meant */
    {48, 51, true, ""},
    {52, 55, false, "damaged"}, /* the last table or index */
    {56, 59, true, "damaged"},
    {60, 67, true, ""},
    {68, 71, false, "application_id"},
    {72, 99, true, ""},
};

START_TEST(header)
{
    static const unsigned char flips[] = {0x01, 0x02, 0x08, 0x80, 0xff};

    for (size_t place = fields[_i].first; place <= fields[_i].last; place++)
        for (size_t i = 0; i < sizeof(flips); i++) {
            unsigned char value = sound[place] ^ flips[i];

            beside_remove();
            file_make(place, &value, 1);
            /* 512 to 32768 are page sizes, too, and 1 stands for 65536. */
            if (check_either())
                ck_assert_msg(fields[_i].may_open, "byte %zu opens as %u", place, value);
            else if (fields[_i].words[0] && place != 16)
                check_words(fields[_i].words);
        }
}
END_TEST

/* --- pages -------------------------------------------------------------------------------------
 */

static void garbage_make(int kind, unsigned char bytes[PAGE])
{
    srand(1);
    for (int i = 0; i < PAGE; i++)
        bytes[i] = kind == 0 ? 0 : kind == 1 ? 0xff : (unsigned char)(rand() >> 8);
}

/* The first page of each table and index that is ours, and of the map of pages. */
START_TEST(roots)
{
    int64_t n = file_int("SELECT max(rootpage) FROM sqlite_schema");
    unsigned char garbage[PAGE];
    char sql[128];
    char name[64];

    for (int64_t page = 2; page <= n; page++) {
        sqlite3 *handle;
        sqlite3_stmt *statement;

        file_make(0, sound, 1);
        snprintf(sql, sizeof(sql), "SELECT name FROM sqlite_schema WHERE rootpage = %d", (int)page);
        handle = raw_open();
        ck_assert_int_eq(sqlite3_prepare_v2(handle, sql, -1, &statement, NULL), SQLITE_OK);
        snprintf(name, sizeof(name), "%s",
                 sqlite3_step(statement) == SQLITE_ROW
                     ? (const char *)sqlite3_column_text(statement, 0)
                     : "damaged");
        sqlite3_finalize(statement);
        sqlite3_close(handle);
        beside_remove();
        garbage_make(_i, garbage);
        file_make((size_t)(page - 1) * PAGE, garbage, sizeof(garbage));
        /* The schema's versions are read before the rest is looked at. */
        check_refused(strcmp(name, "schema_version") == 0 ? "damaged" : name);
    }
}
END_TEST

/* The list of free pages: its first page, a page in it that there is not, and a circle. */
START_TEST(free_pages)
{
    uint32_t first = (uint32_t)sound[32] << 24 | (uint32_t)sound[33] << 16 |
                     (uint32_t)sound[34] << 8 | sound[35];
    size_t place = (size_t)(first - 1) * PAGE;
    unsigned char garbage[PAGE];

    ck_assert_uint_gt(first, 2);
    garbage_make(_i, garbage);
    /* Zeros are the end of a list that is then too short. */
    file_make(place, garbage, sizeof(garbage));
    check_refused("damaged");
    file_make(place + 8, "\0\1\0\0", 4);
    check_refused("damaged");
    file_make(place, sound + 32, 4);
    check_refused("damaged");
}
END_TEST

START_TEST(truncated)
{
    static const size_t sizes[] = {
        1, 15, 16, 99, 100, 101, 512, 4095, PAGE + 1, PAGE * 2, 7000, PAGE * 5 + 100, 80000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        file_make(0, sound, 1);
        ck_assert_int_eq(truncate(fixture.path, (off_t)sizes[i]), 0);
        check_refused("truncated");
    }
}
END_TEST

/* Any byte of the first pages, and of some behind. */
START_TEST(flips)
{
    srand((unsigned)_i + 1);
    for (int i = 0; i < 60; i++) {
        size_t pages = i % 3 == 0 ? sound_size / PAGE : i % 3 == 1 ? 1 : 12;
        unsigned char bytes[8];
        size_t place = (size_t)rand() % (pages * PAGE - sizeof(bytes));

        memcpy(bytes, sound + place, sizeof(bytes));
        for (int n = rand() % 8; n >= 0; n--)
            bytes[n] = (unsigned char)(rand() >> 8);
        beside_remove();
        file_make(place, bytes, sizeof(bytes));
        check_either();
    }
}
END_TEST

/* --- the log -----------------------------------------------------------------------------------
 */

/* The newest header counts, and the newest version of each page of the list. */
START_TEST(free_pages_in_log)
{
    static const char *const sql[] = {
        /* A longer list. */
        "PRAGMA wal_autocheckpoint = 0; DELETE FROM events WHERE run_id > 'run2'",
        /* A shorter one. */
        "PRAGMA wal_autocheckpoint = 0;"
        " INSERT INTO graphs VALUES ('x', hex(zeroblob(3000)), '[]', '[]')",
    };
    int fd;

    killed_exec(sql[_i]);
    fd = open(fixture.path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, 32), 8);
    close(fd);
    fixture_open();
    ck_assert_int_eq(insert_run("new", "/r", "t", "running"), 0);
    fixture_close();
    ck_assert_int_eq(file_int("SELECT quick_check = 'ok' FROM pragma_quick_check(1)"), 1);
}
END_TEST

/* Garbage is no log: SQLite starts a new one. */
START_TEST(log_of_garbage)
{
    char name[256];
    unsigned char garbage[PAGE];
    FILE *file;

    garbage_make(_i, garbage);
    snprintf(name, sizeof(name), "%s-wal", fixture.path);
    file = fopen(name, "w");
    ck_assert_uint_eq(fwrite(garbage, 1, sizeof(garbage), file), sizeof(garbage));
    ck_assert_int_eq(fclose(file), 0);
    fixture_open();
    ck_assert_int_eq(insert_run("new", "/r", "t", "running"), 0);
    fixture_close();
    ck_assert_int_eq(file_int("SELECT count(*) FROM runs"), 61);
}
END_TEST

/* --- what must open ----------------------------------------------------------------------------
 */

/* Longer than its header says, as a program that keeps room leaves it. */
START_TEST(room_behind)
{
    ck_assert_int_eq(truncate(fixture.path, (off_t)sound_size + 64 * PAGE), 0);
    fixture_open();
    ck_assert_int_eq(insert_run("new", "/r", "t", "running"), 0);
}
END_TEST

/* An index that another program keeps on our tables, and that needs what only it has. */
START_TEST(guest_indexes)
{
    file_exec("CREATE INDEX late ON events(time) WHERE seq > 1000;"
              "CREATE INDEX by_length ON runs(length(error)) WHERE error IS NOT NULL");
    fixture_open();
    ck_assert_int_eq(insert_run("new", "/r", "t", "running"), 0);
}
END_TEST

/* Version 1 with damage where migrating reads: nothing is written either. */
START_TEST(version_1)
{
    unsigned char garbage[PAGE];

    ck_assert_int_eq(unlink(fixture.path), 0);
    version_1_create();
    file_exec("WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 900)"
              " INSERT INTO runs (id, repo_path, started_at) SELECT 'run' || i, '/r', 't' FROM n");
    sound_take();
    garbage_make(2, garbage);
    /* A leaf of a table behind the roots: of the runs, which alone have rows. */
    for (size_t at = PAGE * 16; at + PAGE <= sound_size; at += PAGE)
        if (sound[at] == 13) {
            file_make(at, garbage, sizeof(garbage));
            check_refused("runs");
            return;
        }
    ck_abort_msg("no page found");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("store_damage");
    TCase *tests = tcase_create("damage");

    tcase_add_checked_fixture(tests, setup, fixture_teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, header, 0, sizeof(fields) / sizeof(fields[0]));
    tcase_add_loop_test(tests, roots, 0, 3);
    tcase_add_loop_test(tests, free_pages, 0, 3);
    tcase_add_test(tests, truncated);
    tcase_add_loop_test(tests, flips, 0, 6);
    tcase_add_loop_test(tests, free_pages_in_log, 0, 2);
    tcase_add_loop_test(tests, log_of_garbage, 0, 3);
    tcase_add_test(tests, room_behind);
    tcase_add_test(tests, guest_indexes);
    tcase_add_test(tests, version_1);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
