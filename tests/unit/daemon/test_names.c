/*
 * The names of [access]: what they are taken for, and whom they let in.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "access.h"

static struct access *made;

static void teardown(void)
{
    access_free(made);
}

static void make(const char *read, const char *record, const char *administer)
{
    const char *const names[ROLES] = {
        [ROLE_READ] = read, [ROLE_RECORD] = record, [ROLE_ADMINISTER] = administer};

    access_free(made);
    made = NULL;
    ck_assert_int_eq(access_new(names, &made), 0);
}

static unsigned int roles_of(uid_t uid, gid_t first, gid_t second)
{
    const gid_t gids[] = {first, second};

    /* Nobody these tests ask about is the one who runs them. */
    ck_assert_uint_ne(uid, geteuid());
    return access_roles(made, uid, gids, 2);
}

#define ANYBODY ROLE_BIT(ROLE_ANYBODY)
#define READ    ROLE_BIT(ROLE_READ)
#define RECORD  ROLE_BIT(ROLE_RECORD)

START_TEST(each_role_by_itself)
{
    make("70001", " 70002\t@80002 ", "70003");
    ck_assert_uint_eq(roles_of(70001, 1, 2), ANYBODY | READ);
    ck_assert_uint_eq(roles_of(70002, 1, 2), ANYBODY | RECORD);
    ck_assert_uint_eq(roles_of(70003, 1, 2), ROLES_ALL);
    ck_assert_uint_eq(roles_of(70004, 1, 80002), ANYBODY | RECORD);
    ck_assert_uint_eq(roles_of(70004, 80002, 1), ANYBODY | RECORD);
    ck_assert_uint_eq(roles_of(70001, 80002, 1), ANYBODY | READ | RECORD);
    ck_assert_uint_eq(roles_of(80002, 70001, 70003), ANYBODY);
    make("*", "", "");
    ck_assert_uint_eq(roles_of(70001, 1, 2), ANYBODY | READ);
    make("", "", "*");
    ck_assert_uint_eq(roles_of(70001, 1, 2), ROLES_ALL);
    make("", "", "");
    ck_assert_uint_eq(roles_of(70001, 1, 2), ANYBODY);
}
END_TEST

START_TEST(masters_may_do_all)
{
    const gid_t gid = 80001;

    make("", "", "");
    ck_assert_uint_eq(access_roles(made, 0, &gid, 1), ROLES_ALL);
    ck_assert_uint_eq(access_roles(made, geteuid(), &gid, 1), ROLES_ALL);
}
END_TEST

START_TEST(names_are_looked_up)
{
    make("@root", "daemon", "@daemon");
    ck_assert_uint_eq(roles_of(70001, 1000, 0), ANYBODY | READ);
    ck_assert_uint_eq(roles_of(1, 1000, 2000), ANYBODY | RECORD);
    ck_assert_uint_eq(roles_of(70001, 1, 2000), ROLES_ALL);
}
END_TEST

static const struct {
    const char *names;
    const char *words; /* NULL: in order */
} checked[] = {
    {"", NULL},
    {"*", NULL},
    {"root", NULL},
    {"root @root * 0 @0 4294967294", NULL},
    {" \t root\t", NULL},
    {"nobody-of-this-name", "there is no user \"nobody-of-this-name\" here"},
    {"root @nobody-of-this-name", "there is no group \"nobody-of-this-name\" here"},
    {"@", "there is no group \"\""},
    {"@*", "there is no group \"*\""},
    {"**", "there is no user \"**\""},
    {"root,daemon", "there is no user \"root,daemon\""},
    {"4294967295", "there is no user \"4294967295\""},
    {"99999999999999999999", "there is no user"},
    {"12x", "there is no user \"12x\""},
    {"-1", "there is no user \"-1\""},
    {"+5", "there is no user \"+5\""},
};

START_TEST(checks)
{
    char reason[ACCESS_REASON_SIZE] = "";
    int r = access_check(checked[_i].names, reason);

    ck_assert_int_eq(r, checked[_i].words ? -1 : 0);
    if (checked[_i].words)
        ck_assert_msg(strstr(reason, checked[_i].words) != NULL, "%s", reason);
}
END_TEST

/* A long name is cut, and the reason still says what to do. */
START_TEST(long_names)
{
    char reason[ACCESS_REASON_SIZE], name[4000];

    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    ck_assert_int_eq(access_check(name, reason), -1);
    ck_assert_ptr_nonnull(strstr(reason, "or * for everybody"));
}
END_TEST

START_TEST(one_that_is_gone)
{
    const char *const names[ROLES] = {
        [ROLE_READ] = "root", [ROLE_RECORD] = "nobody-of-this-name", [ROLE_ADMINISTER] = ""};
    struct access *none = NULL;

    ck_assert_int_eq(access_new(names, &none), -1);
    ck_assert_ptr_null(none);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("names");
    TCase *tests = tcase_create("names");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, each_role_by_itself);
    tcase_add_test(tests, masters_may_do_all);
    tcase_add_test(tests, names_are_looked_up);
    tcase_add_loop_test(tests, checks, 0, sizeof(checked) / sizeof(checked[0]));
    tcase_add_test(tests, long_names);
    tcase_add_test(tests, one_that_is_gone);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
