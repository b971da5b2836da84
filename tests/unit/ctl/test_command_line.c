/* Options by table, and the table of commands. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

struct settings {
    bool flag;
    const char *text;
    const char *choice;
    struct option_number number;
    struct option_number count;
    struct option_number amount;
};

static const struct option_rule rules[] = {
    {"flag", 'f', OPTION_FLAG, NULL, "a flag", offsetof(struct settings, flag), NULL, NULL},
    {"text", 't', OPTION_TEXT, "TEXT", "a text", offsetof(struct settings, text), NULL, NULL},
    {"choice", 0, OPTION_TEXT, "WHAT", "a choice", offsetof(struct settings, choice),
     .choices = "red green"},
    {"number", 0, OPTION_NUMBER, "N", "a number", offsetof(struct settings, number), NULL, NULL},
    {"count", 'c', OPTION_COUNT, "N", "a count", offsetof(struct settings, count), NULL, NULL},
    {"amount", 0, OPTION_AMOUNT, "N", "an amount", offsetof(struct settings, amount), NULL, NULL},
};

static struct settings settings;
static struct ctl_options globals;
static char problem[256];
static char *arguments[16];
static int n_arguments;

static void setup(void)
{
    settings = (struct settings){.flag = false};
    globals = (struct ctl_options){.json = false};
    problem[0] = '\0';
}

/* Reads blank-separated words as a command line. */
static int read_line(const char *line, bool permute)
{
    static char words[256];
    struct option_group groups[2] = {{rules, sizeof(rules) / sizeof(rules[0]), &settings},
                                     {command_globals, n_command_globals, &globals}};
    char *rest = words;

    snprintf(words, sizeof(words), "program %s", line);
    for (n_arguments = 0; (arguments[n_arguments] = strsep(&rest, " ")); n_arguments++)
        ck_assert_int_lt(n_arguments, 15);
    return options_read(groups, permute, n_arguments, arguments, problem, sizeof(problem));
}

START_TEST(options_stand_anywhere)
{
    int first = read_line("one --text=x -f two --json -c 3 --number -5 --choice red -- -t", true);

    ck_assert_int_eq(n_arguments - first, 3);
    ck_assert_str_eq(arguments[first], "one");
    ck_assert_str_eq(arguments[first + 1], "two");
    ck_assert_str_eq(arguments[first + 2], "-t");
    ck_assert(settings.flag && globals.json);
    ck_assert_str_eq(settings.text, "x");
    ck_assert_str_eq(settings.choice, "red");
    ck_assert_int_eq(settings.number.value, -5);
    ck_assert(settings.count.given);
    ck_assert_int_eq(settings.count.value, 3);
}
END_TEST

START_TEST(options_before_the_command)
{
    int first = read_line("--json runs --flag", false);

    ck_assert_int_eq(first, 2);
    ck_assert(globals.json && !settings.flag);
}
END_TEST

static const struct {
    const char *line;
    const char *problem;
} mistakes[] = {
    {"--nonsense", "unknown option '--nonsense'"},
    {"-x", "unknown option '-x'"},
    {"--text", "option --text needs a TEXT"},
    {"-t", "option -t needs a value"},
    {"--flag=1", "option --flag takes no value"},
    {"--count -1", "--count: '-1' is not a whole number, 0 or above"},
    {"--count 1.5", "--count: '1.5' is not a whole number, 0 or above"},
    {"--amount 0", "--amount: '0' is not a whole number, 1 or above"},
    {"--number 9223372036854775808", "--number: '9223372036854775808' is not a whole number"},
    {"--number 0x10", "--number: '0x10' is not a whole number"},
    {"--choice blue", "--choice: 'blue' is not one of: red green"},
    {"--choice re", "--choice: 're' is not one of: red green"},
    {"--text=", "--text: '' is not a TEXT"},
};

START_TEST(mistakes_are_named)
{
    ck_assert_int_eq(read_line(mistakes[_i].line, true), -1);
    ck_assert_str_eq(problem, mistakes[_i].problem);
}
END_TEST

START_TEST(numbers_have_64_bits)
{
    ck_assert_int_ge(read_line("--number -9223372036854775808 -c 9223372036854775807", true), 0);
    ck_assert_int_eq(settings.number.value, INT64_MIN);
    ck_assert_int_eq(settings.count.value, INT64_MAX);
    ck_assert_int_ge(read_line("--count 0 --amount 1", true), 0);
    ck_assert_int_eq(settings.count.value, 0);
    ck_assert_int_eq(settings.amount.value, 1);
}
END_TEST

START_TEST(commands_are_found_by_their_words)
{
    char *two[] = {(char *)"import", (char *)"ninja", (char *)"x", NULL};
    char *one[] = {(char *)"runs", (char *)"x", NULL};
    char *none[] = {(char *)"run", (char *)"x", NULL};
    int words = 0;

    ck_assert_ptr_eq(command_find(3, two, &words), &command_import_ninja);
    ck_assert_int_eq(words, 2);
    ck_assert_ptr_eq(command_find(2, one, &words), &command_runs);
    ck_assert_int_eq(words, 1);
    ck_assert_ptr_null(command_find(2, none, &words));
    ck_assert_ptr_null(command_find(0, none, &words));
    ck_assert(command_group("run"));
    ck_assert(!command_group("runs"));
}
END_TEST

/* getopt_long takes the first it finds: a name or letter that exists twice would hide one option.
 */
START_TEST(no_option_exists_twice)
{
    const struct command *command = commands[_i];

    ck_assert_ptr_nonnull(command->run);
    ck_assert_uint_le(command->n_options + n_command_globals, 48);
    for (size_t i = 0; i < command->n_options + n_command_globals; i++) {
        const struct option_rule *a = i < command->n_options
                                          ? &command->options[i]
                                          : &command_globals[i - command->n_options];

        ck_assert((a->kind == OPTION_FLAG) == (a->argument == NULL));
        for (size_t k = 0; k < i; k++) {
            const struct option_rule *b = k < command->n_options
                                              ? &command->options[k]
                                              : &command_globals[k - command->n_options];

            ck_assert_str_ne(a->name, b->name);
            ck_assert(!a->letter || a->letter != b->letter);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command line");
    TCase *tcase = tcase_create("command line");
    SRunner *runner;
    int n_commands = 0;
    int failed;

    while (commands[n_commands])
        n_commands++;
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, options_stand_anywhere);
    tcase_add_test(tcase, options_before_the_command);
    tcase_add_loop_test(tcase, mistakes_are_named, 0, sizeof(mistakes) / sizeof(mistakes[0]));
    tcase_add_test(tcase, numbers_have_64_bits);
    tcase_add_test(tcase, commands_are_found_by_their_words);
    tcase_add_loop_test(tcase, no_option_exists_twice, 0, n_commands);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
