/* Lines with fields: one datagram each, as the journal's protocol has it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "journal.h"

static char folder[] = "/tmp/historyd-journal-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int journal;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", folder);
    journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(journal, (struct sockaddr *)&address, sizeof(address)), 0);
    journal_open(address.sun_path);
}

static void teardown(void)
{
    journal_close();
    close(journal);
    unlink(address.sun_path);
    rmdir(folder);
}

static const char *received(void)
{
    static char text[8192];
    ssize_t size = recv(journal, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[size > 0 ? size : 0] = '\0';
    return text;
}

START_TEST(fields)
{
    ck_assert(journal_send(4, "a line", &(struct log_about){.run_id = "nightly-1"}));
    ck_assert_str_eq(received(), "PRIORITY=4\nSYSLOG_IDENTIFIER=historyd\nMESSAGE=a line\n"
                                 "HISTORYD_RUN_ID=nightly-1\n");
    ck_assert(journal_send(6, "=", &(struct log_about){.peer = true, .pid = 4711, .uid = 1000}));
    ck_assert_str_eq(received(), "PRIORITY=6\nSYSLOG_IDENTIFIER=historyd\nMESSAGE==\n"
                                 "HISTORYD_PEER_PID=4711\nHISTORYD_PEER_UID=1000\n");
    ck_assert(journal_send(
        6, "=", &(struct log_about){.peer = true, .pid = 1, .uid = 0, .command = "make -j"}));
    ck_assert_str_eq(received(), "PRIORITY=6\nSYSLOG_IDENTIFIER=historyd\nMESSAGE==\n"
                                 "HISTORYD_PEER_PID=1\nHISTORYD_PEER_UID=0\n"
                                 "HISTORYD_PEER_COMM=make -j\n");
}
END_TEST

/* No text makes fields of its own. */
START_TEST(no_forged_fields)
{
    ck_assert(!journal_send(4, "a\nPRIORITY=0", &(struct log_about){.run_id = "r"}));
    ck_assert_str_eq(received(), "");
    ck_assert(journal_send(4, "a", &(struct log_about){.run_id = "r\nPRIORITY=0"}));
    ck_assert_str_eq(received(), "PRIORITY=4\nSYSLOG_IDENTIFIER=historyd\nMESSAGE=a\n");
    ck_assert(journal_send(4, "a", &(struct log_about){.peer = true, .command = "c\nPRIORITY=0"}));
    ck_assert_str_eq(received(), "PRIORITY=4\nSYSLOG_IDENTIFIER=historyd\nMESSAGE=a\n"
                                 "HISTORYD_PEER_PID=0\nHISTORYD_PEER_UID=0\n");
}
END_TEST

START_TEST(too_long)
{
    char text[8000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    ck_assert(!journal_send(4, text, &(struct log_about){.run_id = "r"}));
    ck_assert(!journal_send(4, "a", &(struct log_about){.run_id = text}));
    ck_assert_str_eq(received(), "");
}
END_TEST

/* It is gone, full or was never there: the line goes another way, and nobody waits. */
START_TEST(nobody_listens)
{
    const struct log_about about = {.run_id = "r"};
    int sent = 0;

    while (sent < 1000000 && journal_send(4, "a", &about))
        sent++;
    ck_assert_int_gt(sent, 0);
    ck_assert_int_lt(sent, 1000000);
    unlink(address.sun_path);
    ck_assert(!journal_send(4, "a", &about));
    journal_close();
    ck_assert(!journal_send(4, "a", &about));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, fields);
    tcase_add_test(tests, no_forged_fields);
    tcase_add_test(tests, too_long);
    tcase_add_test(tests, nobody_listens);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
