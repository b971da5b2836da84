#include "command.h"

#include <stdio.h>
#include <string.h>

#include "interface.h"

const struct command *const commands[] = {
    &command_runs,         &command_show,
    &command_events,       &command_graph,
    &command_watch,        &command_run_start,
    &command_run_complete, &command_run_stop,
    &command_run_resume,   &command_record,
    &command_import_ninja, &command_export,
    &command_pin,          &command_unpin,
    &command_delete,       &command_retention,
    &command_status,       &command_metrics,
    &command_ping,         &command_reload,
    &command_redact,       &command_backup,
    &command_restore,      &command_check,
    &command_call,         NULL,
};

const struct option_rule command_globals[] = {
    {"socket", 's', OPTION_TEXT, "PATH", "the daemon's socket",
     offsetof(struct ctl_options, socket), .completion = "file"},
    {"json", 'j', OPTION_FLAG, NULL, "print JSON: the answers of the interface, one a line",
     offsetof(struct ctl_options, json), NULL, NULL},
    {"utc", 0, OPTION_FLAG, NULL, "show and read times in UTC, not local time",
     offsetof(struct ctl_options, utc), NULL, NULL},
    {"color", 0, OPTION_TEXT, "WHEN", "colour the output", offsetof(struct ctl_options, color),
     .choices = "auto always never"},
    {"timeout", 0, OPTION_COUNT, "MS", "wait at most MS milliseconds for an answer; 0: for ever",
     offsetof(struct ctl_options, timeout), NULL, NULL},
    {"help", 'h', OPTION_FLAG, NULL, "show this help", offsetof(struct ctl_options, help), NULL,
     NULL},
    {"version", 0, OPTION_FLAG, NULL, "show the version", offsetof(struct ctl_options, version),
     NULL, NULL},
};
const size_t n_command_globals = sizeof(command_globals) / sizeof(command_globals[0]);

const struct command *command_find(int argc, char *const *argv, int *ret_words)
{
    for (int words = argc < 2 ? argc : 2; words > 0; words--) {
        char name[64];

        snprintf(name, sizeof(name), "%s%s%s", argv[0], words == 2 ? " " : "",
                 words == 2 ? argv[1] : "");
        for (size_t i = 0; commands[i]; i++) {
            if (strcmp(commands[i]->name, name) != 0)
                continue;
            *ret_words = words;
            return commands[i];
        }
    }
    return NULL;
}

bool command_group(const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; commands[i]; i++)
        if (strncmp(commands[i]->name, word, size) == 0 && commands[i]->name[size] == ' ')
            return true;
    return false;
}

void command_help_all(struct output *output)
{
    output_text(output, "Usage: historyctl [OPTIONS] COMMAND [ARGUMENTS]\n\n"
                        "Shows and records what orchestrators do: runs, events and graphs kept by "
                        "historyd.\n\nCommands:\n");
    for (size_t i = 0; commands[i]; i++)
        output_format(output, "  %-16s %s\n", commands[i]->name, commands[i]->summary);
    output_text(output, "\nOptions, before or after the command:\n");
    options_help(command_globals, n_command_globals, output);
    output_text(output, "\n'historyctl COMMAND --help' says more. The socket is --socket, else "
                        "$HISTORYD_SOCKET, else\nthe first that exists of "
                        "$XDG_RUNTIME_DIR/historyd/socket and /run/historyd/socket.\n"
                        "Exit codes: 0 success, 1 failure, 2 a mistake in the command line.\n");
}

void command_help(const struct command *command, struct output *output)
{
    output_format(output, "Usage: historyctl %s%s%s%s\n\n%s.\n", command->name,
                  command->n_options ? " [OPTIONS]" : "", *command->arguments ? " " : "",
                  command->arguments, command->summary);
    if (command->n_options) {
        output_text(output, "\nOptions:\n");
        options_help(command->options, command->n_options, output);
    }
    output_text(output, "\nOptions of every command:\n");
    options_help(command_globals, n_command_globals, output);
    if (command->details)
        output_format(output, "\n%s", command->details);
}

static void command_complete_options(const struct option_rule *rules, size_t n_rules,
                                     struct output *output)
{
    for (size_t i = 0; i < n_rules; i++) {
        const char *values = rules[i].choices               ? rules[i].choices
                             : rules[i].completion          ? rules[i].completion
                             : rules[i].kind == OPTION_FLAG ? ""
                                                            : "?";

        output_format(output, "--%s\t%s\t%s\n", rules[i].name,
                      rules[i].choices ? "choice" : "value", values);
        if (rules[i].letter)
            output_format(output, "-%c\t%s\t%s\n", rules[i].letter,
                          rules[i].choices ? "choice" : "value", values);
    }
}

void command_complete(int argc, char *const *argv, struct output *output)
{
    const struct command *command = NULL;
    int words;

    if (argc > 0)
        command = command_find(argc, argv, &words);
    if (!command) {
        for (size_t i = 0; commands[i]; i++)
            output_format(output, "%s\n", commands[i]->name);
        command_complete_options(command_globals, n_command_globals, output);
        return;
    }
    if (command->completion)
        output_format(output, "argument\t%s\n", command->completion);
    command_complete_options(command->options, command->n_options, output);
    command_complete_options(command_globals, n_command_globals, output);
    if (command->completion && strcmp(command->completion, "method") == 0)
        for (size_t i = 0; i < n_method_descriptions; i++)
            output_format(output, "method\t%s\n", method_descriptions[i]->name);
}
