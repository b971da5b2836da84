#include "quiet.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { QUIET_PATIENCE_S = 50 };

static int kept_stdout, kept_stderr, written;
static int open_before;

static int count_open(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;

    ck_assert_ptr_nonnull(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

void quiet_setup(void)
{
    signal(SIGPIPE, SIG_DFL);
    unsetenv("HISTORYD_SOCKET");
    unsetenv("XDG_RUNTIME_DIR");
    fflush(NULL);
    written = memfd_create("written", MFD_CLOEXEC);
    kept_stdout = dup(STDOUT_FILENO);
    kept_stderr = dup(STDERR_FILENO);
    ck_assert_int_ge(dup2(written, STDOUT_FILENO), 0);
    ck_assert_int_ge(dup2(written, STDERR_FILENO), 0);
    open_before = count_open();
}

void quiet_teardown(void)
{
    char text[512] = "";
    ssize_t size;

    ck_assert_int_eq(count_open(), open_before);
    fflush(NULL);
    dup2(kept_stdout, STDOUT_FILENO);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stdout);
    close(kept_stderr);
    size = pread(written, text, sizeof(text) - 1, 0);
    close(written);
    ck_assert_msg(size == 0, "written: %s", text);
}

TCase *quiet_tcase(const char *name)
{
    TCase *tcase = tcase_create(name);

    tcase_set_timeout(tcase, QUIET_PATIENCE_S);
    tcase_add_checked_fixture(tcase, quiet_setup, quiet_teardown);
    return tcase;
}

int quiet_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
