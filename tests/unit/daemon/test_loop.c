/* The loop without memory. */
#include <check.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "loop.h"

/* A number for which libuv makes a table of 32,768. */
enum { HIGH = 16400, TABLE = 32768 * sizeof(void *), HEADROOM = 64 << 10 };

static int64_t address_space(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long pages = 0;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%ld", &pages), 1);
    fclose(file);
    return pages * sysconf(_SC_PAGESIZE);
}

static void ignore(void *data)
{
    (void)data;
}

/* Where there is no memory for a larger table a descriptor with a high number is watched, and
 * nothing ends. */
START_TEST(a_table_that_can_not_grow)
{
    struct rlimit files, memory, little;
    struct descriptor_watch *watch;
    struct loop *loop;
    int ends[2], fd;
    void *block;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_msg(files.rlim_max > HIGH, "only %ld descriptors allowed here", (long)files.rlim_max);
    files.rlim_cur = files.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_int_eq(loop_new(&loop), 0);
    ck_assert_int_eq(pipe(ends), 0);
    fd = fcntl(ends[0], F_DUPFD, HIGH);
    ck_assert_int_ge(fd, HIGH);
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &memory), 0);
    little = (struct rlimit){(rlim_t)address_space() + HEADROOM, memory.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &little), 0);
    block = malloc(TABLE);
    ck_assert_ptr_null(block);
    ck_assert_int_eq(descriptor_watch_new(loop, fd, ignore, NULL, &watch), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &memory), 0);
    descriptor_watch_close(watch);
    loop_free(loop);
    close(fd);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

/* The table is one loop's at a time; another loop has its own. */
START_TEST(two_loops)
{
    struct loop *first, *second;

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(loop_new(&first), 0);
        ck_assert_int_eq(loop_new(&second), 0);
        loop_free(first);
        loop_free(second);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *tests = tcase_create("loop");
    SRunner *runner;
    int failed;

    tcase_add_test(tests, a_table_that_can_not_grow);
    tcase_add_test(tests, two_loops);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
