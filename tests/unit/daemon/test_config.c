#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config_keys.h"

static char folder[] = "/tmp/historyd-config-XXXXXX";
static char path[64];
static struct config config;
static struct config_problem problem;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/historyd.conf", folder);
    ck_assert_int_eq(config_init(&config), 0);
}

static void teardown(void)
{
    config_clear(&config);
    unlink(path);
    rmdir(folder);
}

static int read_bytes(const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return config_read(&config, path, true, &problem);
}

static int read_text(const char *text)
{
    return read_bytes(text, strlen(text));
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

/* A list is as long as its key allows, however short a line must be. */
START_TEST(test_long_lists)
{
    char text[8192] = "[redaction]\nmode = allow-list\nkeys = one\n\ttwo\n; not three\nallow =";
    char expected[8192] = "";

    for (int i = 0; i < 256; i++) {
        char name[16];

        snprintf(name, sizeof(name), "name_%03d_x", i);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", i % 16 ? " " : "\n  ",
                 name);
        snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), " %s", name);
    }
    snprintf(text + strlen(text), sizeof(text) - strlen(text), "\n[access]\nread = root\n  0\n");
    ck_assert_int_eq(read_text(text), 0);
    ck_assert_str_eq(config.redaction_allow, expected);
    ck_assert_str_eq(config.redaction_keys, "one two");
    ck_assert_str_eq(config.access_read, "root 0");
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
    {"[store]\nsynchronous = off\n", ":2: ", "allowed are full, normal"},
    {"[daemon]\nsocket_mode = 0999\n", ":2: ", "octal digits from 0 to 777"},
    {"[daemon]\nsocket =\n", ":2: ", "a text of 1 to 107 bytes"},
    {"[daemon]\nsokket = x\n", ":2: ", "unknown key \"sokket\" in [daemon]; the keys are: socket,"},
    {"[limits]\ncalls = 5\n[store]\n[limits]\ncalls = 6\n", ":5: ", "calls is given twice"},
    {"[network]\nport = 1\n",
     ":2: ", "unknown section [network]; the sections are: [daemon], [store], [limits], [access]"},
    {"[limits]\ncalls = 5\n  6\n", ":3: ", "calls has one line"},
    {"[limits]\ncalls = 5\n events = 6\n", ":3: ", "calls has one line"},
    {"[redaction]\nkeys = ab cd\n  ef gh*\n", ":3: ", "names of two or more letters"},
    {"[access]\nread = root\n\n\t@no-such-team\n", ":4: ", "no group \"no-such-team\" here"},
    {"[redaction]\nmode = some\n", ":2: ", "allowed are off, secrets, allow-list"},
    {"[redaction]\nkeys = pass*\n", ":2: ", "names of two or more letters"},
    {"[access]\nread = *\nrecord = root @no-such-team\n", ":3: ", "no group \"no-such-team\" here"},
    {"[access]\nadminister = no-such-user\n", ":2: ", "no user \"no-such-user\" here"},
    {"port = 1\n", ":1: ", "unknown section []"},
    {"[daemon]\n\nnonsense\n", ":3: ", "neither a [section], a comment nor"},
    {"[limits\ncalls = 5\n", ":1: ", "neither a [section], a comment nor"},
    {"[limits]\ncalls = 5\nnonsense\ncalls = 6\n", ":3: ", "neither a [section], a comment nor"},
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

/* What stands behind a zero byte would be passed over. */
static const struct {
    const char *bytes;
    size_t size;
} no_texts[] = {
#define BYTES(text)                                                                                \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
    BYTES("[limits]\nevents = 4\0 321\n"),
    BYTES("[limits]\nevents = 4\0"),
    BYTES("[limits]\n\0events = 4\n"),
#undef BYTES
};

START_TEST(test_zero_bytes)
{
    ck_assert_int_lt(read_bytes(no_texts[_i].bytes, no_texts[_i].size), 0);
    ck_assert_msg(strstr(problem.message, ":2: a zero byte") != NULL, "%s", problem.message);
}
END_TEST

START_TEST(test_missing_file)
{
    ck_assert_int_eq(config_read(&config, "/nonexistent/historyd.conf", false, &problem), 0);
    ck_assert_int_lt(config_read(&config, "/nonexistent/historyd.conf", true, &problem), 0);
    ck_assert_ptr_nonnull(strstr(problem.message, "/nonexistent/historyd.conf"));
}
END_TEST

/* A part of a configuration would be another one. */
START_TEST(test_unreadable_file)
{
    ck_assert_int_lt(config_read(&config, folder, true, &problem), 0);
    ck_assert_ptr_nonnull(strstr(problem.message, strerror(EISDIR)));
    ck_assert(!problem.shortage);
}
END_TEST

/* Nobody may be told that the configuration is wrong when only descriptors lack. */
START_TEST(test_shortage)
{
    struct rlimit before, few;
    int lowest = dup(STDIN_FILENO);
    int r;

    close(lowest);
    ck_assert_int_eq(read_text("[access]\nread = no-such-user\n"), -1);
    ck_assert(!problem.shortage);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){.rlim_cur = (rlim_t)lowest, .rlim_max = before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    r = config_read(&config, path, true, &problem);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
    ck_assert_int_lt(r, 0);
    ck_assert_msg(problem.shortage, "%s", problem.message);
    ck_assert_msg(strstr(problem.message, strerror(EMFILE)) != NULL, "%s", problem.message);
}
END_TEST

/* The shipped file names every default: read with its comment signs taken off it changes nothing.
 */
START_TEST(test_shipped_file_is_the_default)
{
    FILE *shipped = fopen(SHIPPED_CONFIG, "r"), *bare = fopen(path, "w");
    struct config defaults;
    char line[512];
    size_t keys = 0;

    ck_assert_ptr_nonnull(shipped);
    while (fgets(line, sizeof(line), shipped)) {
        bool key = line[0] == '#' && line[1] >= 'a' && line[1] <= 'z';

        keys += key;
        fputs(key ? line + 1 : line, bare);
    }
    fclose(shipped);
    fclose(bare);
    ck_assert_uint_eq(keys, n_config_keys);
    for (size_t i = 0; i < n_config_keys; i++)
        if (config_keys[i].kind != CONFIG_TEXT)
            *config_number(&config, &config_keys[i]) = -1;
    ck_assert_msg(config_read(&config, path, true, &problem) == 0, "%s", problem.message);
    ck_assert_int_eq(config_init(&defaults), 0);
    for (size_t i = 0; i < n_config_keys; i++) {
        const struct config_key *key = &config_keys[i];

        if (key->kind != CONFIG_TEXT)
            ck_assert_msg(*config_number(&config, key) == *config_number(&defaults, key), "%s %s",
                          key->section, key->name);
        else if (*config_text(&defaults, key))
            ck_assert_str_eq(*config_text(&config, key), *config_text(&defaults, key));
    }
    config_clear(&defaults);
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
    tcase_add_test(tests, test_long_lists);
    tcase_add_loop_test(tests, test_refused, 0, sizeof(refused) / sizeof(refused[0]));
    tcase_add_loop_test(tests, test_zero_bytes, 0, sizeof(no_texts) / sizeof(no_texts[0]));
    tcase_add_test(tests, test_missing_file);
    tcase_add_test(tests, test_unreadable_file);
    tcase_add_test(tests, test_shortage);
    tcase_add_test(tests, test_shipped_file_is_the_default);
    suite_add_tcase(suite, tests);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
