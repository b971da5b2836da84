#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

static char folder[] = "/tmp/historyd-config-XXXXXX";
static char path[64];
static struct config config;
static struct config_problem problem;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/historyd.conf", folder);
    config_init(&config);
}

static void teardown(void)
{
    config_clear(&config);
    unlink(path);
    rmdir(folder);
}

static int read_text(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return config_read(&config, path, true, &problem);
}

START_TEST(test_all_kinds)
{
    ck_assert_int_eq(read_text("# a comment\n"
                               "[daemon]\n"
                               "socket = /run/x/socket\n"
                               "socket_mode = 0600\n"
                               "[store]\n"
                               "synchronous = normal\n"
                               "readers=3\n"
                               "[limits]\n"
                               "message_ms = 1500 ; of half a message\n"),
                     0);
    ck_assert_str_eq(config.socket, "/run/x/socket");
    ck_assert_int_eq(config.socket_mode, 0600);
    ck_assert_int_eq(config.normal_sync, 1);
    ck_assert_int_eq(config.readers, 3);
    ck_assert_int_eq(config.message_ms, 1500);
    ck_assert_int_eq(config.send_ms, 30000);
}
END_TEST

/* Each refusal names the file, the line and what is allowed. */
static const struct {
    const char *text;
    const char *line;
    const char *words;
} refused[] = {
    {"[limits]\n\ncalls = many\n", ":3: ", "whole numbers from 1 to 100000"},
    {"[limits]\ncalls = 0\n", ":2: ", "whole numbers from 1 to 100000"},
    {"[limits]\ncalls = 1.5\n", ":2: ", "whole numbers"},
    {"[limits]\ncalls = 99999999999999999999\n", ":2: ", "whole numbers"},
    {"[store]\nsynchronous = off\n", ":2: ", "full and normal"},
    {"[daemon]\nsocket_mode = 0999\n", ":2: ", "octal digits from 0 to 777"},
    {"[daemon]\nsocket =\n", ":2: ", "a path of 1 to 107 bytes"},
    {"[daemon]\nsokket = x\n", ":2: ", "unknown key \"sokket\" in [daemon]; the keys are: socket,"},
    {"[limits]\ncalls = 5\n[store]\n[limits]\ncalls = 6\n", ":5: ", "calls is given twice"},
    {"[network]\nport = 1\n", ":2: ", "unknown section [network]"},
    {"port = 1\n", ":1: ", "unknown section []"},
    {"[daemon]\n\nnonsense\n", ":3: ", "neither a [section], a comment nor"},
};

START_TEST(test_refused)
{
    ck_assert_int_lt(read_text(refused[_i].text), 0);
    ck_assert_msg(strncmp(problem.message, path, strlen(path)) == 0 &&
                      strncmp(problem.message + strlen(path), refused[_i].line,
                              strlen(refused[_i].line)) == 0,
                  "%s", problem.message);
    ck_assert_msg(strstr(problem.message, refused[_i].words) != NULL, "%s", problem.message);
}
END_TEST

START_TEST(test_missing_file)
{
    ck_assert_int_eq(config_read(&config, "/nonexistent/historyd.conf", false, &problem), 0);
    ck_assert_int_lt(config_read(&config, "/nonexistent/historyd.conf", true, &problem), 0);
    ck_assert_ptr_nonnull(strstr(problem.message, "/nonexistent/historyd.conf"));
}
END_TEST

/* The shipped file names every default: read with its comment signs taken off it changes nothing.
 */
START_TEST(test_shipped_file_is_the_default)
{
    FILE *shipped = fopen(SHIPPED_CONFIG, "r"), *bare = fopen(path, "w");
    struct config defaults;
    char line[512];
    int keys = 0;

    ck_assert_ptr_nonnull(shipped);
    while (fgets(line, sizeof(line), shipped)) {
        bool key = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';

        keys += key;
        fputs(key ? line + 1 : line, bare);
    }
    fclose(shipped);
    fclose(bare);
    ck_assert_int_eq(keys, 25);
    ck_assert_msg(config_read(&config, path, true, &problem) == 0, "%s", problem.message);
    config_clear(&config);
    config_init(&defaults);
    ck_assert_int_eq(config.socket_mode, defaults.socket_mode);
    ck_assert_int_eq(config.normal_sync, defaults.normal_sync);
    ck_assert_int_eq(config.readers, defaults.readers);
    ck_assert_int_eq(config.cache_kib, defaults.cache_kib);
    ck_assert_int_eq(config.checkpoint_pages, defaults.checkpoint_pages);
    ck_assert_int_eq(config.journal_kib, defaults.journal_kib);
    ck_assert_mem_eq(&config.limits, &defaults.limits, sizeof(config.limits));
    ck_assert_int_eq(config.connections, defaults.connections);
    ck_assert_int_eq(config.calls, defaults.calls);
    ck_assert_int_eq(config.message_ms, defaults.message_ms);
    ck_assert_int_eq(config.send_ms, defaults.send_ms);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("config");
    TCase *tests = tcase_create("config");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, test_all_kinds);
    tcase_add_loop_test(tests, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tests, test_missing_file);
    tcase_add_test(tests, test_shipped_file_is_the_default);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
