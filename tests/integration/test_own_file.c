/*
 * The daemon and its own file: nobody is served before the start has settled it, and what keeps
 * others from taking it away stays as long as it is served.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "database.h"
#include "program.h"
#include "scene.h"

enum {
    CALLS_MAX = 400,
    TICKS_MS = 2500, /* the daemon looks at its file each second */
};

/* --- the start -------------------------------------------------------------------------------- */

/* True once it has answered, false when it has ended without. */
static bool has_answered(struct subject *one)
{
    int64_t deadline = harness_deadline();
    int status;

    while (!subject_has_ended(one, &status)) {
        struct wire *there = wire_try(one->socket);

        if (there && wire_send_text(there, "{'method':'dev.historyd.history.Ping'}") &&
            wire_reply(there))
            return true;
        harness_turn(deadline, "an answer or the end");
    }
    ck_assert_int_eq(status, -SIGKILL);
    return false;
}

/* A killed daemon leaves its socket, so a socket says that one was served. */
static void settled_before_served(const struct subject *one, pid_t pid, int call)
{
    if (!harness_exists(one->socket))
        return;
    ck_assert_msg(harness_exists(one->database) &&
                      database_int(one->database, "SELECT count(*) FROM sqlite_schema"
                                                  " WHERE name = 'boots'") == 1 &&
                      database_int(one->database, "SELECT pid FROM boots ORDER BY id DESC") == pid,
                  "killed at call %d: there is a socket, and no record of the start", call);
    ck_assert_int_eq(unlink(one->socket), 0);
}

/* Killed at each of the calls by which the start changes files. */
START_TEST(settled_before_it_serves)
{
    struct subject *one = subject_new("one");
    bool answered = false;
    int call;

    one->environment[0] = "LD_PRELOAD=" DYING_DISK;
    one->environment[1] = "ASAN_OPTIONS=verify_asan_link_order=0";
    for (call = 1; !answered; call++) {
        pid_t pid;

        ck_assert_int_lt(call, CALLS_MAX);
        one->environment[2] = harness_text("HISTORYD_TEST_DEATH=%d", call);
        subject_spawn(one);
        pid = one->pid;
        answered = has_answered(one);
        if (!answered)
            settled_before_served(one, pid, call);
    }
    ck_assert_int_gt(call, 5);
    subject_kill(one);
    memset(one->environment, 0, sizeof(one->environment));
    subject_start(one);
}
END_TEST

/* --- its locks -------------------------------------------------------------------------------- */

/* Where SQLite keeps the lock of who has the database open, and of who has its shared memory. */
enum { DATABASE_BYTE = 0x40000002, DATABASE_BYTES = 510, SHARED_MEMORY_BYTE = 128 };

/* Whether the daemon has a lock there. This process has none of its own that closing could drop. */
static bool has_lock(const char *path, off_t start, off_t length)
{
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = length};
    int fd = open(path, O_RDWR | O_CLOEXEC);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fcntl(fd, F_GETLK, &lock), 0);
    close(fd);
    return lock.l_type != F_UNLCK && lock.l_pid == subject->pid;
}

/* Closing any descriptor of the file drops them, and another program may then remove the log. */
static void locks_are_there(const char *behind)
{
    ck_assert_msg(has_lock(subject->database, DATABASE_BYTE, DATABASE_BYTES),
                  "no lock on the database behind %s", behind);
    ck_assert_msg(has_lock(harness_text("%s-shm", subject->database), SHARED_MEMORY_BYTE, 1),
                  "no lock on the shared memory behind %s", behind);
}

START_TEST(its_locks_stay)
{
    static const char *const calls[][2] = {
        {"AppendEvents", "{'run_id':'r','events':[{'type':'a'}]}"},
        {"ListEvents", "{'run_id':'r'}"},
        {"GetStatus", NULL},
        {"GetMetrics", NULL},
        {"dev.historyd.admin.Checkpoint", NULL},
        {"dev.historyd.admin.CheckIntegrity", "{'quick':false}"},
        {"dev.historyd.admin.Backup", "{'name':'b.db'}"},
        {"dev.historyd.admin.ApplyRetention", "{'dry_run':false}"},
        {"CompleteRun", "{'run_id':'r','status':'completed'}"},
        {"dev.historyd.admin.DeleteRuns", "{'run_ids':['r']}"},
        {"dev.historyd.admin.Reload", NULL},
    };
    int64_t until = harness_now() + TICKS_MS;

    scene_run("r");
    locks_are_there("the start");
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        wire_call(wire, calls[i][0], "%s", calls[i][1] ? harness_quote(calls[i][1]) : "{}");
        locks_are_there(calls[i][0]);
    }
    while (harness_now() < until) {
        locks_are_there("a while");
        harness_turn(harness_deadline(), "a while");
    }
}
END_TEST

/* --- without it --------------------------------------------------------------------------------
 */

/* What it would acknowledge from then on would be lost with the file. */
static const char *const takings[] = {"rm %s", "mv %s away.db", "cp %s other.db && mv other.db %s"};

START_TEST(taken_away)
{
    scene_run("r");
    program_shell("%s", harness_text(takings[_i], subject->database, subject->database));
    ck_assert_int_eq(subject_wait(subject), 1);
    ck_assert_msg(
        strstr(subject_output(subject),
               harness_text("%s was removed or replaced while in use", subject->database)),
        "%s", subject_output(subject));
    ck_assert(!harness_exists(subject->socket));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("own_file");
    TCase *starts = harness_case(suite, "starts", 120);
    TCase *scenes = scene_case(suite, "scenes", 60);

    tcase_add_test(starts, settled_before_it_serves);
    tcase_add_test(scenes, its_locks_stay);
    tcase_add_loop_test(scenes, taken_away, 0, sizeof(takings) / sizeof(takings[0]));
    return harness_main(suite);
}
