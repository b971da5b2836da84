/*
 * Another user's process: what it may do, what it is refused, and what the log says of it.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

enum { STRANGER = 65534 };

/* The credentials a daemon sees are those of the moment of connecting. */
static struct wire *strangers_wire(void)
{
    struct wire *stranger;

    ck_assert_int_eq(chmod(subject->socket, 0666), 0);
    ck_assert_int_eq(chmod(harness_folder(), 0755), 0);
    ck_assert_int_eq(seteuid(STRANGER), 0);
    stranger = wire_try(subject->socket);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_ptr_nonnull(stranger);
    return stranger;
}

static int lines_with(const char *words)
{
    int lines = 0;

    for (const char *at = subject_output(subject); (at = strstr(at, words)); at++)
        lines++;
    return lines;
}

START_TEST(stranger_records_and_does_not_administer)
{
    struct wire *stranger;

    if (geteuid() != 0)
        return;
    stranger = strangers_wire();
    wire_call(stranger, "CreateRun", "{'id':'r','repo_path':'/r'}");
    answer_matches(wire_call(stranger, "GetRun", "{'run_id':'r'}"), "{'run':{'id':'r'}}");
    for (int i = 0; i < 3; i++)
        wire_call_error(stranger, "org.varlink.service.PermissionDenied",
                        "dev.historyd.admin.Checkpoint", NULL);
    wire_call(stranger, "Ping", NULL);
    wire_close(stranger);
    /* A new connection does not make it a new peer. */
    stranger = strangers_wire();
    wire_call_error(stranger, "org.varlink.service.PermissionDenied", "dev.historyd.admin.Reload",
                    NULL);
    ck_assert_int_eq(lines_with("may not call"), 1);
    ck_assert_int_eq(lines_with(harness_text("pid %d (", (int)getpid())), 1);
    ck_assert_int_eq(lines_with("(test_access), uid 65534 may not call dev.historyd.admin."
                                "Checkpoint, which needs the role administer"),
                     1);
    wire_call(wire, "dev.historyd.admin.Checkpoint", NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("access");
    TCase *test_case = scene_case(suite, "access", 60);

    tcase_add_test(test_case, stranger_records_and_does_not_administer);
    return harness_main(suite);
}
