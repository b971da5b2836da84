/* Lines of the log: what is shown as it is and what escaped, and how a line begins. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

static int pipe_ends[2];

/* What is written to stderr can be read; a second end keeps the true one for Check. */
static int stderr_kept;

static void setup(void)
{
    ck_assert_int_eq(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK), 0);
    stderr_kept = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    ck_assert_int_eq(dup2(pipe_ends[1], STDERR_FILENO), STDERR_FILENO);
    unsetenv("JOURNAL_STREAM");
    log_open();
}

static void teardown(void)
{
    dup2(stderr_kept, STDERR_FILENO);
    close(stderr_kept);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static const char *written(void)
{
    static char text[16384];
    ssize_t size = read(pipe_ends[0], text, sizeof(text) - 1);

    text[size > 0 ? size : 0] = '\0';
    return text;
}

/* The line without its beginning and its end, which must be there. */
static const char *shown(const char *text)
{
    const char *line, *begin;
    char *end;

    log_info("%s", text);
    line = written();
    begin = strstr(line, "]: ");
    ck_assert_msg(begin != NULL, "%s", line);
    end = strrchr(line, '\n');
    ck_assert_msg(end != NULL && end[1] == '\0', "%s", line);
    *end = '\0';
    return begin + 3;
}

static const struct {
    const char *text;
    const char *line;
} characters[] = {
    {"plain text, 100 %", NULL},
    {"tab\t, bell\a, escape\x1b[31m, delete\x7f",
     "tab\\x09, bell\\x07, escape\\x1b[31m, delete\\x7f"},
    {"two lines\n2026-01-01T00:00:00.000Z historyd[1]: forged",
     "two lines\\x0a2026-01-01T00:00:00.000Z historyd[1]: forged"},
    /* each size of a character, and its least and its greatest */
    {"\xc2\xa0\xc3\xa9\xdf\xbf\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbd\xf0\x90\x80\x80\xf4\x8f\xbf\xbf",
     NULL},
    {"\xed\x9f\xbf\xee\x80\x80", NULL}, /* around the surrogates */
    {"\xe2\x80\x8d\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", NULL}, /* around the marks */
    /* controls beyond ASCII, next line among them */
    {"\xc2\x80\xc2\x85\xc2\x9f", "\\xc2\\x80\\xc2\\x85\\xc2\\x9f"},
    /* marks that turn the direction of writing, and ends of lines and paragraphs */
    {"\xe2\x80\x8e\xe2\x80\x8f", "\\xe2\\x80\\x8e\\xe2\\x80\\x8f"},
    {"\xe2\x80\xa8\xe2\x80\xae", "\\xe2\\x80\\xa8\\xe2\\x80\\xae"},
    {"\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9"},
    /* no UTF-8: a lone tail, too long a form, surrogates, too great, cut, a wrong tail */
    {"\x80\xbf", "\\x80\\xbf"},
    {"\xc0\x80\xc1\xbf", "\\xc0\\x80\\xc1\\xbf"},
    {"\xe0\x9f\xbf\xf0\x8f\xbf\xbf", "\\xe0\\x9f\\xbf\\xf0\\x8f\\xbf\\xbf"},
    {"\xed\xa0\x80\xed\xbf\xbf", "\\xed\\xa0\\x80\\xed\\xbf\\xbf"},
    {"\xf4\x90\x80\x80\xf5\xff", "\\xf4\\x90\\x80\\x80\\xf5\\xff"},
    {"\xe2\x82", "\\xe2\\x82"},
    {"\xe2\x82z", "\\xe2\\x82z"},
};

START_TEST(what_is_escaped)
{
    const char *text = characters[_i].text;

    ck_assert_str_eq(shown(text), characters[_i].line ? characters[_i].line : text);
}
END_TEST

START_TEST(a_line_begins_with_the_time)
{
    int year, month, day, hour, minute, second, milli, pid;

    log_info("a line");
    ck_assert_int_eq(sscanf(written(), "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ historyd[%d]: a line\n", &year,
                            &month, &day, &hour, &minute, &second, &milli, &pid),
                     8);
    ck_assert_int_eq(pid, getpid());
}
END_TEST

/* However long it is, and wherever it is cut: one line, without a part of an escape. */
START_TEST(long_lines_are_cut)
{
    char text[4096];
    const char *line;
    size_t size;

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    line = shown(text);
    size = strlen(line);
    ck_assert_uint_gt(size, 1900);
    ck_assert_uint_lt(size, 2048);
    ck_assert_uint_eq(strspn(line, "x"), size);
    memset(text, '\n', sizeof(text) - 1);
    line = shown(text);
    size = strlen(line);
    ck_assert_uint_eq(size % 4, 0);
    for (size_t i = 0; i < size; i += 4)
        ck_assert_mem_eq(line + i, "\\x0a", 4);
}
END_TEST

/* The journal parses the priority, and tells the time and the pid by itself. */
START_TEST(in_the_journal)
{
    struct stat st;
    char stream[64];

    ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
             (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    log_open();
    log_error("an error");
    ck_assert_str_eq(written(), "<3>an error\n");
    log_warning("a warning\n<0>forged");
    ck_assert_str_eq(written(), "<4>a warning\\x0a<0>forged\n");
    log_info("news");
    ck_assert_str_eq(written(), "<6>news\n");
}
END_TEST

/* stderr was taken elsewhere since. */
static const char *const other_streams[] = {"1:%llu", "%llu:1", "journal", ""};

START_TEST(not_in_the_journal)
{
    struct stat st;
    char stream[64];

    ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
    snprintf(stream, sizeof(stream), other_streams[_i],
             (unsigned long long)(_i == 0 ? st.st_ino : st.st_dev));
    setenv("JOURNAL_STREAM", stream, 1);
    log_open();
    ck_assert_str_eq(shown("a line"), "a line");
}
END_TEST

/* Peers may not fill the disk with lines about them; how many are missing is told. */
START_TEST(many_lines_about_peers)
{
    enum { LINES = 100 };
    char missing[64];
    int n = 0;

    for (int i = 0; i < LINES; i++) {
        const char *text;

        log_peer(NULL, "line %d", i);
        text = written();
        n += strstr(text, "]: line ") != NULL;
        ck_assert_int_lt(n, LINES / 2);
    }
    ck_assert_int_ge(n, 10);
    snprintf(missing, sizeof(missing), "]: %d more lines about peers were left out\n", LINES - n);
    for (;;) {
        const char *text;

        usleep(20000);
        log_peer(NULL, "later");
        text = written();
        if (!strstr(text, "left out"))
            continue;
        ck_assert_msg(atoi(strstr(text, "]: ") + 3) >= LINES - n, "not %s but %s", missing, text);
        ck_assert_ptr_nonnull(strstr(text, "]: later\n"));
        break;
    }
}
END_TEST

START_TEST(nobody_reads)
{
    dup2(stderr_kept, STDERR_FILENO);
    close(STDERR_FILENO);
    log_info("lost");
    ck_assert_int_eq(dup2(pipe_ends[1], STDERR_FILENO), STDERR_FILENO);
    ck_assert_str_eq(shown("there again"), "there again");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tcase = tcase_create("log");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_is_escaped, 0, sizeof(characters) / sizeof(characters[0]));
    tcase_add_test(tcase, a_line_begins_with_the_time);
    tcase_add_test(tcase, long_lines_are_cut);
    tcase_add_test(tcase, in_the_journal);
    tcase_add_loop_test(tcase, not_in_the_journal, 0,
                        sizeof(other_streams) / sizeof(other_streams[0]));
    tcase_add_test(tcase, many_lines_about_peers);
    tcase_add_test(tcase, nobody_reads);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
