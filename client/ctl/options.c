#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MOST = 48, OPTIONS_FIRST = 256 };

/* What getopt_long wants, made of our tables; an option's value is OPTIONS_FIRST + its number. */
struct option_scan {
    struct option longs[OPTIONS_MOST + 1];
    char letters[2 * OPTIONS_MOST + 3];
    const struct option_rule *rules[OPTIONS_MOST];
    void *settings[OPTIONS_MOST];
    size_t n;
};

static void option_scan_add(struct option_scan *scan, const struct option_group *group,
                            size_t *n_letters)
{
    for (size_t i = 0; i < group->n_rules && scan->n < OPTIONS_MOST; i++) {
        const struct option_rule *rule = &group->rules[i];
        int has_argument = rule->kind == OPTION_FLAG ? no_argument : required_argument;

        scan->longs[scan->n] =
            (struct option){rule->name, has_argument, NULL, OPTIONS_FIRST + (int)scan->n};
        scan->rules[scan->n] = rule;
        scan->settings[scan->n++] = group->settings;
        if (!rule->letter)
            continue;
        scan->letters[(*n_letters)++] = rule->letter;
        if (has_argument == required_argument)
            scan->letters[(*n_letters)++] = ':';
    }
}

static void option_scan_make(struct option_scan *scan, const struct option_group groups[2],
                             bool permute)
{
    size_t n_letters = 0;

    *scan = (struct option_scan){.n = 0};
    if (!permute)
        scan->letters[n_letters++] = '+';
    scan->letters[n_letters++] = ':';
    option_scan_add(scan, &groups[0], &n_letters);
    option_scan_add(scan, &groups[1], &n_letters);
}

static ssize_t option_scan_find(const struct option_scan *scan, int found)
{
    if (found >= OPTIONS_FIRST)
        return found - OPTIONS_FIRST;
    for (size_t i = 0; i < scan->n; i++)
        if (found && scan->rules[i]->letter == found)
            return (ssize_t)i;
    return -1;
}

bool options_integer(const char *text, int64_t *ret_integer)
{
    const char *digits = *text == '-' ? text + 1 : text;
    long long value;

    if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
        return false;
    errno = 0;
    value = strtoll(text, NULL, 10);
    if (errno)
        return false;
    *ret_integer = value;
    return true;
}

bool options_chosen(const char *choices, const char *word)
{
    size_t size = strlen(word);

    while (*choices) {
        size_t length = strcspn(choices, " ");

        if (length == size && strncmp(choices, word, size) == 0)
            return true;
        choices += length + strspn(choices + length, " ");
    }
    return false;
}

/* Stores one value; false with what is expected instead. */
static bool option_store(const struct option_rule *rule, void *settings, const char *value,
                         char *expected, size_t size)
{
    void *place = (char *)settings + rule->offset;
    struct option_number number = {.given = true};

    switch (rule->kind) {
    case OPTION_FLAG:
        *(bool *)place = true;
        return true;
    case OPTION_TEXT:
        if (rule->choices && !options_chosen(rule->choices, value)) {
            snprintf(expected, size, "one of: %s", rule->choices);
            return false;
        }
        if (*value == '\0') {
            snprintf(expected, size, "a %s", rule->argument);
            return false;
        }
        *(const char **)place = value;
        return true;
    case OPTION_NUMBER:
    case OPTION_COUNT:
    case OPTION_AMOUNT:
        if (!options_integer(value, &number.value) ||
            (rule->kind != OPTION_NUMBER && number.value < (rule->kind == OPTION_AMOUNT))) {
            snprintf(expected, size, "a whole number%s",
                     rule->kind == OPTION_NUMBER  ? ""
                     : rule->kind == OPTION_COUNT ? ", 0 or above"
                                                  : ", 1 or above");
            return false;
        }
        *(struct option_number *)place = number;
        return true;
    }
    return false;
}

/* What getopt_long stumbled over: an unknown or ambiguous option, or one without its value. */
static void option_problem(const struct option_scan *scan, int found, char *const *argv,
                           char *problem, size_t size)
{
    bool word = optopt == 0 || optopt >= OPTIONS_FIRST;
    ssize_t rule = option_scan_find(scan, optopt);

    if (found == ':' && rule >= 0 && word)
        snprintf(problem, size, "option --%s needs a %s", scan->rules[rule]->name,
                 scan->rules[rule]->argument);
    else if (found == ':')
        snprintf(problem, size, "option -%c needs a value", optopt);
    else if (word && rule >= 0)
        snprintf(problem, size, "option --%s takes no value", scan->rules[rule]->name);
    else if (word)
        snprintf(problem, size, "unknown option '%.100s'", argv[optind - 1]);
    else
        snprintf(problem, size, "unknown option '-%c'", optopt);
}

int options_read(const struct option_group groups[2], bool permute, int argc, char **argv,
                 char *ret_problem, size_t problem_size)
{
    struct option_scan scan;
    char expected[160];
    int found;

    option_scan_make(&scan, groups, permute);
    optind = 0; /* glibc: forget the last scan */
    opterr = 0;
    while ((found = getopt_long(argc, argv, scan.letters, scan.longs, NULL)) != -1) {
        ssize_t i = option_scan_find(&scan, found);

        if (found == '?' || found == ':' || i < 0) {
            option_problem(&scan, found, argv, ret_problem, problem_size);
            return -1;
        }
        if (!option_store(scan.rules[i], scan.settings[i], optarg, expected, sizeof(expected))) {
            snprintf(ret_problem, problem_size, "--%s: '%.100s' is not %s", scan.rules[i]->name,
                     optarg, expected);
            return -1;
        }
    }
    return optind;
}

void options_help(const struct option_rule *rules, size_t n_rules, struct output *output)
{
    for (size_t i = 0; i < n_rules; i++) {
        const struct option_rule *rule = &rules[i];
        char left[64];
        char letter[8] = "    ";

        if (rule->letter)
            snprintf(letter, sizeof(letter), "-%c, ", rule->letter);
        snprintf(left, sizeof(left), "%s--%s%s%s", letter, rule->name, rule->argument ? " " : "",
                 rule->argument ? rule->argument : "");
        output_format(output, "  %-28s %s", left, rule->help);
        if (rule->choices)
            output_format(output, " (%s)", rule->choices);
        output_text(output, "\n");
    }
}
