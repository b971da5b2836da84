/*
 * Other users' processes: what they may do, what they are refused, and what the log says of it.
 */
#include <string.h>
#include <unistd.h>

#include "program.h"
#include "strangers.h"

enum { READER = 6001, RECORDER, MASTER, NOBODY = 65534, TEAM = 4242, OTHER_TEAM };

static const char denied[] = "org.varlink.service.PermissionDenied";

static int lines_with(const char *words)
{
    int lines = 0;

    for (const char *at = subject_output(subject); (at = strstr(at, words)); at++)
        lines++;
    return lines;
}

START_TEST(stranger_records_and_does_not_administer)
{
    struct wire *stranger = stranger_wire(NOBODY);

    wire_call(stranger, "CreateRun", "{'id':'r','repo_path':'/r'}");
    answer_matches(wire_call(stranger, "GetRun", "{'run_id':'r'}"), "{'run':{'id':'r'}}");
    for (int i = 0; i < 3; i++)
        wire_call_error(stranger, denied, "dev.historyd.admin.Checkpoint", NULL);
    wire_call(stranger, "Ping", NULL);
    wire_close(stranger);
    /* A new connection does not make it a new peer. */
    stranger = stranger_wire(NOBODY);
    wire_call_error(stranger, denied, "dev.historyd.admin.Reload", NULL);
    ck_assert_int_eq(lines_with("may not call"), 1);
    ck_assert_int_eq(lines_with(harness_text("pid %d (", (int)getpid())), 1);
    ck_assert_int_eq(lines_with("(test_access), uid 65534 may not call dev.historyd.admin."
                                "Checkpoint, which needs the role administer; to allow it, name "
                                "the user or one of their groups under administer in [access]"),
                     1);
    wire_call(wire, "dev.historyd.admin.Checkpoint", NULL);
}
END_TEST

/* What a peer may do, one call for each role; none has an effect a second time. */
static void may(struct wire *peer, bool read, bool record, bool administer)
{
    wire_call(peer, "Ping", NULL);
    if (read)
        wire_call(peer, "ListRuns", NULL);
    else
        wire_call_error(peer, denied, "ListRuns", NULL);
    if (record)
        wire_call(peer, "CreateRun", "{'id':'r','repo_path':'/r'}");
    else
        wire_call_error(peer, denied, "CreateRun", "{'id':'r','repo_path':'/r'}");
    if (administer)
        wire_call(peer, "dev.historyd.admin.Checkpoint", NULL);
    else
        wire_call_error(peer, denied, "dev.historyd.admin.Checkpoint", NULL);
}

static const char strict[] = "[access]\nread = 6001 @4242\nrecord = 6002\nadminister = 6003\n";

START_TEST(users_by_role)
{
    strangers_restart(strict);
    may(stranger_wire(READER), true, false, false);
    may(stranger_wire(RECORDER), false, true, false);
    may(stranger_wire(MASTER), true, true, true);
    may(stranger_wire(NOBODY), false, false, false);
    may(wire, true, true, true);
}
END_TEST

START_TEST(groups_by_role)
{
    const gid_t groups[] = {7001, 7002, TEAM, 0}, others[] = {OTHER_TEAM, 0};
    gid_t many[201] = {0};

    strangers_restart(strict);
    may(stranger_try(NOBODY, TEAM, NULL), true, false, false);
    may(stranger_try(NOBODY, NOBODY, groups), true, false, false);
    may(stranger_try(NOBODY, NOBODY, others), false, false, false);
    /* The number of a user is not that of a group. */
    may(stranger_try(TEAM, NOBODY, NULL), false, false, false);
    may(stranger_try(NOBODY, RECORDER, NULL), false, false, false);
    for (gid_t i = 0; i < 200; i++)
        many[i] = 8000 + i;
    many[199] = TEAM;
    may(stranger_try(NOBODY, NOBODY, many), true, false, false);
}
END_TEST

START_TEST(a_reload_counts_for_who_is_connected)
{
    struct wire *recorder;

    strangers_restart(strict);
    recorder = stranger_wire(RECORDER);
    may(recorder, false, true, false);
    strangers_reload("[access]\nread = 6002\nrecord =\n");
    may(recorder, true, false, false);
    strangers_reload("");
    may(recorder, true, true, false);
    strangers_reload("[access]\nadminister = @6002\n");
    may(recorder, true, true, true);
}
END_TEST

static void watch_from_now(struct wire *watcher)
{
    wire_start(watcher, "Watch", "'more':true", NULL);
    answer_matches(wire_result(watcher), "{'ready':true}");
}

/* Its stream, and a call that waits behind it. */
START_TEST(watching_ends_with_the_right)
{
    struct wire *loser, *keeper, *master;

    strangers_restart("");
    scene_run("r");
    loser = stranger_wire(READER);
    keeper = stranger_try(NOBODY, TEAM, NULL);
    master = wire_open(subject);
    watch_from_now(loser);
    watch_from_now(keeper);
    watch_from_now(master);
    wire_start(loser, "GetRun", NULL, "{'run_id':'r'}");
    wire_start(loser, "CreateRun", NULL, "{'id':'late','repo_path':'/r'}");
    strangers_reload("[access]\nread = @4242\n");
    wire_error(loser, denied);
    wire_error(loser, denied);
    answer_matches(wire_result(loser), "{'run':{'id':'late'}}");
    wire_call_error(loser, denied, "GetRun", "{'run_id':'r'}");
    for (int i = 0; i < 2; i++)
        answer_matches(wire_result(i ? keeper : master), "{'run':{'id':'late'}}");
    scene_event("r", "seen");
    answer_matches(wire_result(keeper), "{'events':[{'type':'seen'}]}");
    answer_matches(wire_result(master), "{'events':[{'type':'seen'}]}");
    answer_matches(wire_call(wire, "GetStatus", NULL), "{'watchers':2}");
}
END_TEST

/* A watcher whose answers stand unread, and one that reads what is stored, end too. */
START_TEST(watching_ends_in_any_state)
{
    struct wire *watchers[20];
    const char *events = harness_repeat(
        harness_text(",{'type':'a','payload':{'text':'%s'}}", harness_repeat("x", 4000)), 999);

    strangers_restart("");
    scene_run("r");
    wire_call(wire, "AppendEvents", "{'run_id':'r','events':[{'type':'a'}%s]}", events);
    for (int i = 0; i < 20; i++) {
        watchers[i] = stranger_wire(READER);
        wire_start(watchers[i], "Watch", "'more':true", "{'after_id':0}");
    }
    strangers_reload("[access]\nread =\n");
    for (int i = 0; i < 20; i++) {
        cJSON *reply;

        do
            reply = wire_reply(watchers[i]);
        while (reply && !answer_find(reply, "error"));
        ck_assert_ptr_nonnull(reply);
        ck_assert_str_eq(answer_text(reply, "error"), denied);
        wire_call(watchers[i], "Ping", NULL);
    }
    answer_matches(wire_call(wire, "GetStatus", NULL), "{'watchers':0}");
}
END_TEST

START_TEST(unknown_names_are_refused)
{
    const char *const command[] = {subject_program(), "--check-config", "--config",
                                   harness_path("wrong.conf"), NULL};
    static const char wrong[] = "[access]\nread = *\nrecord = root @no-such-team\n";
    const struct program *run;
    const cJSON *error;

    harness_write_file(command[3], wrong, sizeof(wrong) - 1);
    run = program_run(NULL, command);
    ck_assert_int_eq(run->status, 78);
    ck_assert_ptr_nonnull(strstr(run->err, "wrong.conf:3: record = root @no-such-team: there is no "
                                           "group \"no-such-team\" here"));
    strangers_restart("");
    subject_configure(subject, wrong);
    error = wire_call_error(wire, "InvalidParameter", "dev.historyd.admin.Reload", NULL);
    ck_assert_ptr_nonnull(strstr(answer_text(error, "parameter"), ":3: record = "));
    wire_close(wire);
    subject_stop(subject);
    subject_spawn(subject);
    ck_assert_int_eq(subject_wait(subject), 78);
    ck_assert_ptr_nonnull(strstr(subject_output(subject), ":3: record = root @no-such-team"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("access");
    TCase *anybody = scene_case(suite, "configuration", 60);
    TCase *test_case = scene_case(suite, "access", 60);

    tcase_add_test(anybody, unknown_names_are_refused);
    if (strangers_possible()) {
        tcase_add_test(test_case, stranger_records_and_does_not_administer);
        tcase_add_test(test_case, users_by_role);
        tcase_add_test(test_case, groups_by_role);
        tcase_add_test(test_case, a_reload_counts_for_who_is_connected);
        tcase_add_test(test_case, watching_ends_with_the_right);
        tcase_add_test(test_case, watching_ends_in_any_state);
    }
    return harness_main(suite);
}
