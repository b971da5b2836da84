/* A log that grows while it is read, and lines of a descriptor. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lines.h"
#include "ninja_follow.h"

static char folder[] = "/tmp/historyd-follow.XXXXXX";
static char path[64];
static struct ninja_follow follow;
static char seen[256];

static void setup(void)
{
    strcpy(folder + sizeof(folder) - 7, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/log", folder);
    seen[0] = '\0';
}

static void teardown(void)
{
    ninja_follow_close(&follow);
    unlink(path);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void put(const char *text, int flags)
{
    int fd = open(path, O_WRONLY | O_CREAT | flags, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
    close(fd);
}

static int note(void *userdata, const struct ninja_entry *entry)
{
    (void)userdata;
    strncat(seen, entry->output, entry->output_size);
    strcat(seen, " ");
    return 0;
}

/* What has come since the last time. */
static const char *news(void)
{
    static char copy[256];

    seen[0] = '\0';
    ck_assert_int_eq(ninja_follow_read(&follow, note, NULL), 0);
    strcpy(copy, seen);
    return copy;
}

#define HEADER "# ninja log v5\n"
#define OLD_A  "0\t1\t5\ta\t1\n"
#define OLD_B  "0\t2\t6\tb\t2\n"

START_TEST(a_log_that_is_not_there_yet)
{
    ck_assert_int_eq(ninja_follow_open(&follow, path), 0);
    ck_assert_str_eq(news(), "");
    put(HEADER OLD_A, 0);
    ck_assert_str_eq(news(), "a ");
    ck_assert_str_eq(news(), "");
}
END_TEST

START_TEST(only_what_is_added)
{
    put(HEADER OLD_A OLD_B, 0);
    ck_assert_int_eq(ninja_follow_open(&follow, path), 0);
    ck_assert_str_eq(news(), "");
    put("0\t3\t7\tc\t3\n0\t4\t8\td", O_APPEND);
    ck_assert_str_eq(news(), "c ");
    put("\t4\n", O_APPEND);
    ck_assert_str_eq(news(), "d ");
}
END_TEST

/* Ninja writes the log anew beside and renames it, then goes on appending. */
START_TEST(a_log_that_is_rewritten)
{
    char beside[80];

    put(HEADER OLD_A OLD_B OLD_A, 0);
    ck_assert_int_eq(ninja_follow_open(&follow, path), 0);
    ck_assert_str_eq(news(), "");
    snprintf(beside, sizeof(beside), "%s.old", path);
    ck_assert_int_eq(rename(path, beside), 0);
    put(HEADER OLD_B OLD_A "0\t9\t9\ta\t1\n", 0);
    ck_assert_str_eq(news(), "a ");
    put("0\t10\t9\te\t4\n", O_APPEND);
    ck_assert_str_eq(news(), "e ");
    unlink(beside);
}
END_TEST

START_TEST(a_log_that_starts_over)
{
    put(HEADER OLD_A OLD_B, 0);
    ck_assert_int_eq(ninja_follow_open(&follow, path), 0);
    put("# ninja log v7\n0\t1\t9\tn\t9\n", O_TRUNC);
    ck_assert_str_eq(news(), "n ");
}
END_TEST

/* --- lines ------------------------------------------------------------------------------------ */

/* Reads all lines of `text` from a pipe, with lines of at most 8 bytes, as "size:line …". */
static const char *all_lines(const char *text)
{
    static char result[256];
    struct lines lines;
    const char *line;
    size_t size;
    int ends[2];
    int r;

    result[0] = '\0';
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, strlen(text)), (int)strlen(text));
    close(ends[1]);
    lines_open(&lines, ends[0], 8);
    while ((r = lines_next(&lines, &line, &size)) != 0) {
        char one[64];

        if (r == -EMSGSIZE)
            snprintf(one, sizeof(one), "%d:LONG ", (int)lines.number);
        else
            snprintf(one, sizeof(one), "%d:%.*s ", (int)lines.number, (int)size, line);
        strcat(result, one);
    }
    lines_close(&lines);
    close(ends[0]);
    return result;
}

START_TEST(lines_are_handed_out)
{
    ck_assert_str_eq(all_lines(""), "");
    ck_assert_str_eq(all_lines("a\nb\n"), "1:a 2:b ");
    ck_assert_str_eq(all_lines("a\r\n\nb"), "1:a 2: 3:b ");
    ck_assert_str_eq(all_lines("12345678\n123456789\nc\n"), "1:12345678 2:LONG 3:c ");
    ck_assert_str_eq(all_lines("a\n123456789012"), "1:a 2:LONG ");
}
END_TEST

START_TEST(a_long_line_takes_no_memory)
{
    static char block[10000];
    struct lines lines;
    const char *line;
    size_t size;
    int fd = open(path, O_RDWR | O_CREAT, 0600);

    memset(block, 'x', sizeof(block));
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(write(fd, block, sizeof(block)), (int)sizeof(block));
    ck_assert_int_eq(write(fd, "\nend\n", 5), 5);
    lseek(fd, 0, SEEK_SET);
    lines_open(&lines, fd, 1000);
    ck_assert_int_eq(lines_next(&lines, &line, &size), -EMSGSIZE);
    ck_assert_uint_le(lines.pending.capacity, 300000);
    ck_assert_int_eq(lines_next(&lines, &line, &size), 1);
    ck_assert_uint_eq(size, 3);
    ck_assert_int_eq(lines.number, 2);
    ck_assert_int_eq(lines_next(&lines, &line, &size), 0);
    lines_close(&lines);
    close(fd);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("follow");
    TCase *tcase = tcase_create("follow");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_log_that_is_not_there_yet);
    tcase_add_test(tcase, only_what_is_added);
    tcase_add_test(tcase, a_log_that_is_rewritten);
    tcase_add_test(tcase, a_log_that_starts_over);
    tcase_add_test(tcase, lines_are_handed_out);
    tcase_add_test(tcase, a_long_line_takes_no_memory);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
