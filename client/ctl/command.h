/*
 * command: what historyctl can do, one table that drives dispatch, help and completion.
 *
 * Adding a command is a file that defines its struct command and one row in commands.c.
 */
#pragma once

#include <stddef.h>

#include "ctl.h"
#include "options.h"

struct command {
    const char *name;      /* one or two words: "runs", "import ninja" */
    const char *arguments; /* for the help: "ID", "BUILD_DIR [-- NINJA_ARGS...]" */
    const char *summary;   /* one line */
    const char *details;   /* paragraphs below the options, or NULL */
    const struct option_rule *options;
    size_t n_options;
    size_t settings_size;   /* of the struct the options' offsets are in; it starts as zeros */
    int least;              /* arguments */
    int most;               /* arguments; -1: any number */
    const char *completion; /* of the first argument: run, file, directory, method; NULL: nothing */
    int (*run)(struct ctl *ctl, const void *settings, int argc, char **argv);
};

/* All commands, ended by NULL. */
extern const struct command *const commands[];
/* The options that every command understands, and their settings: a struct ctl_options. */
extern const struct option_rule command_globals[];
extern const size_t n_command_globals;

/* Finds the command that argv[0] (and argv[1]) name; `ret_words` says how many words that took. */
const struct command *command_find(int argc, char *const *argv, int *ret_words);
/* Whether a command's name has `word` as the first of two words. */
bool command_group(const char *word);

/* The help of the whole program or of one command. */
void command_help_all(struct output *output);
void command_help(const struct command *command, struct output *output);

/* What a shell completes: the words of all commands, or the options of one, one a line. */
void command_complete(int argc, char *const *argv, struct output *output);

#define COMMAND_OPTIONS(table) .options = (table), .n_options = sizeof(table) / sizeof((table)[0])

/* Exit codes. */
enum { CTL_SUCCESS = 0, CTL_FAILURE = 1, CTL_USAGE = 2 };

extern const struct command command_ping, command_status, command_run_start, command_run_complete,
    command_run_stop, command_run_resume, command_record, command_import_ninja, command_runs,
    command_show, command_events, command_graph, command_watch, command_export, command_call,
    command_metrics, command_redact,

    command_pin, command_unpin, command_delete, command_retention, command_reload, command_backup,
    command_restore, command_check;
