/*
 * options: command lines read by table.
 *
 * A command says in a table what options it has; parsing, help and completion all come from it.
 * Values are stored at an offset of the command's settings and point into argv.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *; not empty */
    OPTION_NUMBER, /* struct option_number; any 64-bit integer */
    OPTION_COUNT,  /* struct option_number; 0 and above */
    OPTION_AMOUNT, /* struct option_number; 1 and above */
};

struct option_number {
    bool given;
    int64_t value;
};

struct option_rule {
    const char *name;
    char letter; /* 0: none */
    enum option_kind kind;
    const char *argument; /* what the help calls its value; NULL for a flag */
    const char *help;
    size_t offset;
    const char *choices;    /* the values allowed, one blank between; NULL: any */
    const char *completion; /* what the shell completes: file, directory, run; NULL: nothing */
};

/* One table with the settings its values go to. */
struct option_group {
    const struct option_rule *rules;
    size_t n_rules;
    void *settings;
};

/* Reads options of both groups in argv[1..], wherever they stand if `permute`, else up to the first
 * word that is none. Returns the index of the first argument left (argv is reordered), or -1 with
 * one line for the user in `ret_problem`. */
int options_read(const struct option_group groups[2], bool permute, int argc, char **argv,
                 char *ret_problem, size_t problem_size);

/* Prints one line an option, aligned. */
void options_help(const struct option_rule *rules, size_t n_rules, struct output *output);

/* Reads an integer written in decimal, all of `text`. */
bool options_integer(const char *text, int64_t *ret_integer);

/* Whether `word` is one of the blank-separated `choices`. */
bool options_chosen(const char *choices, const char *word);
