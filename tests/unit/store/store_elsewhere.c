#include "store_fixture.h"

#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Never by fork() alone: the child would have this process's SQLite with the locks its other
 * threads held at that moment. */
static pid_t elsewhere_start(const char *sql, const char *killed, int out)
{
    const char *const arguments[] = {"elsewhere", fixture.path, sql, killed, NULL};
    posix_spawn_file_actions_t actions;
    pid_t child = -1;

    ck_assert_int_eq(posix_spawn_file_actions_init(&actions), 0);
    if (out >= 0)
        ck_assert_int_eq(posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO), 0);
    ck_assert_int_eq(posix_spawn(&child, ELSEWHERE_PROGRAM, &actions, NULL,
                                 (char *const *)(void *)arguments, environ),
                     0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
}

void killed_exec(const char *sql)
{
    int status = 0;
    pid_t child = elsewhere_start(sql, "killed", -1);

    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status), "%s", sql);
}

int64_t elsewhere_int(const char *sql)
{
    char answer[32] = "";
    int status = 0;
    int ends[2];
    pid_t child;

    ck_assert_int_eq(pipe(ends), 0);
    child = elsewhere_start(sql, NULL, ends[1]);
    close(ends[1]);
    ck_assert_int_ge(read(ends[0], answer, sizeof(answer) - 1), 0);
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", sql);
    return strtoll(answer, NULL, 10);
}
