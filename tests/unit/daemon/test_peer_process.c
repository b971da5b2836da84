/* What /proc says of a process, and whether it is still the one it was. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "peer_process.h"

#define FIELDS_5_TO_21 "1 4 4 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1"

static const struct {
    const char *line;
    int result;
    int64_t start;
} lines[] = {
    {"42 (cat) S " FIELDS_5_TO_21 " 0 7890 123 4\n", 0, 7890},
    /* the name may hold anything */
    {"42 (a) b (c) R 1 2 3) S " FIELDS_5_TO_21 " 0 7890 123\n", 0, 7890},
    {"42 (cat) S " FIELDS_5_TO_21 " 0 9223372036854775807", 0, INT64_MAX},
    {"42 (cat) Z " FIELDS_5_TO_21 " 0 7890 0\n", -ESRCH, 0},
    {"42 (cat) X " FIELDS_5_TO_21 " 0 7890 0\n", -ESRCH, 0},
    {"", -EINVAL, 0},
    {"42 (cat", -EINVAL, 0},
    {"42 (cat)", -EINVAL, 0},
    {"42 (cat)S 1", -EINVAL, 0},
    {"42 (cat) ", -EINVAL, 0},
    {"42 (cat) S 1 2 3\n", -EINVAL, 0},
    {"42 (cat) S " FIELDS_5_TO_21 " 0 ", -EINVAL, 0},
    {"42 (cat) S " FIELDS_5_TO_21 " 0 x\n", -EINVAL, 0},
    {"42 (cat) S " FIELDS_5_TO_21 " 0 78x90\n", -EINVAL, 0},
    {"42 (cat) S " FIELDS_5_TO_21 " 0 0\n", -EINVAL, 0},
    {"42 (cat) S " FIELDS_5_TO_21 " 0 -7\n", -EINVAL, 0},
    {"42 (cat) S " FIELDS_5_TO_21 " 0 9223372036854775808\n", -EINVAL, 0},
};

START_TEST(lines_of_proc)
{
    int64_t start = 0;

    ck_assert_int_eq(process_stat_read(lines[_i].line, &start), lines[_i].result);
    ck_assert_int_eq(start, lines[_i].start);
}
END_TEST

static pid_t child(void)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        pause();
        _exit(0);
    }
    return pid;
}

START_TEST(a_process_lives_and_ends)
{
    int64_t before = process_ticks(), start, again;
    pid_t pid = child();
    int pidfd, other;

    ck_assert_int_eq(process_find(pid, &pidfd, &start), 0);
    ck_assert_int_ge(pidfd, 0);
    ck_assert_int_ge(start, before - 1);
    ck_assert_int_le(start, process_ticks());
    ck_assert_int_eq(process_start(pid, pidfd, &again), 0);
    ck_assert_int_eq(again, start);
    ck_assert_int_eq(process_start(pid, -1, &again), 0);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitid(P_PID, (id_t)pid, &(siginfo_t){.si_pid = 0}, WEXITED | WNOWAIT), 0);
    /* it only waits to be reaped */
    ck_assert_int_eq(process_start(pid, pidfd, &again), -ESRCH);
    ck_assert_int_eq(process_start(pid, -1, &again), -ESRCH);
    ck_assert_int_eq(process_find(pid, &other, &again), -ESRCH);
    waitpid(pid, NULL, 0);
    ck_assert_int_eq(process_find(pid, &other, &again), -ESRCH);
    ck_assert_int_eq(process_open(pid), -ESRCH);
    ck_assert_int_eq(process_start(pid, pidfd, &again), -ESRCH);
    close(pidfd);
}
END_TEST

START_TEST(the_boot_has_a_name)
{
    char id[BOOT_ID_SIZE], again[BOOT_ID_SIZE];

    process_boot(id);
    process_boot(again);
    ck_assert_uint_eq(strlen(id), 36);
    ck_assert_uint_eq(strspn(id, "0123456789abcdef-"), 36);
    ck_assert_str_eq(id, again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("peer process");
    TCase *tcase = tcase_create("peer process");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, lines_of_proc, 0, sizeof(lines) / sizeof(lines[0]));
    tcase_add_test(tcase, a_process_lives_and_ends);
    tcase_add_test(tcase, the_boot_has_a_name);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
